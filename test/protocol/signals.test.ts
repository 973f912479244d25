import assert from "node:assert/strict";
import { ACCOUNT_SIGNALS, PUBLIC_SIGNALS, signalCount, signalLayout } from "../../src/protocol/signals.js";
import { findTier, TIERS } from "../../src/protocol/tiers.js";

describe("public signals", () => {
  it("are as many as the circuits have", () => {
    const counts = TIERS.map((tier) => [tier.name, signalCount(tier)]);
    assert.deepEqual(counts, [
      ["16x16", 404],
      ["32x16", 804],
    ]);
  });

  it("stand in the order of the statement, the account's first", () => {
    const [tier] = TIERS;
    const layout = [...signalLayout(tier)].map(([name, { offset, width }]) => [name, offset, width]);
    assert.deepEqual(layout, [
      ["commitment", 0, 1],
      ["claim", 1, 1],
      ["listing", 2, 1],
      ["pnlFactor", 3, 1],
      ["low", 4, 16],
      ["high", 20, 16],
      ["funding", 36, 16],
      ["collateralFactor", 52, 16],
      ["debtFactor", 68, 16],
      ["perpMargin", 84, 16],
      ["liquidity", 100, 16],
      ["impact", 116, 16],
      ["shockCap", 132, 16],
      ["shock", 148, 256],
    ]);
    assert.deepEqual(
      PUBLIC_SIGNALS.slice(0, ACCOUNT_SIGNALS).map(({ name }) => name),
      ["commitment", "claim"],
    );
  });
});

describe("tiers", () => {
  it("fit their domains, and are found by their names alone", () => {
    for (const tier of TIERS) {
      assert.equal(findTier(tier.name), tier);
      assert.equal(tier.name, `${tier.assets}x${tier.scenarios}`);
    }
    assert.deepEqual(
      TIERS.map(({ power }) => power),
      [13, 14],
    );
    assert.equal(findTier("16x"), undefined);
  });
});
