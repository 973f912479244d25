import assert from "node:assert/strict";
import { errorOf, example, workFolder, write, zk, zkJson, zkOk } from "./support.js";

const BOOK = example("aave-borrower.json");

describe("cli: risk stress", () => {
  const work = workFolder();
  let market: string;
  beforeEach(async () => {
    market = work.at("market.json");
    await zkOk(["market", "build", "--date", "2021-05-17", "--out", market]);
  });
  const stress = (...args: string[]) => ["risk", "stress", BOOK, "--market", market, ...args];

  it("puts a book through every named day", async () => {
    const out = await zkOk(stress());
    for (const day of ["2020-03-12, Black Thursday", "2021-05-19, the May crash"])
      assert.ok(out.includes(day));
    assert.match(out, /initial margin 1\.25 +margin call 1\.1 +maintenance margin 1\.0 +bankruptcy/);
    assert.match(out, /As private as the book/);
  });

  it("shows one day in full, with what had no price then", async () => {
    const out = await zkOk(stress("--day", "2020-03-12"));
    assert.match(out, /USDC 4\.34 %, BTC −37\.17 %, ETH −42\.35 %/);
    assert.match(out, /no price on that day, moved as the median of the others: SOL, DOT, UNI, AAVE/);
    assert.match(out, /bankruptcy +98\.29 %/);
    assert.match(out, /lost by each position where maintenance margin is crossed/);
  });

  it("takes any date of the history, and shocks before the day's", async () => {
    const { stresses } = await zkJson(stress("--day", "2020-03-12", "--shock", "SOL=-5000,BTC=1"));
    const [{ name, moves, substituted }] = stresses;
    assert.equal(name, "2020-03-12, Black Thursday, with shocks given");
    assert.deepEqual([moves.SOL, moves.BTC, moves.ETH], [-5000, 1, -4235]);
    assert.deepEqual(substituted, ["DOT", "UNI", "AAVE"]);
    const other = await zkJson(stress("--day", "2021-04-18"));
    assert.equal(other.stresses[0].name, "2021-04-18");
  });

  it("agrees with health on the figures before", async () => {
    const { stresses } = await zkJson(stress("--shock", "BTC=-3000,ETH=-3500"));
    const { assessment, healthFactor } = await zkJson(["health", BOOK, "--market", market]);
    const [{ before, after, crossings }] = stresses;
    for (const field of ["A", "D", "N", "M", "R"]) assert.equal(before[field], assessment[field]);
    assert.equal(before.healthFactor, healthFactor);
    assert.equal(before.worstScenario, assessment.worstScenario);
    assert.ok(BigInt(after.healthFactor) < BigInt(before.healthFactor));
    assert.deepEqual(
      crossings.map(({ theta, standing }: { theta: number; standing: { at: number } | null }) => [
        theta,
        standing?.at ?? null,
      ]),
      [
        [12_500, 0],
        [11_000, 1244],
        [10_000, 4797],
        [null, null],
      ],
    );
  });

  it("reads shocks from a file", async () => {
    const shocks = { format: "zkmargin/shocks@1", name: "weekend", shocks: { ETH: -2000 } };
    const file = write(work.at("shocks.json"), shocks);
    const { stresses } = await zkJson(stress("--shocks", file));
    assert.deepEqual([stresses[0].name, stresses[0].moves.ETH, stresses[0].moves.BTC], ["weekend", -2000, 0]);
  });

  it("names a shock of an asset that the book does not hold", async () => {
    assert.match(await zkOk(stress("--shock", "SOL=-3500")), /BTC 0 %, ETH 0 %, SOL −35 % \(not held\)/);
  });

  it("says so where a book holds nothing", async () => {
    const book = work.at("empty.json");
    await zkOk(["book", "new", "--account", "empty", "--out", book]);
    const out = await zkOk(["risk", "stress", book, "--market", market, "--day", "2021-05-19"]);
    assert.match(out, /the book holds nothing/);
  });

  const wrong: [name: string, args: string[], exitCode: number, error: string][] = [
    ["both kinds of shocks", ["--shock", "BTC=-1", "--shocks", "x"], 2, "UsageError"],
    ["a date that is not in the history", ["--day", "2022-01-01"], 3, "OutOfRangeError"],
    ["a date that is none", ["--day", "Thursday"], 3, "OutOfRangeError"],
    ["the first day, which has none before it", ["--day", "2019-10-01"], 3, "MissingFieldError"],
    ["an asset that is not listed", ["--shock", "TULIP=-1"], 3, "UnknownAssetError"],
    ["a fall of more than everything", ["--shock", "BTC=-10001"], 3, "OutOfRangeError"],
    ["a move in percent", ["--shock", "BTC=-30%"], 3, "FormatError"],
    ["a file that is not there", ["--shocks", "nowhere.json"], 3, "UnreadableError"],
  ];
  for (const [name, args, exitCode, error] of wrong)
    it(`refuses ${name}`, async () => {
      const ran = await zk([...stress(...args), "--json"]);
      assert.deepEqual([ran.code, errorOf(ran).name, ran.out], [exitCode, error, ""]);
    });

  it("quotes nothing of a book that is wrong", async () => {
    const positions = [{ asset: "LINK", spot: "48151.62342x", perp: "0" }];
    const book = write(work.at("bad.json"), {
      format: "zkmargin/book@1",
      account: "canary",
      sequence: 1,
      isolated: false,
      positions,
    });
    const { code, err, out } = await zk(["risk", "stress", book, "--market", market]);
    assert.equal(code, 3);
    assert.equal(out, "");
    for (const word of ["48151", "LINK"]) assert.ok(!err.includes(word), word);
  });
});
