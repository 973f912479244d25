import assert from "node:assert/strict";
import {
  decayOf,
  ewmaVariances,
  fitGarch,
  garchVarianceOver,
  garchVariances,
} from "../../../src/risk/statistics/volatility.js";

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

describe("EWMA volatility", () => {
  it("is RiskMetrics' for 20 days of the dollar against the mark", () => {
    // J.P. Morgan/Reuters, RiskMetrics Technical Document, 4th edition (1996), table 5.3: daily returns in per cent,
    // decay 0.94, begun with the first squared. The last variance is 0.224, the volatility 0.473 %.
    // biome-ignore format: a table
    const returns = [
      0.633, 0.115, -0.459, 0.093, 0.176, -0.087, -0.142, 0.324, -0.943, -0.528,
      -0.107, -0.159, -0.445, 0.053, 0.152, -0.318, 0.424, -0.708, -0.105, -0.257,
    ];
    const [first = 0, ...rest] = returns;
    const variance = ewmaVariances(rest, 0.94, first * first).at(-1) ?? 0;
    near(variance, 0.224, 0.0005);
    near(Math.sqrt(variance), 0.473, 0.0005);
  });

  it("is Hull's: from 1 % by a move of 2 % at λ = 0.90 to 1.14 %", () => {
    // J. Hull, Risk Management and Financial Institutions, example 5.2: 0.9 · 0.0001 + 0.1 · 0.0004 = 0.00013.
    const [, variance = 0] = ewmaVariances([0.02], 0.9, 0.0001);
    near(variance, 0.00013, 1e-18);
    near(Math.sqrt(variance), 0.0114, 0.00005);
  });

  it("lets no return count for more than the bound", () => {
    // Variance 1 and a return of 10: with a bound of 4 as one of 4, 0.9 + 0.1 · 16; without, 0.9 + 0.1 · 100.
    near(ewmaVariances([10], 0.9, 1, 4)[1] ?? 0, 2.5, 1e-15);
    near(ewmaVariances([-10], 0.9, 1, 4)[1] ?? 0, 2.5, 1e-15);
    near(ewmaVariances([10], 0.9, 1)[1] ?? 0, 10.9, 1e-14);
    assert.deepEqual(ewmaVariances([1, -2, 3], 0.9, 1, 4), ewmaVariances([1, -2, 3], 0.9, 1));
  });

  it("halves weights over the half-life", () => {
    near(decayOf(11) ** 11, 0.5, 1e-14);
    near(decayOf(Math.log(0.5) / Math.log(0.94)), 0.94, 1e-14);
    for (const none of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => decayOf(none), RangeError);
  });
});

describe("GARCH(1,1)", () => {
  /** A sample that any language can repeat: Park and Miller's generator, sums of twelve, α = 0.1, β = 0.8, ω = 0.1. */
  function sample(length: number): number[] {
    let state = 12_345;
    const uniform = () => {
      state = (state * 16_807) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const returns: number[] = [];
    let variance = 1;
    for (let t = 0; t < length; t++) {
      let normal = -6;
      for (let k = 0; k < 12; k++) normal += uniform();
      const r = normal * Math.sqrt(variance);
      returns.push(r);
      variance = 0.1 + 0.1 * r * r + 0.8 * variance;
    }
    return returns;
  }

  it("finds the maximum likelihood that scipy finds", () => {
    // scipy 1.17.1, minimize(method="Nelder-Mead", xatol=1e-7) from three starts on the same sample with the same variance
    // targeting, written independently: α = 0.1165987, β = 0.6475363, log-likelihood −215.2853447.
    const returns = sample(500);
    near(returns[0] ?? 0, -0.446199536996987, 1e-15);
    const fit = fitGarch(returns);
    near(fit.alpha, 0.1165987, 5e-4);
    near(fit.beta, 0.6475363, 5e-3);
    near(fit.logLikelihood, -215.2853447, 1e-5);
    near(fit.longRun, returns.reduce((sum, r) => sum + r * r, 0) / 500, 1e-15);
  });

  it("is not settled by one day, if innovations are bounded", () => {
    const returns = sample(500);
    assert.deepEqual(fitGarch(returns, 100), fitGarch(returns));
    const shocked = returns.map((r, t) => (t === 250 ? 40 : r));
    const fit = fitGarch(shocked, 4);
    const [before = 0, after = 0] = garchVariances(shocked, fit, 4).slice(250, 252);
    // (1 − α − β)·s² + α · 16 σ² + β σ², where otherwise it were α · 1600.
    near(after, (1 - fit.alpha - fit.beta) * fit.longRun + (16 * fit.alpha + fit.beta) * before, 1e-12);
    assert.ok(after < (garchVariances(shocked, fit)[251] ?? 0) / 10);
  });

  it("does not depend on the unit of the returns", () => {
    const returns = sample(300);
    const fit = fitGarch(returns);
    // A power of two scales exactly.
    const scaled = fitGarch(returns.map((r) => r / 64));
    assert.deepEqual([scaled.alpha, scaled.beta], [fit.alpha, fit.beta]);
    assert.equal(scaled.longRun, fit.longRun / 4096);
  });

  it("returns to its long-run variance", () => {
    const fit = { alpha: 0.1, beta: 0.8, longRun: 1, logLikelihood: 0 };
    const [now = 0, next = 0] = garchVariances([2], fit);
    assert.equal(now, 1);
    // ω = 0.1, so 0.1 + 0.1 · 4 + 0.8 · 1.
    near(next, 1.3, 1e-15);
    // σ² = 3 next, then 1 + 2·0.9, then 1 + 2·0.81: 3 + 2.8 + 2.62.
    near(garchVarianceOver(3, fit, 3), 8.42, 1e-14);
    near(garchVarianceOver(1, fit, 10), 10, 1e-14);
  });
});
