import assert from "node:assert/strict";
import { BPS, ODOMETER_UNIT } from "../../src/protocol/bounds.js";
import { allowanceOf, moveOf } from "../../src/protocol/odometer.js";

describe("odometer", () => {
  it("allows a claim the largest move that keeps every price inside its envelope", () => {
    for (let envelope = 0; envelope <= 10_000; envelope++) {
      const most = allowanceOf(envelope);
      const e = BigInt(envelope);
      assert.ok(most * (BPS + e) <= e * ODOMETER_UNIT, String(envelope));
      assert.ok((most + 1n) * (BPS + e) > e * ODOMETER_UNIT, String(envelope));
    }
  });

  it("moves by the greater of low and high and the drift of funding, each rounded up", () => {
    const before = { low: 300n, high: 700n, funding: -5n };
    const third = (ODOMETER_UNIT + 299n) / 300n;
    assert.equal(moveOf(before, before), 0n);
    assert.equal(moveOf(before, { ...before, low: 301n }), third);
    assert.equal(moveOf(before, { ...before, low: 299n, high: 703n }), (3n * ODOMETER_UNIT + 699n) / 700n);
    assert.equal(moveOf(before, { ...before, low: 299n, funding: -4n }), 2n * third);
    assert.equal(moveOf(before, { ...before, low: 299n, funding: -6n }), 2n * third);
  });

  it("does not move where there was no price before", () => {
    const next = { low: 1n, high: 2n, funding: 0n };
    assert.equal(moveOf(undefined, next), 0n);
    assert.equal(moveOf({ ...next, low: 0n }, next), 0n);
  });
});
