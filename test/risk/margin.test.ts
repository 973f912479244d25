import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { denseRisk } from "../../src/protocol/profile.js";
import { assess, SCALE } from "../../src/protocol/statement.js";
import type { Book, Market } from "../../src/protocol/types.js";
import { equityOf, marginOf } from "../../src/risk/margin.js";
import { PRESETS } from "../../src/risk/presets.js";

const AT_PAR = { healthy: true, envelope: 0 } as const;
const USD = 10n ** 18n;
/** Micro-dollars as quanta. */
const UNIT = 10n ** 6n;

/** One dollar token and one coin at $100, with the parameters given. */
function market(risk: Partial<Market>): Market {
  const price = [USD / UNIT, (100n * USD) / UNIT];
  const none = [0n, 0n];
  return {
    low: price,
    high: price,
    funding: none,
    pnlFactor: 10_000n,
    collateralFactor: [10_000n, 10_000n],
    debtFactor: [10_000n, 10_000n],
    perpMargin: none,
    liquidity: none,
    impact: none,
    shock: [],
    ...risk,
  };
}

const long = (units: bigint): Book => ({
  spot: [0n, 0n],
  perp: [0n, units * UNIT],
  basis: -units * 100n * USD,
});

describe("the margin of a book in a backtest", () => {
  const par = { collateralFactor: 10_000n, debtFactor: 10_000n };

  it("is addOns + scenarioLoss of perpetuals where a dollar counts in full", () => {
    const stressed = market({ perpMargin: [0n, 100n], shock: [[0n, -2000n]] });
    const { addOns, scenarioLoss } = assess(long(10n), stressed, AT_PAR);
    assert.equal(addOns + scenarioLoss, 210n * USD * SCALE);
    assert.equal(marginOf(long(10n), stressed, par), addOns + scenarioLoss);
  });

  it("is the haircut of collateral, with debt for the rest", () => {
    // $1 000 of the coin at 75 % carries $750 of debt: the equity at HF = 1 is $250.
    const lending = market({ collateralFactor: [8500n, 7500n] });
    const book: Book = { spot: [0n, 10n * UNIT], perp: [0n, 0n], basis: 0n };
    assert.equal(
      marginOf(book, lending, { collateralFactor: 8500n, debtFactor: 10_000n }),
      250n * USD * SCALE,
    );
  });

  it("is what dollars at their factor must add to a debt", () => {
    // $1 000 owed needs 1000 / 0.8 = $1 250 of dollars that count 80 %: the equity at HF = 1 is $250.
    const book: Book = { spot: [0n, -10n * UNIT], perp: [0n, 0n], basis: 0n };
    assert.equal(
      marginOf(book, market({}), { collateralFactor: 8000n, debtFactor: 10_000n }),
      250n * USD * SCALE,
    );
  });

  it("is the equity at which the health factor is 1, for any book in any shipped profile", () => {
    const quantity = fc.bigInt(-(10n ** 12n), 10n ** 12n);
    const price = fc.bigInt(10n ** 6n, 10n ** 14n);
    const size = { assets: DEFAULT_LISTING.length, scenarios: 16 };
    const slots = size.assets;
    for (const profile of PRESETS) {
      const risk = denseRisk(profile, size);
      const cash = { collateralFactor: risk.collateralFactor[0] ?? 0n, debtFactor: risk.debtFactor[0] ?? 0n };
      fc.assert(
        fc.property(
          fc.array(fc.record({ spot: quantity, perp: quantity, price }), {
            minLength: slots,
            maxLength: slots,
          }),
          (rows) => {
            const prices = rows.map((row) => row.price);
            const perp = rows.map((row) => row.perp);
            const book: Book = {
              spot: rows.map((row) => row.spot),
              perp,
              basis: -perp.reduce((sum, q, u) => sum + q * (prices[u] ?? 0n), 0n),
            };
            const dense = { ...risk, low: prices, high: prices, funding: prices.map(() => 0n) };
            const { collateral, requirement } = assess(book, dense, AT_PAR);
            // Dollars that bring equity to the margin, at their factors: A = R, but for one rounding of a division.
            const dollars = marginOf(book, dense, cash) - equityOf(book, dense);
            const weighted = dollars > 0n ? dollars * cash.collateralFactor : dollars * cash.debtFactor;
            const left = (collateral - requirement) * 10_000n + weighted;
            assert.ok(left >= 0n && left < 32_768n, `${profile.name}: ${left}`);
          },
        ),
        { seed: 20_210_519, numRuns: 100 },
      );
    }
  });
});
