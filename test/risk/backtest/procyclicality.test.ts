import assert from "node:assert/strict";
import { procyclicality } from "../../../src/risk/backtest/backtest.js";

describe("procyclicality", () => {
  it("measures rises within one, five and thirty days and peak over trough", () => {
    // By hand: 100 → 110 in a day (10 %), 100 → 150 in four (50 %), 90 → 180 in seven (100 %).
    const margins = [100n, 110n, 90n, 100n, 120n, 130n, 150n, 160n, 170n, 180n];
    assert.deepEqual(procyclicality(margins), {
      rise1: 2000n, // 100 → 120
      rise5: 7777n, // 90 → 160
      rise30: 10_000n,
      peakToTrough: 20_000n,
    });
  });

  it("is nothing where the margin never moves or only falls", () => {
    assert.deepEqual(procyclicality([5n, 5n]), { rise1: 0n, rise5: 0n, rise30: 0n, peakToTrough: 10_000n });
    assert.deepEqual(procyclicality([6n, 3n]), { rise1: 0n, rise5: 0n, rise30: 0n, peakToTrough: 20_000n });
  });

  it("measures nothing across a change of the book", () => {
    assert.deepEqual(procyclicality([100n, 110n, 500n, 550n], [2]), {
      rise1: 1000n,
      rise5: 1000n,
      rise30: 1000n,
      peakToTrough: 11_000n,
    });
  });

  it("has no ratio where there was no margin", () => {
    assert.deepEqual(procyclicality([0n, 5n]), { rise1: 0n, rise5: 0n, rise30: 0n, peakToTrough: null });
  });
});
