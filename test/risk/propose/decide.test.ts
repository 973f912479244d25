import assert from "node:assert/strict";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { DEPTHS } from "../../../src/risk/impact.js";
import { PORTFOLIO_MARGIN } from "../../../src/risk/portfolioMargin.js";
import {
  DEFAULT_POLICY,
  type Decision,
  decide,
  quantumPrices,
  referenceBooks,
} from "../../../src/risk/propose/drift.js";
import { isTightening } from "../../../src/risk/propose/tightening.js";
import { withParameter } from "../../support/profiles.js";

const symbols = DEFAULT_LISTING.map(({ symbol }) => symbol);
const prices = quantumPrices(
  DEPTHS.map(({ price }) => Number(price) / 1e18),
  DEFAULT_LISTING,
);
const books = referenceBooks(symbols, prices, 0);

/** Market down by beta and liquidity take 21 % of BTC together. */
const live = PORTFOLIO_MARGIN;
const by = (bps: number) => withParameter(live, "liquidity", 1, bps);

function decided(
  calibrated: typeof live,
  from = live,
  last: { target: typeof live; age: number } | null = null,
): Decision {
  return decide({ live: from, calibrated, prices, books, last }, DEFAULT_POLICY).decision;
}

describe("decide", () => {
  it("holds within the band", () => {
    assert.deepEqual(decided(live), { kind: "hold", why: "within the band" });
    assert.deepEqual(decided(by(100)), { kind: "hold", why: "within the band" });
  });

  it("tightens at once beyond it, and loosens nothing with it", () => {
    const calibrated = withParameter(by(700), "perpMargin", 2, -50);
    const decision = decided(calibrated);
    assert.equal(decision.kind, "tighten");
    assert.ok(decision.kind === "tighten" && isTightening(live, decision.target));
    assert.equal(decision.target.assets[2]?.perpMargin, live.assets[2]?.perpMargin);
    assert.equal(decision.target.assets[1]?.liquidity, by(700).assets[1]?.liquidity);
  });

  it("does not say the same twice, but says more at any time", () => {
    assert.deepEqual(decided(by(700), live, { target: by(700), age: 1 }), {
      kind: "hold",
      why: "proposed already",
    });
    assert.deepEqual(decided(by(750), live, { target: by(700), age: 1 }), {
      kind: "hold",
      why: "proposed already",
    });
    assert.equal(decided(by(2_000), live, { target: by(700), age: 1 }).kind, "tighten");
    assert.equal(decided(by(700), live, { target: by(700), age: DEFAULT_POLICY.coolDown }).kind, "tighten");
  });

  it("loosens beyond a wider band, and not before the cool-down is over", () => {
    assert.deepEqual(decided(live, by(200)), { kind: "hold", why: "within the band" });
    assert.deepEqual(decided(live, by(2_000), { target: by(2_000), age: 6 }), {
      kind: "hold",
      why: "cooling down",
    });
    const decision = decided(live, by(2_000), { target: by(2_000), age: 7 });
    assert.deepEqual(decision, { kind: "loosen", target: live });
  });

  it("tightens first where one margin rises and another falls", () => {
    const mixed = withParameter(by(700), "liquidity", 2, -50);
    const from = withParameter(live, "liquidity", 2, 2_000);
    const decision = decided(mixed, from);
    assert.equal(decision.kind, "tighten");
    assert.ok(decision.kind === "tighten" && isTightening(from, decision.target));
  });
});

describe("quantumPrices", () => {
  it("scales dollars a unit to attodollars a quantum, rounded down, never to 0", () => {
    const listing = DEFAULT_LISTING.slice(0, 2);
    assert.deepEqual(quantumPrices([1, 43_537.511], listing), [10n ** 12n, 435_375_110_000_000n]);
    assert.deepEqual(quantumPrices([1e-30, 1], listing), [1n, 10n ** 10n]);
  });
});
