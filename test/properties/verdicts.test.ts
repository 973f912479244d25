import assert from "node:assert/strict";
import { BPS, THETA_BITS } from "../../src/protocol/bounds.js";
import { denseRisk } from "../../src/protocol/profile.js";
import { assess, claimHolds, exceeds } from "../../src/protocol/statement.js";
import { TIERS } from "../../src/protocol/tiers.js";
import type { Market, RiskParameters } from "../../src/protocol/types.js";
import { largestTheta } from "../../src/protocol/whatIf.js";
import { CALIBRATED } from "../../src/risk/generated/calibrated.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { PRESETS } from "../../src/risk/presets.js";
import { Random, randomBook } from "../support/cases.js";

const THETA_MAX = 2n ** BigInt(THETA_BITS) - 1n;
const TIER = TIERS[0];
const SEED = 20_200_312;

/**
 * Up to this θ (basis points) no book is above it priced against the account and not above it priced in its favour.
 * What a position adds to M where its prices are wide is at most θ·|shock| of the spread. The prices in favour give
 * back at least collateralFactor of the spread for collateral, pnlFactor (or θ) for a perpetual, θ·debtFactor for a
 * debt.
 */
function orderHoldsTo(risk: RiskParameters): bigint {
  const ratios = risk.shock.flatMap((row) =>
    row.flatMap((shock, u) => {
      if (shock === 0n) return [];
      const least = shock > 0n ? min(risk.collateralFactor[u] ?? 0n, risk.pnlFactor) : risk.pnlFactor;
      return [(least * BPS) / (shock < 0n ? -shock : shock)];
    }),
  );
  return ratios.reduce(min, THETA_MAX);
}

const min = (a: bigint, b: bigint) => (a < b ? a : b);

/** A market under these parameters, its spreads up to 30 % of the low price. */
function wideMarket(random: Random, risk: RiskParameters): Market {
  const low = risk.collateralFactor.map(() => random.spread(1n, 2n ** 40n));
  const high = low.map((price) => price + random.spread(0n, (price * 3n) / 10n));
  return { ...risk, low, high, funding: low.map(() => 0n) };
}

describe("health and ill health", () => {
  it("have their order up to the factor that docs/STATEMENT.md gives", () => {
    const limit = (profile: (typeof PRESETS)[number]) => orderHoldsTo(denseRisk(profile, TIER));
    assert.equal(limit(PORTFOLIO_MARGIN), 25_914n);
    assert.equal(limit(CALIBRATED), 14_255n);
    for (const profile of PRESETS)
      if (![PORTFOLIO_MARGIN, CALIBRATED].includes(profile))
        assert.equal(limit(profile), THETA_MAX, profile.name);
  });

  for (const profile of PRESETS) {
    // shows: P1
    it(`can never both be proven up to there, of books at the threshold to one attodollar: ${profile.name} (seed ${SEED})`, () => {
      const random = new Random(SEED);
      const risk = denseRisk(profile, TIER);
      const most = orderHoldsTo(risk);
      let met = 0;
      for (let i = 0; i < 150; i++) {
        const market = wideMarket(random, risk);
        const book = randomBook(random, TIER);
        const theta = Number(random.pick([most, 10_000n, random.spread(1n, most)]));
        const leastBasis = leastWhere((basis) =>
          exceeds(assess({ ...book, basis }, market, { healthy: true, envelope: 0 }), theta),
        );
        if (leastBasis === undefined) continue;
        met++;
        const least = { ...book, basis: leastBasis };
        assert.ok(claimHolds(least, market, { theta, healthy: true, envelope: 0 }));
        assert.ok(!claimHolds(least, market, { theta, healthy: false, envelope: 0 }), `case ${i}`);
      }
      assert.ok(met > 30, `${met} books at a threshold`);
    });
  }

  it("can both be proven above it of some books that offset wide spreads", () => {
    const random = new Random(SEED);
    // Without charges on net exposure, which make such books rare.
    const shipped = denseRisk(PORTFOLIO_MARGIN, TIER);
    const risk = { ...shipped, liquidity: shipped.liquidity.map(() => 0n) };
    let both = 0;
    for (let i = 0; i < 6_000; i++) {
      const market = wideMarket(random, risk);
      const book = randomBook(random, TIER);
      const theta = largestTheta(assess(book, market, { healthy: true, envelope: 0 }));
      if (theta === 0 || !claimHolds(book, market, { theta, healthy: false, envelope: 0 })) continue;
      assert.ok(BigInt(theta) > orderHoldsTo(risk));
      both++;
    }
    assert.ok(both > 0);
  });
});

/** The least basis for which it holds, if it holds from some basis within its bounds on. */
function leastWhere(holds: (basis: bigint) => boolean): bigint | undefined {
  let [no, yes] = [-(2n ** 127n), 2n ** 127n - 1n];
  if (holds(no) || !holds(yes)) return undefined;
  while (yes - no > 1n) {
    const middle = (no + yes) >> 1n;
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
