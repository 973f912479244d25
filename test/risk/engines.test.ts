import assert from "node:assert/strict";
import fc from "fast-check";
import { denseRisk } from "../../src/protocol/profile.js";
import { assess, exceeds, SCALE } from "../../src/protocol/statement.js";
import type { Book, Market } from "../../src/protocol/types.js";
import { breakingMoves, healthFactor } from "../../src/protocol/whatIf.js";
import { RATE_PERPS } from "../../src/risk/presets.js";

/** Attodollars in a dollar. */
const USD = 10n ** 18n;
/** Quanta in a unit, of every asset here: micro-units. */
const UNIT = 10n ** 6n;

/** A market with one price per asset, dollars per unit in thousandths, and only the parameters given. */
function market(
  prices: readonly number[],
  risk: {
    collateralFactor: readonly bigint[];
    debtFactor?: readonly bigint[];
    perpMargin?: readonly bigint[];
    pnlFactor?: bigint;
  },
): Market {
  const price = prices.map((dollars) => (BigInt(Math.round(dollars * 1000)) * USD) / 1000n / UNIT);
  const all = (value: bigint) => prices.map(() => value);
  return {
    low: price,
    high: price,
    funding: all(0n),
    pnlFactor: 0n,
    debtFactor: all(10_000n),
    perpMargin: all(0n),
    liquidity: all(0n),
    impact: all(0n),
    shock: [],
    ...risk,
  };
}

const held = (...units: number[]): Book => ({
  spot: units.map((q) => BigInt(Math.round(q * 1e6))),
  perp: units.map(() => 0n),
  basis: 0n,
});

/** Dollars held in slot 0 and one perpetual in slot 1, entered at a price. */
const traded = (dollars: number, size: number, entry: number): Book => ({
  spot: [BigInt(dollars) * UNIT, 0n],
  perp: [0n, BigInt(size) * UNIT],
  basis: -BigInt(size) * BigInt(entry) * USD,
});

const AT_PAR = { healthy: true, envelope: 0 } as const;

describe("Aave v3's health factor", () => {
  it("is 1.333 for $10 000 of ETH at 80 % against $6 000 of debt", () => {
    // Aave documentation, "Liquidations" (aave.com/docs/developers/liquidations): Health Factor = (Total
    // Collateral Value × Weighted Average Liquidation Threshold) / Total Borrow Value; its own example.
    const eth = market([1, 2500], { collateralFactor: [0n, 8000n] });
    assert.equal(healthFactor(assess(held(-6000, 4), eth, AT_PAR)), 13_333n);
  });

  it("weighs each collateral by its own threshold", () => {
    // The account of governance.aave.com/t/6140: 5 ETH and 5 000 USDC against $20 000, ETH at $5 000, then
    // $4 500; thresholds of Aave v2 in 2021, ETH 82.5 %, USDC 85 %. The debt is in a third asset at $1.
    // (5·5000·0.825 + 5000·0.85) / 20000 = 24 875 / 20 000 = 1.24375
    // (5·4500·0.825 + 5000·0.85) / 20000 = 22 812.5 / 20 000 = 1.140625
    const at = (eth: number) => market([1, eth, 1], { collateralFactor: [8500n, 8250n, 0n] });
    const book = held(5000, 5, -20_000);
    assert.equal(healthFactor(assess(book, at(5000), AT_PAR)), 12_437n);
    assert.equal(healthFactor(assess(book, at(4500), AT_PAR)), 11_406n);
  });

  it("reaches 1 where the debt is the threshold's share of the collateral", () => {
    // 1 ETH at $3 000 and 80 %, $2 250 of debt: HF = 1 at $2 250 / 0.8 = $2 812.50, a fall of 6.25 %. At 1 itself
    // Aave does not liquidate yet, and "HF > 1" is not provable any more.
    const at = (eth: number) => market([1, eth], { collateralFactor: [0n, 8000n] });
    const book = held(-2250, 1);
    assert.equal(breakingMoves(book, at(3000), 10_000)[1]?.fall, 625);
    assert.equal(healthFactor(assess(book, at(2812.5), AT_PAR)), 10_000n);
    assert.equal(exceeds(assess(book, at(2812.5), AT_PAR), 10_000), false);
    assert.equal(exceeds(assess(book, at(2812.501), AT_PAR), 10_000), true);
  });
});

