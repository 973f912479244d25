import assert from "node:assert/strict";
import { assess, exceeds } from "../../src/margin/assess.js";
import { BAND_GRID, narrowestBand } from "../../src/margin/bands.js";
import { denseMarket } from "../../src/market/dense.js";
import { TIERS } from "../../src/spec/tiers.js";
import { exampleBook, marketOn } from "../support/desk.js";

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

  it("rises, within what a claim can hold", () => {
    BAND_GRID.forEach((theta, i) => {
      assert.ok(theta > (BAND_GRID[i - 1] ?? 0) && theta <= 65_535);
    });
  });
});
