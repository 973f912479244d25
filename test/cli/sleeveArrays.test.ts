import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSleeveArrays } from "../../src/book/sleeveFile.js";
import { zk, zkOk } from "./support.js";

const SLEEVE = "examples/options/sleeve.csv";
const SURFACE = "examples/options/surface.json";
const SECRET = `${"0123456789abcdef".repeat(4)}\n`;

describe("cli: arrays of a sleeve", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const given = () => [SLEEVE, "--surface", SURFACE, "--market", at("market.json")];
  const owned = () => ["--book", at("desk.json"), "--secret", at("desk.secret")];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-arrays-"));
    await writeFile(at("desk.secret"), SECRET, { mode: 0o600 });
    const book = { format: "zkmargin/book@1", account: "desk-1", sequence: 1, isolated: false };
    const positions = [{ asset: "BTC", spot: "5", perp: "2", entryPrice: "43000" }];
    await writeFile(at("desk.json"), JSON.stringify({ ...book, positions }), { mode: 0o600 });
    await zkOk(["market", "build", "--date", "2021-05-17", "--out", at("market.json")]);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("are written privately, and shown in dollars", async () => {
    const text = await zkOk(["sleeve", "arrays", ...given(), ...owned(), "--out", at("arrays.json")]);
    for (const words of ["calibrated", "tangent", "least value", "slack"])
      assert.ok(text.includes(words), words);
    const arrays = parseSleeveArrays(await readFile(at("arrays.json"), "utf8"));
    assert.deepEqual(
      arrays.tangents.map(({ asset }) => asset),
      ["BTC", "ETH"],
    );
    assert.equal((await stat(at("arrays.json"))).mode & 0o077, 0);
    const again = await zkOk([
      "sleeve",
      "arrays",
      ...given(),
      ...owned(),
      "--json",
      "--out",
      at("again.json"),
    ]);
    assert.equal(JSON.parse(again).detail, String(arrays.detail));
  });

  it("go into a book, whose proof says so", async () => {
    const full = at("full.json");
    const out = ["--out", at("arrays.json"), "--book-out", full];
    await zkOk(["sleeve", "arrays", ...given(), ...owned(), ...out]);
    const prove = ["prove", full, "--market", at("market.json"), "--secret", at("desk.secret")];
    await zkOk([...prove, "--theta", "5000", "--support", "250000.5", "--out", at("proof.json")]);
    const { claim, words } = JSON.parse(await zkOk(["verify", at("proof.json"), "--json"]));
    assert.deepEqual([claim.sleeve, claim.support], [true, "25000050"]);
    assert.match(
      words,
      /with 250000\.50 dollars added to its collateral, is above 0\.5000 .* options and whatever else/,
    );
    const shown = await zkOk(["book", "show", full]);
    assert.match(shown, /sleeve by calibrated/);
    assert.match(
      await zkOk(["health", full, "--market", at("market.json")]),
      /sleeve: the least that its remainder is worth/,
    );
    const { sleeve, ...rest } = JSON.parse(await readFile(full, "utf8"));
    const other = { ...rest, sleeve: { ...sleeve, shocks: "0".repeat(64) } };
    await writeFile(at("other.json"), JSON.stringify(other), { mode: 0o600 });
    const refused = await zk([...prove.with(1, at("other.json")), "--theta", "5000", "--out", at("no.json")]);
    assert.match(refused.err, /book\.sleeve\.shocks: expected the digest of this market's scenarios/);
  });

  it("are checked by an attester or auditor, field by field and without an amount", async () => {
    const full = at("full.json");
    const check = (book: string) => [
      "sleeve",
      "check",
      ...given(),
      "--book",
      book,
      "--secret",
      at("desk.secret"),
    ];
    assert.match(await zkOk(check(full)), /^The sleeve is what its positions give\.$/m);
    const { sleeve, ...rest } = JSON.parse(await readFile(full, "utf8"));
    const tamper = async (edit: object) => {
      const other = { ...rest, sleeve: { ...sleeve, ...edit } };
      await writeFile(at("tampered.json"), JSON.stringify(other), { mode: 0o600 });
      const ran = await zk([...check(at("tampered.json")), "--json"]);
      assert.equal(ran.code, 9, ran.err);
      return JSON.parse(ran.out).findings;
    };
    const [first, ...gains] = sleeve.gains.map(BigInt);
    const kinder = [first + 1n, ...gains].map(String);
    const kind = (field: string) => [{ field, fault: "kind" }];
    assert.deepEqual(await tamper({ gains: kinder }), kind("gains[0]"));
    assert.deepEqual(await tamper({ value: String(BigInt(sleeve.value) + 1n) }), kind("value"));
    assert.deepEqual(await tamper({ detail: "5" }), [{ field: "detail", fault: "other" }]);
    assert.deepEqual(await tamper({ shocks: "0".repeat(64) }), [{ field: "shocks", fault: "other" }]);
    assert.ok((await tamper({ charge: "0" })).some(({ field }: { field: string }) => field === "charge"));
    assert.ok((await tamper({ slack: "0" })).some(({ field }: { field: string }) => field === "slack"));
    const [tangent, ...others] = sleeve.tangents;
    const moved = [{ ...tangent, perp: String(BigInt(tangent.perp) + 1n) }, ...others];
    assert.ok(
      (await tamper({ tangents: moved })).some(
        ({ field }: { field: string }) => field === "tangents.BTC.perp",
      ),
    );
    // A day's end further away holds the numbers for longer: they should be worse.
    const band = { ...sleeve.band, price: sleeve.band.price + 100 };
    assert.ok((await tamper({ band })).some(({ fault }: { fault: string }) => fault === "kind"));
  });

  it("need a market with the scenarios of a venue's rule, which sleeve profile makes", async () => {
    const rule = ["--rule", "deribit"];
    await zkOk(["sleeve", "profile", ...rule, "--out", at("deribit.json")]);
    await zkOk([
      "market",
      "build",
      "--date",
      "2021-05-17",
      "--profile",
      at("deribit.json"),
      "--out",
      at("venue.json"),
    ]);
    await writeFile(at("btc.csv"), "instrument,amount\nBTC-28MAY21-48000-C,-20\n", { mode: 0o600 });
    const args = (market: string) => [
      "sleeve",
      "arrays",
      at("btc.csv"),
      "--surface",
      SURFACE,
      "--market",
      at(market),
      ...owned(),
      ...rule,
      "--out",
      at("venue-arrays.json"),
    ];
    await zkOk(args("venue.json"));
    const refused = await zk(args("market.json"));
    assert.equal(refused.code, 3);
    assert.match(refused.err, /scenario/);
  });

  it("are explained by position", async () => {
    const json = JSON.parse(await zkOk(["sleeve", "explain", ...given(), "--json"]));
    const [first] = json.scenarios;
    const text = await zkOk(["sleeve", "explain", ...given(), "--scenario", first.scenario]);
    assert.ok(text.includes("BTC-28MAY21-48000-C"));
  });

  it("import Deribit's positions, and refuse CSV quotes without a time", async () => {
    const row = {
      instrument_name: "BTC-28MAY21-48000-C",
      kind: "option",
      direction: "sell",
      size: -2,
      mark_price: 0.03,
      floating_profit_loss: 0,
      average_price: 0.04,
    };
    await writeFile(at("positions.json"), JSON.stringify({ jsonrpc: "2.0", result: [row] }), { mode: 0o600 });
    await zkOk(["sleeve", "import", at("positions.json"), "--out", at("sleeve.json")]);
    await zkOk(["sleeve", "price", at("sleeve.json"), "--surface", SURFACE]);
    await writeFile(
      at("quotes.csv"),
      "underlying,spot,expiry,forward,rate,strike,volatility\nBTC,43500,2021-05-28,43600,0,44000,1\n",
    );
    const csv = ["sleeve", "surface", at("quotes.csv"), "--out", at("surface.json")];
    assert.equal((await zk(csv)).code, 2);
    await zkOk([...csv, "--time", "1621252800"]);
  });
});
