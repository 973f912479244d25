import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { shippedHistory } from "../../src/cli/files.js";
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
    assert.match(out, /8 of 8 tested/);
  });

  it("shows one day in full", async () => {
    const out = await zkOk(stress("--day", "2020-03-12"));
    assert.match(out, /USDC 4\.34 %, BTC −37\.17 %, ETH −42\.35 %/);
    assert.match(out, /bankruptcy +98\.29 %/);
    assert.match(out, /lost by each position where maintenance margin is crossed/);
  });

  it("takes any date of the history, and shocks before the day's", async () => {
    const { stresses } = await zkJson(stress("--day", "2020-03-12", "--shock", "SOL=-5000,BTC=1"));
    const [{ name, moves }] = stresses;
    assert.equal(name, "2020-03-12, Black Thursday, with shocks given");
    assert.deepEqual([moves.SOL, moves.BTC, moves.ETH], [-5000, 1, -4235]);
    assert.deepEqual([moves.DOT, moves.UNI, moves.AAVE], [null, null, null]);
    const other = await zkJson(stress("--day", "2021-04-18"));
    assert.equal(other.stresses[0].name, "2021-04-18");
  });

  it("says which assets of the history it ignores", async () => {
    const history = write(
      work.at("closes.csv"),
      "date,BTC,ETH,USDC,SHIB\n2024-01-01,100,10,1,2\n2024-01-02,90,9,1,3\n",
    );
    const args = stress("--history", history, "--day", "2024-01-02");
    assert.match(await zkOk(args), /^ +ignored +SHIB: not listed$/m);
    assert.deepEqual((await zkJson(args)).prices, ["ignored SHIB: not listed"]);
    assert.equal((await zkJson(stress("--shock", "BTC=-1"))).prices, undefined);
  });

  it("agrees with health on the figures before", async () => {
    const { stresses } = await zkJson(stress("--shock", "BTC=-3000,ETH=-3500"));
    const { assessment, healthFactor } = await zkJson(["health", BOOK, "--market", market]);
    const [{ before, after, crossings }] = stresses;
    for (const field of ["collateral", "debt", "addOns", "scenarioLoss", "requirement"]) {
      assert.match(before[field], /^\d+$/);
      assert.equal(before[field], assessment[field]);
    }
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
        [11_000, 670],
        [10_000, 4360],
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

  const holderOf = (asset: string) =>
    write(work.at("holder.json"), {
      format: "zkmargin/book@2",
      account: "holder",
      sequence: 1,
      isolated: false,
      positions: [{ asset, spot: "100", perp: "0" }],
    });
  const history = (change: (cells: string[], header: readonly string[]) => string[]) => {
    const [header = "", ...rows] = readFileSync(shippedHistory(), "utf8").trimEnd().split("\n");
    const assets = header.split(",");
    return write(
      work.at("history.csv"),
      `${[header, ...rows.map((row) => change(row.split(","), assets).join(","))].join("\n")}\n`,
    );
  };

  it("does not test a day on which a held asset had no price, and says so in the table", async () => {
    const args = ["risk", "stress", holderOf("SOL"), "--market", market];
    const out = await zkOk(args);
    assert.match(out, /2020-03-12, Black Thursday +not tested/);
    assert.match(out, /7 of 8 tested; not tested:\n +2020-03-12, Black Thursday: no price of SOL/);
    const { tested, notTested, stresses } = await zkJson(args);
    assert.deepEqual([tested, notTested, stresses[0].tested, stresses[0].unpriced], [7, 1, false, ["SOL"]]);
    assert.equal(stresses[0].after, undefined);
    // A day asked for that is not tested is no success. The error names what the history lacks, not what the book holds.
    const one = await zk([...args, "--day", "2020-03-12", "--json"]);
    assert.deepEqual([one.code, errorOf(one).name], [3, "MissingFieldError"]);
    assert.match(errorOf(one).message, /without one: SOL, DOT, UNI, AAVE$/);
    assert.equal((await zkJson([...args, "--day", "2020-03-12", "--shock", "SOL=-5000"])).tested, 1);
  });

  it("moves no coin by a dollar token's price, nor any asset by none", async () => {
    const blank = "2020-04-17";
    const day = ["--day", "2020-04-18", "--json"];
    for (const kept of [[], ["USDC"]]) {
      const file = history((cells, header) =>
        cells[0] === blank
          ? cells.map((cell, i) => (i === 0 || kept.includes(header[i] ?? "") ? cell : ""))
          : cells,
      );
      const ran = await zk([...stress(...day), "--history", file]);
      assert.deepEqual([ran.code, errorOf(ran).name], [3, "MissingFieldError"], kept.join());
    }
    assert.equal((await zkJson(stress(...day.slice(0, 2)))).tested, 1);
  });

  it("names a bad print that a day is made of, and takes it only if told", async () => {
    const file = history((cells, header) =>
      cells.map((cell, i) =>
        cells[0] === "2021-05-18" && header[i] === "ETH" ? String(Number(cell) * 1000) : cell,
      ),
    );
    const args = stress("--day", "2021-05-19", "--history", file);
    const ran = await zk([...args, "--json"]);
    assert.deepEqual([ran.code, errorOf(ran).name], [3, "PriceJumpError"]);
    assert.match(
      errorOf(ran).message,
      /ETH on 2021-05-18 at 1\d\d\d times the close before.*--accept-jump ETH=2021-05-18|--accept-jump ETH=2021-05-18/,
    );
    const { stresses } = await zkJson([...args, "--accept-jump", "ETH=2021-05-18"]);
    assert.ok(stresses[0].moves.ETH < -9900);
    assert.equal((await zkJson(stress("--day", "2021-05-25", "--history", file))).tested, 1);
  });

  const wrong: [name: string, args: string[], exitCode: number, error: string][] = [
    ["both kinds of shocks", ["--shock", "BTC=-1", "--shocks", "x"], 2, "UsageError"],
    ["a date that is not in the history", ["--day", "2022-01-01"], 3, "OutOfRangeError"],
    ["a date that is none", ["--day", "Thursday"], 3, "FormatError"],
    ["the first day, which has none before it", ["--day", "2019-10-01"], 3, "MissingFieldError"],
    ["an asset that is not listed", ["--shock", "TULIP=-1"], 3, "UnknownAssetError"],
    ["a fall of more than everything", ["--shock", "BTC=-10001"], 3, "OutOfRangeError"],
    ["a move that might be a share", ["--shock", "BTC=-0.3"], 3, "FormatError"],
    ["a file that is not there", ["--shocks", "nowhere.json"], 3, "UnreadableError"],
  ];
  for (const [name, args, exitCode, error] of wrong)
    it(`refuses ${name}`, async () => {
      const ran = await zk([...stress(...args), "--json"]);
      assert.deepEqual([ran.code, errorOf(ran).name, ran.out], [exitCode, error, ""]);
    });

  it("names --day where an own history does not have it", async () => {
    const ran = await zk([...stress("--day", "2022-01-01", "--history", shippedHistory()), "--json"]);
    assert.ok(errorOf(ran).message.startsWith("--day: "), errorOf(ran).message);
  });

  it("quotes nothing of a book that is wrong", async () => {
    const positions = [{ asset: "LINK", spot: "48151.62342x", perp: "0" }];
    const book = write(work.at("bad.json"), {
      format: "zkmargin/book@2",
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
