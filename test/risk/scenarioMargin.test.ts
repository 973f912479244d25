import assert from "node:assert/strict";
import fc from "fast-check";
import { denseRisk, leastDebtFactor, type RiskProfile } from "../../src/protocol/profile.js";
import { assess } from "../../src/protocol/statement.js";
import type { Book, Market } from "../../src/protocol/types.js";
import { calibrate } from "../../src/risk/calibration/calibrate.js";
import { DEFAULT_CALIBRATION } from "../../src/risk/calibration/options.js";
import { CALIBRATED } from "../../src/risk/generated/calibrated.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { COINS, walk } from "./walks.js";

const PROFILES: readonly RiskProfile[] = [
  CALIBRATED,
  PORTFOLIO_MARGIN,
  calibrate({ ...DEFAULT_CALIBRATION, name: "walk", listing: COINS, prices: walk({ rows: 120 }) }).profile,
];
const AT_PAR = { healthy: true, envelope: 0 } as const;

/** Scenario losses are about net exposures; these have one price of a dollar a quantum for all. */
function marketOf(profile: RiskProfile): Market {
  const size = { assets: profile.assets.length, scenarios: profile.scenarios.length };
  const prices = profile.assets.map(() => 10n ** 18n);
  return { ...denseRisk(profile, size), low: prices, high: prices, funding: prices.map(() => 0n) };
}

const plus = (a: readonly bigint[], b: readonly bigint[]) => a.map((x, u) => x + (b[u] ?? 0n));
const sum = (a: Book, b: Book): Book => ({
  spot: plus(a.spot, b.spot),
  perp: plus(a.perp, b.perp),
  basis: a.basis + b.basis,
});

describe("scenario margin", () => {
  for (const profile of PROFILES) {
    const market = marketOf(profile);
    const quantities = fc.array(fc.bigInt(-(10n ** 9n), 10n ** 9n), {
      minLength: profile.assets.length,
      maxLength: profile.assets.length,
    });
    const books = fc.record({ spot: quantities, perp: quantities, basis: fc.constant(0n) });
    const scenarioLoss = (book: Book) => assess(book, market, AT_PAR).scenarioLoss;
    const holds = (property: fc.IPropertyWithHooks<[Book, Book, bigint]>) =>
      fc.assert(property, { seed: 20210519, numRuns: 300 });
    const property = (check: (a: Book, b: Book, k: bigint) => void) =>
      fc.property(books, books, fc.bigInt(0n, 1000n), check);

    describe(`of ${profile.name}`, () => {
      it("is never negative, and nothing for nothing", () => {
        holds(
          property((a) => {
            assert.ok(scenarioLoss(a) >= 0n);
            const { requirement, debt, addOns } = assess(a, market, AT_PAR);
            assert.ok(requirement >= debt && addOns >= 0n);
          }),
        );
        const none = profile.assets.map(() => 0n);
        assert.equal(scenarioLoss({ spot: none, perp: none, basis: 0n }), 0n);
      });

      it("of a book never exceeds the sum over its parts", () => {
        holds(property((a, b) => assert.ok(scenarioLoss(sum(a, b)) <= scenarioLoss(a) + scenarioLoss(b))));
      });

      it("of a hedge never exceeds that of its legs, and is nothing for a coin against its perpetual", () => {
        holds(
          property((a, b) => {
            const opposite: Book = {
              spot: a.spot.map((x) => (x < 0n ? -x : x)),
              perp: b.perp.map((x) => (x < 0n ? x : -x)),
              basis: 0n,
            };
            const none = opposite.spot.map(() => 0n);
            assert.ok(
              scenarioLoss(opposite) <=
                scenarioLoss({ ...opposite, perp: none }) + scenarioLoss({ ...opposite, spot: none }),
            );
            assert.equal(scenarioLoss({ ...opposite, perp: opposite.spot.map((x) => -x) }), 0n);
          }),
        );
      });

      it("scales with the book", () => {
        holds(
          property((a, _, k) => {
            const times = (xs: readonly bigint[]) => xs.map((x) => x * k);
            assert.equal(
              scenarioLoss({ spot: times(a.spot), perp: times(a.perp), basis: 0n }),
              k * scenarioLoss(a),
            );
          }),
        );
      });

      it("takes something from every asset held or owed alone: of a dollar token owed, by its debt factor", () => {
        profile.assets.forEach(({ asset }, u) => {
          for (const quantity of [1_000_000n, -1_000_000n]) {
            const spot = profile.assets.map((_, v) => (u === v ? quantity : 0n));
            const owedDollars = asset === "USDC" && quantity < 0n;
            const charged = owedDollars
              ? BigInt(profile.assets[u]?.debtFactor ?? 0) > leastDebtFactor(profile)
              : scenarioLoss({ spot, perp: spot.map(() => 0n), basis: 0n }) > 0n;
            assert.ok(charged, asset);
          }
        });
      });
    });
  }
});