describe("dYdX's and StarkEx's total value against total risk", () => {
  const perps = (price: number, margin: bigint) =>
    market([1, price], { collateralFactor: [10_000n, 0n], perpMargin: [0n, margin], pnlFactor: 10_000n });

  it("liquidates a short at the documented price", () => {
    // dYdX documentation, "Liquidations", isolated liquidation price p' = (e − s·p) / (|s|·MMF − s): $1 000
    // deposited, 3 ETH sold short at $3 000, MMF 5 %: p' = (1000 + 9000) / (3·0.05 + 3) = 3174.603…
    const book = traded(1000, -3, 3000);
    assert.equal(exceeds(assess(book, perps(3174.603, 500n), AT_PAR), 10_000), true);
    assert.equal(exceeds(assess(book, perps(3174.604, 500n), AT_PAR), 10_000), false);
  });

  it("finds the documented equity and requirement of a long that fell", () => {
    // dYdX documentation, "Contract Loss Mechanisms": $100 deposited, 500 ABC bought at $1, MMF 3 %: requirement
    // 3 % · $1 · 500 = $15. At $0.801 the loss is $99.50 and the equity $0.50, below the requirement.
    const book = traded(100, 500, 1);
    const before = assess(book, perps(1, 300n), AT_PAR);
    assert.equal(before.addOns, 15n * USD * SCALE);
    assert.equal(exceeds(before, 10_000), true);
    const after = assess(book, perps(0.801, 300n), AT_PAR);
    assert.equal(after.unrealizedPnl, (-995n * USD * SCALE) / 10n);
    assert.equal(after.collateral - after.debt, (USD * SCALE) / 2n);
    assert.equal(exceeds(after, 10_000), false);
  });

  it("is collateral − requirement of the rate-perps profile, exactly, for any account", () => {
    // stark-perpetual, position/status.cairo: total_value = collateral + Σ price·balance, total_risk =
    // Σ risk_factor·|price·balance|; transactions/liquidate.cairo: liquidatable iff total_value < total_risk.
    // dYdX v3 API, "Margin": total maintenance margin requirement = Σ |size × oracle price × fraction|.
    const quantity = fc.bigInt(-(10n ** 13n), 10n ** 13n);
    const price = fc.bigInt(1n, 10n ** 15n);
    const risk = denseRisk(RATE_PERPS, { assets: 16, scenarios: 0 });
    fc.assert(
      fc.property(
        quantity,
        fc.array(fc.record({ size: quantity, price, entry: price }), { minLength: 15, maxLength: 15 }),
        (dollars, positions) => {
          const usd = 10n ** 12n;
          const book: Book = {
            spot: [dollars, ...positions.map(() => 0n)],
            perp: [0n, ...positions.map(({ size }) => size)],
            basis: positions.reduce((sum, { size, entry }) => sum - size * entry, 0n),
          };
          const prices = [usd, ...positions.map((position) => position.price)];
          const funding = prices.map(() => 0n);
          const assessment = assess(book, { ...risk, low: prices, high: prices, funding }, AT_PAR);

          // StarkEx books the cost of a trade at once: collateral = dollars − Σ size·entry.
          const collateral = dollars * usd + book.basis;
          const totalValue = positions.reduce((sum, p) => sum + p.size * p.price, collateral);
          const totalRisk = positions.reduce((sum, p, i) => {
            const value = p.size * p.price;
            return sum + (value < 0n ? -value : value) * (risk.perpMargin[i + 1] ?? 0n);
          }, 0n);
          assert.equal(
            assessment.collateral - assessment.requirement,
            totalValue * SCALE - totalRisk * 10_000n,
          );
          if (totalValue * 10_000n < totalRisk) assert.equal(exceeds(assessment, 10_000), false);
          if (totalValue * 10_000n > totalRisk) assert.equal(exceeds(assessment, 10_000), true);
        },
      ),
      { seed: 20210519, numRuns: 500 },
    );
  });
});
