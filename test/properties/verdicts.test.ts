import assert from "node:assert/strict";
import { THETA_BITS } from "../../src/protocol/bounds.js";
import { denseRisk } from "../../src/protocol/profile.js";
import { type Assessment, assess, claimHolds, exceeds } from "../../src/protocol/statement.js";
import { TIERS } from "../../src/protocol/tiers.js";
import type { Market, RiskParameters } from "../../src/protocol/types.js";
import { largestTheta } from "../../src/protocol/whatIf.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { PRESETS } from "../../src/risk/presets.js";
import { Random, randomBook, randomSleeve, randomSupport } from "../support/cases.js";

const THETA_MAX = 2n ** BigInt(THETA_BITS) - 1n;
const TIER = TIERS[0];
const SEED = 20_200_312;

/** A market under these parameters, its spreads up to 30 % of the low price. */
function wideMarket(random: Random, risk: RiskParameters): Market {
  const low = risk.collateralFactor.map(() => random.spread(1n, 2n ** 40n));
  const high = low.map((price) => price + random.spread(0n, (price * 3n) / 10n));
  return { ...risk, low, high, funding: low.map(() => 0n) };
}

describe("health and ill health", () => {
  for (const profile of PRESETS) {
    // shows: P1
    it(`can never both be proven, at any θ, of books at the threshold to one attodollar: ${profile.name} (seed ${SEED})`, () => {
      const random = new Random(SEED);
      const risk = denseRisk(profile, TIER);
      let met = 0;
      for (let i = 0; i < 150; i++) {
        const market = wideMarket(random, risk);
        const sleeve = random.chance(0.3) ? { sleeve: randomSleeve(random) } : {};
        const book = { ...randomBook(random, TIER), ...sleeve };
        const theta = Number(random.pick([THETA_MAX, 10_000n, random.spread(1n, THETA_MAX)]));
        const support = random.chance(0.3) ? randomSupport(random) : 0n;
        const claim = { theta, envelope: 0, support, sleeve: true };
        const leastBasis = leastWhere((basis) =>
          exceeds(assess({ ...book, basis }, market, { ...claim, healthy: true }), theta),
        );
        if (leastBasis === undefined) continue;
        met++;
        const least = { ...book, basis: leastBasis };
        assert.ok(claimHolds(least, market, { ...claim, healthy: true }));
        assert.ok(!claimHolds(least, market, { ...claim, healthy: false }), `case ${i}`);
      }
      assert.ok(met > 30, `${met} books at a threshold`);
    });
  }

  // shows: P1
  it("can both be proven at no θ of books that offset wide spreads, which they could without a charge for them", () => {
    const random = new Random(SEED);
    // Without charges on net exposure, which make such books rare.
    const shipped = denseRisk(PORTFOLIO_MARGIN, TIER);
    const risk = { ...shipped, liquidity: shipped.liquidity.map(() => 0n) };
    let before = 0;
    for (let i = 0; i < 6_000; i++) {
      const market = wideMarket(random, risk);
      const book = randomBook(random, TIER);
      const [against, inFavour] = [true, false].map((healthy) =>
        assess(book, market, { healthy, envelope: 0 }),
      );
      assert.ok(against && inFavour);
      const theta = largestTheta(against);
      if (theta > 0) assert.ok(exceeds(inFavour, theta), `case ${i}`);
      const uncharged = (of: Assessment) => ({
        collateral: of.collateral,
        requirement: of.requirement - of.assets.reduce((sum, { spreadCharge }) => sum + spreadCharge, 0n),
      });
      const once = largestTheta(uncharged(against));
      if (once > 0 && !exceeds(uncharged(inFavour), once)) before++;
    }
    assert.ok(before > 0);
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
