import assert from "node:assert/strict";
import fc from "fast-check";
import {
  chiSquareAbove,
  erfc,
  exp,
  ln,
  normalBelow,
  normalQuantile,
} from "../../../src/risk/statistics/elementary.js";

/** Relative distance, from 0 as an absolute one. */
function close(actual: number, expected: number, tolerance: number, what: string): void {
  const off = Math.abs(actual - expected) / (expected === 0 ? 1 : Math.abs(expected));
  assert.ok(off <= tolerance, `${what}: ${actual} is ${off} off ${expected}`);
}

describe("elementary functions", () => {
  it("ln and exp agree with Math's to 1e-14", () => {
    fc.assert(
      fc.property(fc.double({ min: -300, max: 300, noNaN: true }), (x) => {
        close(exp(x), Math.exp(x), 1e-14, `exp ${x}`);
        const y = Math.exp(x);
        assert.ok(
          Math.abs(ln(y) - Math.log(y)) <= 1e-14 * Math.max(1e-300, Math.abs(Math.log(y))),
          `ln ${y}`,
        );
      }),
      { seed: 20210519, numRuns: 5000 },
    );
  });

  it("are exact where they can be", () => {
    assert.equal(ln(1), 0);
    assert.equal(exp(0), 1);
    assert.equal(ln(2), Math.LN2);
    assert.equal(exp(-1000), 0);
    assert.equal(exp(1000), Number.POSITIVE_INFINITY);
    close(ln(Number.MIN_VALUE), Math.log(Number.MIN_VALUE), 1e-14, "the smallest double");
    close(ln(Number.MAX_VALUE), Math.log(Number.MAX_VALUE), 1e-14, "the largest double");
    for (const x of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => ln(x), RangeError);
    assert.throws(() => exp(Number.NaN), RangeError);
  });

  it("erfc has 13 digits (mpmath 1.3.0, 30 digits of working precision)", () => {
    const table: [x: number, value: number][] = [
      [0.1, 0.887537083981715108],
      [0.5, 0.479500122186953462],
      [1.5, 0.0338948535246892729],
      [2, 0.00467773498104726584],
      [2.5, 0.00040695201744495894],
      [4, 1.54172579002800189e-8],
      [8, 1.12242971729829271e-29],
      [20, 5.39586561160790093e-176],
    ];
    for (const [x, value] of table) {
      close(erfc(x), value, 1e-13, `erfc ${x}`);
      close(erfc(-x), 2 - value, 1e-15, `erfc ${-x}`);
    }
    assert.equal(erfc(0), 1);
    assert.equal(erfc(30), 0);
  });

  it("the normal quantile has 13 digits (mpmath), and is the inverse of the distribution", () => {
    const table: [p: number, x: number][] = [
      [0.9, 1.28155156554460047],
      [0.95, 1.64485362695147271],
      [0.99, 2.3263478740408411],
      [0.995, 2.57582930354890076],
      [0.999, 3.09023230616781354],
      [0.025, -1.95996398454005424],
    ];
    for (const [p, x] of table) {
      close(normalQuantile(p), x, 1e-13, `quantile ${p}`);
      close(normalBelow(x), p, 1e-14, `distribution ${x}`);
    }
    for (const p of [0, 1, Number.NaN]) assert.throws(() => normalQuantile(p), RangeError);
  });

  it("the χ² tail has 13 digits (mpmath)", () => {
    const table: [x: number, n: number, value: number][] = [
      [3.84, 1, 0.0500435212487051032],
      [6.635, 1, 0.00999941957404252497],
      [0.5, 1, 0.479500122186953462],
      [5.99, 2, 0.0500366270865862825],
      [10, 3, 0.0185661354630432333],
      [25, 7, 0.000758800255658250219],
      [2, 4, 0.735758882342884643],
    ];
    for (const [x, n, value] of table) close(chiSquareAbove(x, n), value, 1e-13, `χ²(${n}) above ${x}`);
    assert.equal(chiSquareAbove(0, 1), 1);
    for (const n of [0, 1.5, -1]) assert.throws(() => chiSquareAbove(1, n), RangeError);
  });
});
