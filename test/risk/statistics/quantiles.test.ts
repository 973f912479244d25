import assert from "node:assert/strict";
import { quantile } from "../../../src/risk/statistics/elementary.js";

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-14, `${actual}`);

describe("quantiles", () => {
  const ten = [7, 2, 10, 1, 4, 9, 3, 8, 5, 6];

  it("are those of numpy's method median_unbiased, R's type 8", () => {
    // numpy 2.4, quantile(range(1, 11), p, method="median_unbiased").
    near(quantile(ten, 0.1), 1.3666666666666667);
    near(quantile(ten, 0.25), 2.9166666666666665);
    near(quantile(ten, 0.5), 5.5);
    near(quantile(ten, 0.9), 9.633333333333333);
    near(quantile(ten, 0.99), 10);
  });

  it("end at the extremes", () => {
    assert.equal(quantile(ten, 0), 1);
    assert.equal(quantile(ten, 1), 10);
    assert.equal(quantile([3], 0.99), 3);
  });

  it("do not exist of nothing, or at no probability", () => {
    assert.throws(() => quantile([], 0.5), RangeError);
    for (const p of [-0.1, 1.1, Number.NaN]) assert.throws(() => quantile([1], p), RangeError);
  });
});
