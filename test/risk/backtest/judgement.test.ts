import assert from "node:assert/strict";
import { coverageOf, holm, kupiec, kupiecPower, zoneOf } from "../../../src/risk/backtest/coverage.js";
import type { TestedDay } from "../../../src/risk/backtest/walk.js";

const day = (loss: bigint, margin = 100n): TestedDay => ({
  date: "2021-01-01",
  lossDate: "2021-01-02",
  margin,
  loss,
});
const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 5e-4, `${a} is not ${b}`);

describe("judging many books", () => {
  it("adjusts p-values as Holm does", () => {
    // en.wikipedia.org/wiki/Holm–Bonferroni_method: p = 0.01, 0.04, 0.03, 0.005; the second-smallest times 3, and so on.
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((expected, i) => near(adjusted[i] ?? 1, expected));
    assert.deepEqual(holm([]), []);
    assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
  });

  it("has Basel's traffic light at 99 % over 250 days", () => {
    const zones = Array.from({ length: 12 }, (_, x) => zoneOf(x, 250, 0.01));
    assert.deepEqual(zones, [...Array(5).fill("green"), ...Array(5).fill("yellow"), ...Array(2).fill("red")]);
  });

  it("finds the worst 250 days in a row, and the last", () => {
    const days = Array.from({ length: 300 }, (_, i) => day(i < 6 || i === 299 ? 101n : 0n));
    assert.deepEqual(coverageOf(days, 9_900).light, {
      last: { exceptions: 1, zone: "green" },
      worst: { exceptions: 6, zone: "yellow" },
    });
    assert.equal(coverageOf(days.slice(0, 249), 9_900).light, null);
  });

  it("states the power of Kupiec's test as a plain sum of probabilities does", () => {
    const chance = (n: number, x: number, p: number) => {
      let c = (1 - p) ** n;
      for (let k = 1; k <= x; k++) c *= ((n - k + 1) / k) * (p / (1 - p));
      return c;
    };
    for (const truth of [0.01, 0.02, 0.03]) {
      // Of 250 days at 1 %, the test accepts 1 to 6 exceptions (Kupiec 1995, table 2).
      let accepted = 0;
      for (let x = 1; x <= 6; x++) accepted += chance(250, x, truth);
      near(kupiecPower(250, 0.01, truth), 1 - accepted);
    }
    assert.ok(kupiec(250, 7, 0.01).pValue < 0.05 && kupiec(250, 6, 0.01).pValue > 0.05);
  });

  it("puts expected shortfall beside the value at risk", () => {
    const days = Array.from({ length: 200 }, (_, i) => day(i === 0 ? 300n : i === 1 ? 90n : 10n));
    // 1 % of 200 days are two: 300 % and 90 % of the margin.
    assert.deepEqual(coverageOf(days, 9_900).tail, { valueAtRisk: 9_000n, expectedShortfall: 19_500n });
    assert.deepEqual(coverageOf([day(1n, 0n)], 9_900).tail, { valueAtRisk: null, expectedShortfall: null });
  });
});
