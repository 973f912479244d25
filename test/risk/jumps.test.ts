import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { PriceJumpError } from "../../src/errors.js";
import { dailyTable, type PriceTable, parsePriceTable } from "../../src/market/history.js";
import { calibrate } from "../../src/risk/calibration/calibrate.js";
import { DEFAULT_CALIBRATION } from "../../src/risk/calibration/options.js";
import { checkJumps, priceJumps } from "../../src/risk/jumps.js";

import { HISTORY } from "../market/fixtures.js";
import { assertFails } from "../support/failure.js";
import { COINS, walk } from "./walks.js";

const DAILY = dailyTable(HISTORY);

/** A table whose asset is `factor(d)` times what it was, d rows after a time. */
function changed(
  table: PriceTable,
  asset: string,
  time: string,
  factor: (d: number) => number | null,
): PriceTable {
  const u = table.assets.indexOf(asset);
  const start = table.times.indexOf(time);
  const closes = table.closes.map((row, t) => {
    const by = factor(t - start);
    return row.map((close, v) => (v === u && close !== null ? by && close * by : close));
  });
  return { ...table, closes };
}

const found = (table: PriceTable) =>
  priceJumps(table).map(({ asset, time, back }) => [asset, time, back] as const);
/** Every 24th day on which the asset and the day before had a close. */
const daysOf = (asset: string) => {
  const u = DAILY.assets.indexOf(asset);
  return DAILY.times.filter((_, t) => t % 24 === 1 && DAILY.closes[t - 1]?.[u] != null);
};

describe("jumps of prices", () => {
  it("are not seen in the shipped histories, which hold 12 March 2020, 19 May 2021 and DOGE of January 2021", () => {
    assert.deepEqual(found(DAILY), []);
    assert.deepEqual(found(parsePriceTable(readFileSync("examples/prices/hourly-close.csv", "utf8"))), []);
  });

  const redenominations: [name: string, factor: number][] = [
    ["a thousandfold price", 1000],
    ["a price ÷ 10 000", 1e-4],
    ["a decimal shift up", 10],
    ["a decimal shift down", 0.1],
    ["a rise to the price of something else", 37],
  ];
  for (const [name, factor] of redenominations)
    it(`name ${name}, on the worst day too`, () => {
      for (const day of ["2020-03-12", "2021-03-01", "2021-05-19", "2021-07-06"])
        assert.deepEqual(
          found(changed(DAILY, "LTC", day, (d) => (d < 0 ? 1 : factor))),
          [["LTC", day, null]],
          day,
        );
    });

  it("name a bad print and the day on which it was taken back, of one to three days and of any size", () => {
    for (const [rows, factor, back] of [
      [1, 1000, "2021-03-12"],
      [1, 0.1, "2021-03-12"],
      [1, 4, "2021-03-12"],
      [1, 1 / 7, "2021-03-12"],
      [3, 100, "2021-03-14"],
    ] as const)
      for (const asset of ["LTC", "USDC", "DOGE"])
        assert.deepEqual(
          found(changed(DAILY, asset, "2021-03-11", (d) => (d >= 0 && d < rows ? factor : 1))),
          [[asset, "2021-03-11", back]],
          `${asset} x${factor}`,
        );
  });

  it("are seen across blanks, and where the whole row has them", () => {
    const across = changed(DAILY, "LTC", "2021-03-11", (d) => (d === 0 ? null : d < 0 ? 1 : 1000));
    assert.deepEqual(found(across), [["LTC", "2021-03-12", null]]);
    const row = DAILY.times.indexOf("2021-03-11");
    const all = { ...DAILY, closes: DAILY.closes.map((c, t) => (t < row ? c : c.map((x) => x && x * 100))) };
    assert.equal(found(all).length, DAILY.assets.length);
  });

  // shows: P55
  it("are no crash of several days, whenever it begins", () => {
    // LUNA in May 2022, by its closes, about.
    const luna = [64, 30, 17, 1.1, 0.005, 0.00006, 0.0003, 0.0002].map((close) => close / 77);
    const slower = [0.55, 0.02, 0.0008, 0.00003, 0.000002];
    for (const path of [luna, slower])
      for (const day of daysOf("LTC").slice(0, 16)) {
        const crashed = changed(DAILY, "LTC", day, (d) =>
          d < 0 ? 1 : (path[Math.min(d, path.length - 1)] ?? 1),
        );
        assert.deepEqual(found(crashed), [], day);
      }
  });

  it("are no fall to a half, a fifth or a thirtieth in one day, no depeg, and no quadrupling", () => {
    for (const factor of [0.5, 0.2, 0.03, 2, 4])
      assert.deepEqual(
        found(changed(DAILY, "LTC", "2021-03-11", (d) => (d < 0 ? 1 : factor))),
        [],
        `${factor}`,
      );
    const depeg = changed(DAILY, "USDC", "2021-03-11", (d) => (d === 0 ? 0.8774 : d === 1 ? 0.9684 : 1));
    assert.deepEqual(found(depeg), []);
  });

  it("are refused by name, all but those that were accepted", () => {
    const two = changed(
      changed(DAILY, "LTC", "2021-03-01", (d) => (d < 0 ? 1 : 1000)),
      "TRX",
      "2021-04-01",
      (d) => (d === 0 ? 0.001 : 1),
    );
    const error = assertFails(() => checkJumps(two, []), PriceJumpError, "prices.2021-03-01.LTC");
    assert.match(
      error.got,
      /^LTC on 2021-03-01 at 1\d\d\d times the close before, as after a redenomination; TRX on/,
    );
    assert.match(error.got, /TRX on 2021-04-01 at 1\/\d+ of the close before, and back on 2021-04-02/);
    assert.match(error.expected, /--accept-jump LTC=2021-03-01/);
    const ltc = { asset: "LTC", time: "2021-03-01" };
    assertFails(() => checkJumps(two, [ltc]), PriceJumpError, "prices.2021-04-01.TRX");
    checkJumps(two, [ltc, { asset: "TRX", time: "2021-04-01" }]);
  });

  it("are named before a calibration uses them", () => {
    const prices = walk({ rows: 120 });
    const jumped = changed(prices, "ETH", prices.times[60] ?? "", (d) => (d < 0 ? 1 : 1000));
    const options = { ...DEFAULT_CALIBRATION, name: "test", listing: COINS, prices: jumped };
    assertFails(() => calibrate(options), PriceJumpError, `prices.${prices.times[60]}.ETH`);
    calibrate({ ...options, acceptJumps: [{ asset: "ETH", time: prices.times[60] ?? "" }] });
  });
});
