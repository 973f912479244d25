import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseProfile } from "../../src/market/profile.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { SHIPPED_UNTIL } from "../../src/risk/calibration/calibrate.js";
import { CALIBRATED } from "../../src/risk/generated/calibrated.js";
import { errorOf, ROOT, zk, zkJson, zkOk } from "./support.js";

describe("zkmargin risk calibrate", () => {
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-calibrate-"));
  const file = (name: string) => join(folder, name);
  after(() => rmSync(folder, { recursive: true }));

  it("writes the shipped profile from the shipped history", async () => {
    const text = await zkOk(["risk", "calibrate", "--date", SHIPPED_UNTIL, "--out", file("calibrated.json")]);
    assert.deepEqual(
      parseProfile(readFileSync(file("calibrated.json"), "utf8"), DEFAULT_LISTING),
      CALIBRATED,
    );
    for (const said of [
      "daily closes of 2019-10-01 to 2021-05-17",
      "shrunk to it by",
      "squeeze",
      "not priced before 2020-08-21",
    ])
      assert.ok(text.includes(said), said);
  });

  it("leaves out, and names, what has too little history; a market then does without it", async () => {
    const early = [
      "risk",
      "calibrate",
      "--date",
      "2020-06-15",
      "--name",
      "early",
      "--out",
      file("early.json"),
    ];
    const { leftOut, profile, report } = await zkJson(early);
    assert.deepEqual(
      leftOut.map(({ asset }: { asset: string }) => asset),
      ["DOT", "UNI", "AAVE"],
    );
    assert.equal(profile.assets.length, 13);
    assert.equal(report.to, "2020-06-15");
    const market = await zkJson([
      "market",
      "build",
      "--date",
      "2021-01-01",
      "--profile",
      file("early.json"),
      "--out",
      file("m.json"),
    ]);
    assert.deepEqual(market.leftOut, ["DOT", "UNI", "AAVE"]);
  });

  it("calibrates hours as they are, and refuses too few days made of them", async () => {
    const hourly = [
      "risk",
      "calibrate",
      "--history",
      join(ROOT, "examples/prices/hourly-close.csv"),
      "--out",
      file("hourly.json"),
    ];
    const { profile, report } = await zkJson([...hourly, "--date", "2024-02-23"]);
    assert.deepEqual(
      profile.assets.map(({ asset }: { asset: string }) => asset),
      ["BTC", "ETH", "SOL"],
    );
    assert.equal(report.to, "2024-02-23T23:00Z");
    const error = errorOf(await zk([...hourly, "--daily", "--json"]));
    assert.equal(error.name, "TooLittleHistoryError");
    assert.ok(error.message.includes("BTC: 40 of 60 returns"), error.message);
  });

  it("raises volatilities by the stock market's trigger, and says how it stands", async () => {
    const at = ["risk", "calibrate", "--date", "2020-03-20", "--out", file("macro.json")];
    const macro = ["--macro", join(ROOT, "examples/prices/macro-daily.csv")];
    const plain = await zkJson(at);
    const raised = await zkJson([...at, ...macro]);
    assert.deepEqual(raised.macro, { asOf: "2020-03-20", addOn: 2_500, firedOn: "2020-03-20" });
    const crash = ({ profile }: typeof raised) => profile.scenarios[0].shocks.BTC;
    assert.ok(crash(raised) < crash(plain));
    assert.match((await zk([...at, ...macro])).out, /BTC while raised +[\d.]+ %.*correlation/);
  });

  it("takes the choices of the method from its options", async () => {
    const at = ["risk", "calibrate", "--date", "2021-05-17", "--out", file("method.json")];
    const { profile } = await zkJson([...at, "--own-token", "BNB", "--basis", "0", "--funding", "0"]);
    const bnb = profile.assets.find(({ asset }: { asset: string }) => asset === "BNB");
    assert.deepEqual([bnb.collateralFactor, bnb.perpMargin], [0, 150]);
    const error = errorOf(await zk([...at, "--stress-weight", "20000", "--json"]));
    assert.match(`${error.name} ${error.message}`, /^OutOfRangeError --stress-weight: /);
  });

  it("takes stated depths", async () => {
    const rows = DEFAULT_LISTING.map(({ symbol }) => `${symbol},10,${symbol === "USDC" ? 1 : 300}`);
    writeFileSync(file("depths.csv"), `asset,millions,spread\n${rows.join("\n")}\n`);
    const { profile } = await zkJson([
      "risk",
      "calibrate",
      "--depths",
      file("depths.csv"),
      "--out",
      file("thin.json"),
    ]);
    const { profile: deep } = await zkJson(["risk", "calibrate", "--out", file("deep.json")]);
    assert.equal(profile.assets[1].liquidity - deep.assets[1].liquidity, 300 - 50);
    assert.equal(profile.assets[1].perpMargin, 350);
  });

  const history = (name: string, change: (cell: string, asset: string, date: string) => string) => {
    const text = readFileSync(join(ROOT, "examples/prices/daily-close.csv"), "utf8").trimEnd();
    const [header = [], ...rows] = text.split("\n").map((line) => line.split(","));
    const changed = rows.map(([date = "", ...cells]) =>
      [date, ...cells.map((cell, i) => change(cell, header[i + 1] ?? "", date))].join(","),
    );
    writeFileSync(file(name), `${[header.join(","), ...changed].join("\n")}\n`);
    return ["risk", "calibrate", "--history", file(name), "--out", file("none.json"), "--json"];
  };

  it("names a price that stands still in the rows that all assets have", async () => {
    const args = history("frozen.csv", (cell, asset, date) =>
      asset === "LTC" && date >= "2020-10-05" ? "48.27" : cell,
    );
    const ran = await zk(args);
    assert.deepEqual([ran.code, errorOf(ran).name], [3, "StalePricesError"]);
    assert.match(
      errorOf(ran).message,
      /^prices\.LTC: expected a price that moves in the rows that all assets have/,
    );
    assert.ok(!existsSync(file("none.json")));
  });

  it("names a redenomination before it is used, and takes it only if told", async () => {
    const args = history("jump.csv", (cell, asset, date) =>
      asset === "LTC" && date >= "2021-03-01" ? String(Number(cell) * 1000) : cell,
    );
    const ran = await zk(args);
    assert.deepEqual([ran.code, errorOf(ran).name], [3, "PriceJumpError"]);
    assert.match(errorOf(ran).message, /LTC on 2021-03-01 at 1\d\d\d times the close before/);
    assert.ok(!existsSync(file("none.json")));
    assert.equal((await zk([...args, "--accept-jump", "BTC=2021-03-01"])).code, 3);
    assert.equal((await zk([...args, "--accept-jump", "LTC"])).code, 2);
    const accepted = [
      ...args.slice(0, -2),
      file("accepted.json"),
      "--json",
      "--accept-jump",
      "LTC=2021-03-01",
    ];
    assert.ok((await zkJson(accepted.filter((arg) => arg !== "--json"))).profile);
  });

  it("keeps a bad print out of a market, but not out of its history", async () => {
    const [, , , path = ""] = history("print.csv", (cell, asset, date) =>
      asset === "ETH" && date === "2021-03-11" ? String(Number(cell) * 1000) : cell,
    );
    const build = (date: string) => [
      "market",
      "build",
      "--history",
      path,
      "--date",
      date,
      "--out",
      file("m.json"),
    ];
    for (const date of ["2021-03-11", "2021-03-13"]) {
      const ran = await zk([...build(date), "--json"]);
      assert.deepEqual([ran.code, errorOf(ran).name], [3, "PriceJumpError"], date);
    }
    await zkOk([...build("2021-03-12"), "--accept-jump", "ETH=2021-03-11"]);
    for (const date of ["2021-03-10", "2021-03-14"]) await zkOk(build(date));
  });

  const refused: [name: string, args: string[], error: string, path: string][] = [
    ["a day beyond the history", ["--date", "2022-01-01"], "OutOfRangeError", "--date"],
    ["a day that is none", ["--date", "2021-02-30"], "FormatError", "--date"],
    ["a day before there is enough history", ["--date", "2019-11-01"], "TooLittleHistoryError", "history"],
    ["certainty", ["--confidence", "10000"], "OutOfRangeError", "--confidence"],
    ["no horizon", ["--horizon", "0"], "OutOfRangeError", "--horizon"],
    ["no half-life", ["--half-life", "0"], "OutOfRangeError", "--half-life"],
    ["a token of nobody", ["--own-token", "TULIP"], "UnknownAssetError", "--own-token"],
  ];
  for (const [name, args, error, path] of refused) {
    it(`refuses ${name}, writing nothing`, async () => {
      const ran = await zk(["risk", "calibrate", ...args, "--out", file("none.json"), "--json"]);
      const found = errorOf(ran);
      assert.equal(found.name, error);
      assert.ok(found.message.startsWith(`${path}: `), found.message);
      assert.ok(!existsSync(file("none.json")));
    });
  }
});
