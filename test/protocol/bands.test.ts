import assert from "node:assert/strict";
import { denseMarket } from "../../src/market/file.js";
import { BAND_GRID, narrowestBand } from "../../src/protocol/health.js";
import { assess, exceeds } from "../../src/protocol/statement.js";
import { TIERS } from "../../src/protocol/tiers.js";
import type { Market } from "../../src/protocol/types.js";
import { healthFactor } from "../../src/protocol/whatIf.js";
import { exampleBook, marketOn } from "../support/desk.js";
import { SIMPLE_MARKET, spotBook } from "../support/simpleMarket.js";

const market = denseMarket(marketOn("2021-05-19"), TIERS[0]);
const nothing = new Array<bigint>(16).fill(0n);
/** A book of dollars, and what it owes in them: the spread of USDC is small. */
const dollars = (owned: bigint, owed: bigint) => ({
  spot: nothing.map((_, u) => (u === 0 ? owned * 10n ** 6n : u === 1 ? -owed * 10n ** 4n : 0n)),
  perp: nothing,
  basis: 0n,
});

describe("the narrowest band of the grid", () => {
  it("is one that both halves can be proven of, and no narrower one is", () => {
    for (const name of ["aave-borrower", "cash-and-carry", "leveraged-long", "isolated-perp"]) {
      const { book } = exampleBook(name);
      const band = narrowestBand(book, market);
      assert.ok(band, name);
      const provable = (above: number, notAbove: number) =>
        exceeds(assess(book, market, { healthy: true, envelope: 0 }), above) &&
        !exceeds(assess(book, market, { healthy: false, envelope: 0 }), notAbove);
      assert.ok(provable(band.above, band.notAbove));
      const inside = BAND_GRID.filter((theta) => theta > band.above && theta < band.notAbove);
      for (const theta of inside)
        assert.ok(!provable(theta, band.notAbove) && !provable(band.above, theta), `${name}: ${theta}`);
    }
  });

  it("is none of what lies outside the grid", () => {
    assert.equal(narrowestBand(dollars(0n, 0n), market), null, "nothing to measure");
    assert.equal(narrowestBand(dollars(1n, 0n), market), null, "an infinite factor");
    assert.equal(narrowestBand(dollars(1_000_000n, 0n), market), null);
    assert.equal(narrowestBand(dollars(0n, 1n), market), null, "a factor of zero");
  });

  it("takes both of its ends without an envelope", () => {
    assert.deepEqual(narrowestBand(spotBook(10n, -9_999_999n), SIMPLE_MARKET), {
      above: 10_000,
      notAbove: 10_500,
    });
    // 1.05 in the account's favour, by one in a thousand million, and less against it.
    const spread = { ...SIMPLE_MARKET, low: [999_999n, 1n] };
    assert.deepEqual(narrowestBand(spotBook(105n, -99_999_995n), spread), {
      above: 10_000,
      notAbove: 11_000,
    });
  });

  it("has its ends in order where a wide price stands beside one that moves against it", () => {
    // Long both; one loses what the other gains in the scenario, and the spread of the one that gains is wide.
    const wide: Market = {
      ...SIMPLE_MARKET,
      low: [100n, 150n],
      high: [200n, 150n],
      collateralFactor: [5_000n, 5_000n],
      shock: [[10_000n, -10_000n]],
    };
    const book = spotBook(1n, 2n);
    assert.equal(healthFactor(assess(book, wide, { healthy: true, envelope: 0 })), 10_000n);
    assert.equal(healthFactor(assess(book, wide, { healthy: false, envelope: 0 })), 25_000n);
    assert.deepEqual(narrowestBand(book, wide), { above: 9_000, notAbove: 30_000 });
  });

  it("is of the published grid, which rises within what a claim can hold", () => {
    assert.deepEqual(
      [...BAND_GRID],
      [1, 5_000, 7_500, 9_000, 10_000, 10_500, 11_000, 12_500, 15_000, 20_000, 30_000, 50_000, 65_535],
    );
    BAND_GRID.forEach((theta, i) => {
      assert.ok(theta > (BAND_GRID[i - 1] ?? 0) && theta <= 65_535);
    });
  });
});
