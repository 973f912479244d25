import assert from "node:assert/strict";
import { kupiec } from "../../../src/risk/backtest/coverage.js";

/** 95 % quantile of χ² with one degree of freedom. */
const CUTOFF = 3.841;

describe("Kupiec's test of the proportion of failures", () => {
  it("does not reject just the numbers of failures of the published regions", () => {
    // P. Jorion, "Value at Risk", 3rd ed. 2007, table 6-2 (after Kupiec 1995, whose own row is T = 255): numbers N that
    // are not rejected at 95 %, by probability and by days. Both bounds are rejected.
    const regions: [probability: number, days: number, above: number, below: number][] = [
      [0.01, 252, -1, 7],
      [0.01, 255, -1, 7],
      [0.01, 510, 1, 11],
      [0.01, 1000, 4, 17],
      [0.025, 252, 2, 12],
      [0.025, 510, 6, 21],
      [0.025, 1000, 15, 36],
      [0.05, 252, 6, 20],
      [0.05, 255, 6, 21],
      [0.05, 510, 16, 36],
      [0.05, 1000, 37, 65],
      [0.075, 252, 11, 28],
      [0.075, 1000, 59, 92],
      [0.1, 252, 16, 36],
      [0.1, 510, 38, 65],
      [0.1, 1000, 81, 120],
    ];
    for (const [probability, days, above, below] of regions) {
      const passing = Array.from({ length: days + 1 }, (_, n) => n).filter(
        (n) => kupiec(days, n, probability).statistic < CUTOFF,
      );
      const label = `p = ${probability}, T = ${days}`;
      // Of "N < 7" the book says no lower bound; no failure at all has LR = 5.07 in 252 days and is rejected too.
      assert.equal(passing[0], above === -1 ? 1 : above + 1, label);
      assert.equal(passing.at(-1), below - 1, label);
    }
  });

  it("gives the published statistics", () => {
    // Jorion, chapter 6, question 10: six exceptions in 252 days at 99 %: LR = 3.498 (cut, not rounded).
    assert.ok(Math.abs(kupiec(252, 6, 0.01).statistic - 3.4988) < 5e-5);
    // MathWorks, Risk Management Toolbox, varbacktest/pof: 57 failures of 1043 at 95 %: LR 0.46147, p 0.49694.
    const { statistic, pValue } = kupiec(1043, 57, 0.05);
    assert.equal(statistic.toFixed(5), "0.46147");
    assert.equal(pValue.toFixed(5), "0.49694");
  });

  it("is 0, with p = 1, where the share is the probability, and −2n·ln(1 − p) where there is none", () => {
    assert.ok(kupiec(1000, 10, 0.01).statistic < 1e-12);
    assert.equal(kupiec(200, 100, 0.5).pValue, 1);
    assert.ok(Math.abs(kupiec(584, 0, 0.01).statistic + 2 * 584 * Math.log(0.99)) < 1e-10);
    assert.ok(Math.abs(kupiec(10, 10, 0.01).statistic + 20 * Math.log(0.01)) < 1e-10);
  });

  it("refuses what is no experiment", () => {
    for (const [days, exceptions, probability] of [
      [0, 0, 0.01],
      [10, 11, 0.01],
      [10, -1, 0.01],
      [10, 1, 0],
      [10, 1, 1],
      [10, Number.NaN, 0.01],
    ] as const)
      assert.throws(() => kupiec(days, exceptions, probability), RangeError);
  });
});
