import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Archive } from "../../src/audit/archive/archive.js";
import { disclosedOpening } from "../../src/audit/disclosure.js";
import type { Opening } from "../../src/book/opening.js";
import { poke, roundMarket } from "../../src/chain/rounds.js";
import { submit } from "../../src/chain/submit.js";
import { UsageError } from "../../src/errors.js";
import { denseMarket } from "../../src/market/file.js";
import { healthOf } from "../../src/protocol/health.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { ArchivedBooks } from "../../src/queue/openings.js";
import { DEFAULT_THRESHOLDS } from "../../src/serve/alertRules.js";
import type { OwnHealth } from "../../src/serve/apiTypes.js";
import { serveHttp } from "../../src/serve/httpServer.js";
import { OwnBooks } from "../../src/serve/ownBooks.js";
import { ServiceLog } from "../../src/serve/serviceLog.js";
import { scratch } from "../support/archives.js";
import { exampleBook } from "../support/desk.js";
import { LocalChain } from "../support/localChain.js";
import { NoticeReceiver } from "../support/noticeReceiver.js";
import { WatchedService } from "../support/watchedChain.js";

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => 11 * i + 7);
const TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeeff0";

describe("serve: what is private", () => {
  const folder = scratch();
  const watched = new WatchedService();
  let receiver: NoticeReceiver;
  let chain: LocalChain;
  const books = ["cash-and-carry", "leveraged-long", "aave-borrower"].map((name, i) =>
    exampleBook(name, { account: `desk-${i}`, sequence: 1 }),
  );
  const accounts: string[] = [];

  before(async () => {
    chain = await LocalChain.start();
    receiver = await NoticeReceiver.start();
    const archive = await Archive.create(folder.at("archive"), SECRET);
    for (const book of books) {
      accounts.push(await chain.attest(book));
      await archive.add(disclosedOpening(book, DEFAULT_LISTING, null), 1_621_209_600);
    }
    await poke(chain.open, chain.transactionsOf(chain.keeper));
    for (const account of accounts)
      await submit(chain.open, chain.transactionsOf(chain.keeper), await chain.proofOf(account));
    // A keeper's line that says more than it ever would, and one about a book that is not healthy.
    const [book] = books;
    const lines = [
      {
        event: "proven",
        reason: "first",
        took: 150,
        spot: book?.book.spot.map(String),
        salt: String(book?.salt),
      },
      { event: "unprovable", account: accounts[1], why: "unhealthy" },
      { event: "trouble", scope: "prove", name: `salt ${book?.salt}`, message: String(book?.salt) },
      { event: "trouble", scope: "submit", name: "RevertedError", message: String(book?.salt) },
    ];
    writeFileSync(folder.at("keeper.log"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const own = new OwnBooks(
      await ArchivedBooks.open(folder.at("archive"), { secret: SECRET }, () => watched.now),
      chain.open.tier,
      TOKEN,
    );
    await watched.start(chain, {
      own,
      keeperLogs: [folder.at("keeper.log")],
      alerts: {
        receivers: [{ name: "test", severities: ["warning", "critical"], url: receiver.url, token: null }],
        repeat: 60,
        thresholds: { ...DEFAULT_THRESHOLDS, ageLeft: 10_000, envelopeLeft: 10_000 },
      },
    });
    const stop = new AbortController();
    const running = watched.service.run(stop.signal);
    await receiver.until(1);
    stop.abort();
    await running;
  });
  after(async () => {
    await watched.stop();
    await receiver?.stop();
    await chain?.close();
    folder.remove();
  });

  /** Everything that anybody may read: every path, the stream, the lines, and what receivers got. */
  const said = async (headers: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { json } = await watched.get("/openapi.json");
    const paths = Object.keys(json.paths).map((path) => path.replace("{account}", accounts[0] ?? ""));
    const answers = await Promise.all(
      ["/", "/metrics", "/openapi.json", ...paths].map(
        async (path) => (await watched.get(path, headers)).text,
      ),
    );
    return [...answers, ...watched.lines, ...receiver.bodies].join("\n");
  };
  const privateWords = async (): Promise<string[]> => {
    const { number } = await chain.open.contracts.marketLedger.latestRound();
    const { market } = await roundMarket(chain.open, number, chain.key.key);
    const factors = books.map(({ book }) =>
      Number(healthOf(book, denseMarket(market, chain.open.tier), 10_000).healthFactor),
    );
    const ofBooks = books.flatMap(numbersOf).filter((text) => text.length >= 6);
    const hex = Buffer.from(SECRET).toString("hex");
    const secrets = [hex, Buffer.from(SECRET).toString("base64"), TOKEN];
    return [
      ...ofBooks,
      ...secrets,
      ...factors.flatMap((bps) => [`:${bps},`, ` ${bps} `, (bps / 1e4).toFixed(4)]),
    ];
  };

  // shows: A102
  it("is in no answer without the token, no metric, no line and no notice", async () => {
    const canaries = await privateWords();
    assert.ok(canaries.length > 20);
    const text = await said();
    assert.ok(text.length > 20_000 && receiver.bodies.length > 0 && watched.lines.length > 2);
    for (const canary of canaries) assert.ok(!text.includes(canary), "an answer, a line or a notice has it");
    assert.ok(
      !text.includes("unhealthy") && !text.includes("unprovable"),
      "nor that a book cannot be proven",
    );
    assert.match(text, /keeper-trouble/);
  });

  // shows: A106
  it("is for the holder of the token, on this machine", async () => {
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    for (const headers of [
      {},
      bearer(""),
      bearer(TOKEN.slice(1)),
      bearer(`${TOKEN}0`),
      { authorization: TOKEN },
    ]) {
      const { status, text } = await watched.get("/v1/own/health", headers);
      assert.deepEqual([status, text.includes("healthFactor")], [401, false]);
    }
    const { status, json } = await watched.get("/v1/own/health", bearer(TOKEN));
    assert.equal(status, 200);
    const { number } = await chain.open.contracts.marketLedger.latestRound();
    const { market } = await roundMarket(chain.open, number, chain.key.key);
    const prices = denseMarket(market, chain.open.tier);
    const found = new Map((json.accounts as OwnHealth[]).map((one) => [one.account, one]));
    for (const [i, { book }] of books.entries()) {
      const health = healthOf(book, prices, 10_000);
      const own = found.get(accounts[i] ?? "");
      assert.deepEqual(
        [own?.healthFactor, own?.healthy, own?.largestTheta, own?.largestEnvelope],
        [Number(health.healthFactor), health.healthy, health.largestTheta, health.largestEnvelope],
      );
    }
    // Having been asked for changes nothing for others.
    const text = await said();
    for (const canary of await privateWords()) assert.ok(!text.includes(canary));
    assert.ok(!watched.lines.join("").includes(TOKEN));
  });

  // shows: A106
  it("is refused where other machines could reach it, and for a token that could be guessed", async () => {
    const log = new ServiceLog(
      () => undefined,
      () => 0,
    );
    const { service } = watched;
    await assert.rejects(
      serveHttp({ service, log, port: 0, host: "0.0.0.0", remote: true, version: "0" }),
      UsageError,
    );
    assert.throws(() => new OwnBooks({ of: async () => undefined }, chain.open.tier, "short"), UsageError);
  });

  // shows: A102
  it("is written by no line, whatever a caller hands over", () => {
    const lines: string[] = [];
    const log = new ServiceLog(
      (line) => lines.push(line),
      () => 0,
    );
    const [book] = books;
    const careless = { round: 1, epoch: 2, salt: book?.salt.toString(), book: { spot: ["1"] } };
    log.tell("info", "round", careless);
    log.tell("warn", "waiting", {
      error: "node https://user:hunter2@rpc.example/v2/SECRETKEY?k=1 is away\u001b[2J",
    });
    log.tell("info", "ready", { block: book as never, accounts: 1, rounds: 2 });
    const [round, waiting, ready] = lines.map((line) => JSON.parse(line));
    assert.deepEqual(Object.keys(round), ["level", "time", "event", "round", "epoch"]);
    assert.equal(waiting.error, "node https://rpc.example is away?[2J");
    assert.equal(ready.block, null);
  });
});

/** Every number of a book, as it is kept and as people write it. */
function numbersOf({ book, salt }: Opening): string[] {
  const amounts = [...book.spot, ...book.perp, book.basis].filter((amount) => amount !== 0n);
  return [
    ...amounts.flatMap((amount) => [amount.toString(), (amount < 0n ? -amount : amount).toString()]),
    salt.toString(),
    salt.toString(16),
  ];
}
