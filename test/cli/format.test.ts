import assert from "node:assert/strict";
import {
  alignPoints,
  amounts,
  dollars,
  factor,
  json,
  percent,
  shortPercent,
  table,
} from "../../src/cli/format.js";

/** A dollar in the unit of the reference model: attodollars × 10^8. */
const DOLLAR = 10n ** 26n;

describe("cli: formats", () => {
  it("round dollars to the cent, and show no negative zero", () => {
    assert.equal(dollars(0n), "$0.00");
    assert.equal(dollars(1234567n * DOLLAR + (DOLLAR * 5n) / 1000n), "$1,234,567.01");
    assert.equal(dollars(-999n * DOLLAR), "−$999.00");
    assert.equal(dollars(-1n), "$0.00");
  });

  it("show basis points as factors and percentages", () => {
    assert.equal(factor(9731), "0.9731");
    assert.equal(factor(null), "∞");
    assert.equal(percent(-150), "−1.50 %");
    assert.equal(percent(5), "0.05 %");
    assert.deepEqual([0, 50, -2050, 4000, 5].map(shortPercent), ["0", "0.5", "−20.5", "40", "0.05"]);
  });

  it("align text to the left, numbers to the right and points under points", () => {
    assert.deepEqual(alignPoints(["1.25", "10", ""]), ["1.25", "10   ", "   "]);
    assert.equal(
      table(["asset", "n", "file"], [["BTC", "10", "a"]], { text: [0, 2] }),
      "  asset   n  file\n  ─────  ──  ────\n  BTC    10  a\n",
    );
    assert.equal(
      amounts([
        ["A", DOLLAR],
        ["long", 100n * DOLLAR, "why"],
      ]),
      "  A       $1.00\n  long  $100.00  why\n",
    );
  });

  it("give programs whole numbers as strings", () => {
    assert.equal(json({ a: 2n ** 64n }), '{\n  "a": "18446744073709551616"\n}\n');
  });
});
