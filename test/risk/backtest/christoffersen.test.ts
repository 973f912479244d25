import assert from "node:assert/strict";
import {
  conditionalCoverage,
  independence,
  kupiec,
  transitions,
} from "../../../src/risk/backtest/coverage.js";

describe("Christoffersen's tests", () => {
  it("give the published statistics of independence", () => {
    // MathWorks, Risk Management Toolbox, varbacktest/cci: N00 932, N10 53, N01 53, N11 4: LR 0.25866, p 0.61104.
    const small = independence({ n00: 932, n10: 53, n01: 53, n11: 4 });
    assert.equal(small.statistic.toFixed(5), "0.25866");
    assert.equal(small.pValue.toFixed(5), "0.61104");
    // Jorion, "Value at Risk", chapter 6, question 10: six exceptions in 252 days, four of them after another: 25.837.
    assert.equal(independence({ n00: 244, n01: 2, n10: 2, n11: 4 }).statistic.toFixed(3), "25.837");
  });

  it("is the sum of both where it is conditional coverage, with two degrees of freedom", () => {
    const days = Array.from({ length: 500 }, (_, i) => i === 100 || i === 101 || i === 300);
    const { statistic, pValue } = conditionalCoverage(days, 0.01);
    const apart = kupiec(500, 3, 0.01).statistic + independence(transitions(days)).statistic;
    assert.equal(statistic, apart);
    // χ² with two degrees of freedom is exponential.
    assert.ok(Math.abs(pValue - Math.exp(-apart / 2)) < 1e-13);
  });

  it("counts what follows what", () => {
    assert.deepEqual(transitions([false, true, true, false, false]), { n00: 1, n01: 1, n10: 1, n11: 1 });
    assert.deepEqual(transitions([true]), { n00: 0, n01: 0, n10: 0, n11: 0 });
  });

  it("has nothing to say where there is no exception, or nothing else", () => {
    for (const hits of [[false, false, false], [true, true, true], [false]])
      assert.deepEqual(independence(transitions(hits)), { statistic: 0, pValue: 1 });
  });

  it("rejects exceptions in a row that coverage alone accepts", () => {
    const clustered = Array.from({ length: 600 }, (_, i) => i >= 300 && i < 306);
    const spread = Array.from({ length: 600 }, (_, i) => i % 100 === 50);
    assert.ok(kupiec(600, 6, 0.01).pValue > 0.9);
    assert.ok(conditionalCoverage(clustered, 0.01).pValue < 1e-6);
    assert.ok(conditionalCoverage(spread, 0.01).pValue > 0.5);
  });
});
