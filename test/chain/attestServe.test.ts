import assert from "node:assert/strict";
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ChainDesk, ROOT } from "../support/chainDesk.js";

const SLEEVE = join(ROOT, "examples/options/sleeve.csv");
const SURFACE = join(ROOT, "examples/options/surface.json");
/** What no line, refusal or error may hold: the assets and amounts of the books, and the first digits of their salts. */
const PRIVATE = /BTC|USDC|2000000|20\.7654321|"salts?"|36000|21\.9876543/;

describe("an attester's service, from the command line", function () {
  this.timeout(600_000);
  const account = { id: "", name: "options/cross" };
  let desk: ChainDesk;
  before(async () => {
    desk = await ChainDesk.start();
    await mkdir(desk.file("inbox"));
    await desk.json(...desk.deployArguments());
    const named = ["--name", account.name, "--attester", desk.custodian];
    account.id = (await desk.json("attest", "open", ...desk.at, ...named, ...desk.by("ZKM_OWNER"))).account;
    await desk.json("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    await records();
  });
  after(() => desk?.close());

  const secret = () => ["--secret", desk.file("desk.secret")];
  const statusOf = async () => JSON.parse(await desk.ok("status", ...desk.at, account.id)).accounts[0].status;
  const bookText = (sequence: number, btc = "20.7654321") => {
    const header = { format: "zkmargin/book@2", account: account.name, sequence, isolated: false };
    const positions = [
      { asset: "BTC", spot: btc },
      { asset: "USDC", spot: "2000000" },
    ];
    return JSON.stringify({ ...header, positions });
  };
  /** The attester's records, as of now. */
  async function records({ surfaceAge = 0, readAgo = 0, sleeve = "" } = {}) {
    const now = Number(await desk.now());
    await writeFile(desk.file("own.surface.json"), await surfaceAt(now - surfaceAge));
    await writeFile(desk.file("own.sleeve.csv"), sleeve === "" ? await readFile(SLEEVE, "utf8") : sleeve);
    await writeFile(desk.file("own.book.json"), bookText(0));
    const files = { book: "own.book.json", sleeve: "own.sleeve.csv", surface: "own.surface.json" };
    const list = [{ account: account.id, readAt: now - readAgo, ...files }];
    await writeFile(
      desk.file("records.json"),
      JSON.stringify({ format: "zkmargin/attester-records@1", accounts: list }),
    );
  }
  /** The example's surface at the newest round's price. */
  async function surfaceAt(time: number): Promise<string> {
    const round = desk.file("surface.round.json");
    await desk.ok("round", ...desk.at, "--out", round);
    const { prices, listing } = JSON.parse(await readFile(round, "utf8"));
    const named = (asset: string) => (each: { asset: string; symbol: string }) =>
      asset === (each.asset ?? each.symbol);
    const surface = JSON.parse(await readFile(SURFACE, "utf8"));
    const underlyings: Record<string, unknown> = {};
    for (const [asset, own] of Object.entries<{ spot: string; expiries: { forward: string }[] }>(
      surface.underlyings,
    )) {
      const { low, high } = prices.find(named(asset));
      const spot = (Number(low) + Number(high)) / 2 / 10 ** (18 - listing.find(named(asset)).decimals);
      const scaled = (price: string) => ((Number(price) / Number(own.spot)) * spot).toFixed(2);
      const expiries = own.expiries.map((each) => ({ ...each, forward: scaled(each.forward) }));
      underlyings[asset] = { ...own, spot: scaled(own.spot), expiries };
    }
    return JSON.stringify({ ...surface, time, underlyings });
  }
  async function request(sequence: number, books = 4, btc?: string) {
    const book = desk.file("linear.json");
    await writeFile(book, bookText(sequence, btc));
    const asked = ["--account", account.id, ...secret(), "--books", String(books)];
    await desk.ok("attest", "request", book, ...asked, "--out", desk.file("inbox/desk.json"));
  }
  /** One look of the service: its lines, and how it ended. */
  async function serve(code: number, ...options: readonly string[]) {
    const folders = ["--inbox", desk.file("inbox"), "--outbox", desk.file("outbox")];
    const own = ["--records", desk.file("records.json"), ...desk.by("ZKM_CUSTODIAN")];
    const ran = await desk.run(
      "attest",
      "serve",
      ...desk.at,
      ...own,
      ...folders,
      "--once",
      "--json",
      ...options,
    );
    assert.equal(ran.code, code, `${ran.out}\n${ran.err}`);
    assert.doesNotMatch(`${ran.out}${ran.err}`, PRIVATE);
    const lines = ran.out.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line)).filter(({ event }) => event !== "started");
  }
  /** Relays an answer, proves its book and submits the proof. */
  async function prove(answer: string) {
    const at = (name: string) => desk.file(`outbox/${answer}/${name}.json`);
    await desk.json("attest", "relay", ...desk.at, at("attestation"), ...desk.by("ZKM_KEEPER"));
    const proof = await desk.prove(at("book"), "--envelope", "500");
    await desk.json("submit", ...desk.at, `${account.id}=${proof}`, ...desk.by("ZKM_KEEPER"));
  }
  async function refusal(code: string, text: RegExp, ...options: readonly string[]) {
    const lines = await serve(9, ...options);
    const [line, ...rest] = lines.filter(({ event }) => event === "refused");
    assert.deepEqual([line?.code, rest.length], [code, 0], JSON.stringify(lines));
    assert.match(line.message, text);
    const told = await readFile(desk.file("outbox/desk.refused.json"), "utf8");
    assert.equal(JSON.parse(told).code, code);
    assert.doesNotMatch(told, PRIVATE);
  }

  it("says that an account needs a book, and signs the first once its owner asks", async () => {
    const [unasked] = await serve(13);
    assert.deepEqual([unasked.event, unasked.reason, unasked.account], ["unasked", "first", account.id]);
    await request(1);
    const [signed] = await serve(13);
    assert.deepEqual([signed.event, signed.reason, signed.answer], ["signed", "first", "desk-1"]);
    assert.deepEqual((await readdir(desk.file("outbox/desk-1"))).sort(), [
      ...["attestation.json", "book.json"],
    ]);
    await prove("desk-1");
    assert.equal(await statusOf(), "healthy");
    assert.deepEqual(await serve(0), []);
  });

  it("prices and signs the next book when the band is used up, and the account is proven healthy again", async () => {
    await desk.ok("local", "price", "BTC", "+1.5%", ...desk.at);
    assert.equal(await statusOf(), "grace");
    await records();
    const [signed] = await serve(10);
    assert.deepEqual([signed.event, signed.reason, signed.sequence], ["signed", "band", "2"]);
    assert.deepEqual(await serve(10), [], "what is signed is not signed again before it is relayed");
    await prove("desk-2");
    assert.equal(await statusOf(), "healthy");
    const { asOf } = JSON.parse(await readFile(desk.file("outbox/desk-2/attestation.json"), "utf8"));
    const { readAt } = JSON.parse(await readFile(desk.file("records.json"), "utf8")).accounts[0];
    assert.equal(asOf, String(readAt), "a book is dated by when its holdings were read");
  });

  it("signs again after a signer voided the sleeve, once its records are newer than that", async () => {
    await desk.ok("attest", "void", ...desk.at, "--account", account.id, ...desk.by("ZKM_CUSTODIAN"));
    await refusal("old-records", /^readAt: expected holdings read from \d+ on, got \d+$/);
    await desk.pass(5);
    await records();
    const [signed] = await serve(10);
    assert.deepEqual([signed.reason, signed.sequence], ["void", "3"]);
    await assert.rejects(
      access(desk.file("outbox/desk.refused.json")),
      "a refusal that is over is taken away",
    );
  });

  // shows: P64
  it("gives the very signature that it wrote down, after a kill between journal and answer", async () => {
    const answer = await readFile(desk.file("outbox/desk-3/attestation.json"), "utf8");
    await rename(desk.file("outbox/desk-3"), desk.file("outbox/.desk-3.partial"));
    await rm(desk.file("outbox/.desk-3.partial/attestation.json"));
    const [journal = ""] = (await readdir(desk.folder)).filter((name) => name.endsWith(".signed"));
    const lines = (await readFile(desk.file(journal), "utf8")).split("\n");
    assert.match(lines.at(-2) ?? "", /"given":true/);
    await writeFile(desk.file(journal), `${lines.slice(0, -2).join("\n")}\n`);
    // Other records would give another book: this one stays as it was.
    await records({ sleeve: "instrument,amount\nBTC-25JUN21-36000-P,1\n" });
    const [signed] = await serve(10);
    assert.deepEqual([signed.event, signed.sequence], ["signed", "3"]);
    assert.equal(await readFile(desk.file("outbox/desk-3/attestation.json"), "utf8"), answer);
    await prove("desk-3");
    assert.equal(await statusOf(), "healthy");
  });

  it("goes on with the next sequence where the book was lost with the answer", async () => {
    await desk.ok("local", "price", "BTC", "+1.5%", ...desk.at);
    await records();
    const [signed] = await serve(10);
    assert.deepEqual([signed.reason, signed.sequence], ["band", "4"]);
    const [journal = ""] = (await readdir(desk.folder)).filter((name) => name.endsWith(".signed"));
    const lines = (await readFile(desk.file(journal), "utf8")).split("\n");
    await writeFile(desk.file(journal), `${lines.slice(0, -2).join("\n")}\n`);
    await rm(desk.file("outbox/desk-4"), { recursive: true });
    await refusal("no-salts", /expected one of sequence 5, got none/);
    await request(5);
    const [next] = await serve(10);
    assert.deepEqual([next.reason, next.sequence], ["band", "5"]);
    await prove("desk-5");
  });

  describe("refuses", () => {
    before(async () => {
      await desk.ok("local", "price", "BTC", "-1.5%", ...desk.at);
      await records();
    });

    it("holdings that its records do not confirm", async () => {
      await request(6, 4, "21.9876543");
      await refusal("holdings", /expected the holdings of the attester's records, got another spot$/);
      await request(6);
    });

    // shows: A80
    it("old holdings, an old surface, and one of the future", async () => {
      await records({ readAgo: 3_700 });
      await refusal("old-records", /^readAt/);
      await records({ surfaceAge: 3_700 });
      await refusal("old-surface", /^surface\.time/);
      await records({ surfaceAge: -10 });
      await refusal("old-surface", /^surface\.time/);
      await records({ readAgo: -10 });
      await refusal("old-records", /^readAt: expected at most/);
    });

    it("options that have expired", async () => {
      await records({ sleeve: "instrument,amount\nBTC-7MAY21-50000-C,3\n" });
      await refusal("unpriced", /sleeve/);
    });

    it("another's book, a request that is none, and a second of one account", async () => {
      await records();
      const path = desk.file("inbox/desk.json");
      const text = await readFile(path, "utf8");
      await writeFile(path, text.replace("options/cross", "options/other"));
      await refusal("other-account", /^request\.book/);
      await writeFile(path, text.replace('"20.7654321"', '"20.7654321x"'));
      await refusal("unreadable", /positions\[0\]\.spot/);
      await writeFile(path, text.replace(account.id, `0x${"77".repeat(32)}`));
      await refusal("no-records", /^request\.account/);
      await writeFile(path, text);
      await writeFile(desk.file("inbox/twice.json"), text);
      const [signed, refused] = await serve(9);
      assert.deepEqual([signed.event, refused.event, refused.code], ["signed", "refused", "repeated"]);
      await rm(desk.file("inbox/twice.json"));
      await prove("desk-6");
    });
  });

  describe("asked for a book with a sleeve", () => {
    let round: string;
    /** A request for a book that the owner priced itself. */
    async function own(
      sequence: number,
      change: (sleeve: Record<string, unknown>) => void = () => undefined,
    ) {
      const [linear, full] = [desk.file("linear.json"), desk.file("full.json")];
      await writeFile(linear, bookText(sequence));
      round = desk.file("owner.round.json");
      await desk.ok("round", ...desk.at, "--out", round);
      const until = String(Number(await desk.now()) + 4 * 3_600);
      const priced = [
        "--surface",
        desk.file("own.surface.json"),
        "--market",
        round,
        "--book",
        linear,
        ...secret(),
      ];
      const outs = ["--out", desk.file("arrays.json"), "--book-out", full];
      await desk.ok("sleeve", "arrays", desk.file("own.sleeve.csv"), ...priced, "--until", until, ...outs);
      const book = JSON.parse(await readFile(full, "utf8"));
      change(book.sleeve);
      await writeFile(full, JSON.stringify(book));
      const asked = ["--account", account.id, ...secret(), "--out", desk.file("inbox/desk.json")];
      await desk.ok("attest", "request", full, ...asked);
    }

    // shows: P64, A80
    it("signs what its records confirm, and nothing else of that sequence", async () => {
      await records();
      await own(7);
      const [signed] = await serve(0);
      assert.deepEqual([signed.event, signed.reason, signed.answer], ["signed", "asked", "desk-7"]);
      assert.deepEqual(await readdir(desk.file("outbox/desk-7")), ["attestation.json"]);
      assert.deepEqual(await serve(0), []);
      await own(7, (sleeve) => {
        sleeve.value = String(BigInt(String(sleeve.value)) - 1n);
      });
      await refusal("spent", /expected one that no other book was signed for, got 7/);
    });

    it("refuses numbers that are kinder, a narrower band, and terms that the chain does not count by", async () => {
      const kinder: [RegExp, (sleeve: Record<string, unknown>) => void][] = [
        [/kinder value$/, (sleeve) => (sleeve.value = String(BigInt(String(sleeve.value)) + 1n))],
        [/kinder gains\[0\]$/, (sleeve) => ((sleeve.gains as string[])[0] = "99999999")],
        [
          /kinder tangents\.perp$/,
          (sleeve) => {
            const [first] = sleeve.tangents as { perp: string }[];
            if (first) first.perp = String(BigInt(first.perp) + 1n);
          },
        ],
        [/detail$/, (sleeve) => (sleeve.detail = "5")],
      ];
      for (const [text, change] of kinder) {
        await own(8, change);
        await refusal("sleeve", text);
      }
      await own(8);
      await refusal(
        "sleeve",
        /kinder band\.volatility, band\.basis$/,
        "--volatility-band",
        "100",
        "--basis-band",
        "10",
      );
      await refusal("sleeve", /kinder band\.until$/, "--hours", "2");
    });

    it("refuses the arrays of a round that is not among the newest, and a sequence far above", async () => {
      await own(8, (sleeve) => (sleeve.market = "ab".repeat(32)));
      await refusal("no-round", /^book\.sleeve\.market/);
      await own(5);
      await refusal("spent", /got 5$/);
      await own(2_000);
      await refusal("sequence", /expected 8 to \d+, got 2000$/);
    });
  });

  it("refuses a journal of another attester, and a sleeve that would be due at once", async () => {
    const folders = ["--inbox", desk.file("inbox"), "--outbox", desk.file("outbox")];
    const start = [
      "attest",
      "serve",
      ...desk.at,
      "--records",
      desk.file("records.json"),
      ...folders,
      "--once",
    ];
    const [journal = ""] = (await readdir(desk.folder)).filter((name) => name.endsWith(".signed"));
    const other = await desk.fails(8, ...start, ...desk.by("ZKM_KEEPER"), "--journal", desk.file(journal));
    assert.match(
      other.message,
      /expected the books that 0x\w+ signed for registry 0x\w+ on chain 31337, got another/,
    );
    const short = await desk.fails(2, ...start, ...desk.by("ZKM_CUSTODIAN"), "--hours", "1");
    assert.match(short.message, /--hours: expected more than --end-margin/);
    await request(8);
    const [refused] = await serveAs("ZKM_KEEPER");
    assert.equal(refused.code, "not-attester");
    async function serveAs(who: "ZKM_KEEPER") {
      const ran = await desk.run(...start, ...desk.by(who), "--json");
      assert.equal(ran.code, 9, ran.err);
      const lines = ran.out.split("\n").filter((line) => line.includes("refused"));
      return lines.map((line) => JSON.parse(line));
    }
  });
});
