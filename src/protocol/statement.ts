import { BPS } from "./bounds.js";
import type { Book, Market } from "./types.js";

/**
 * One asset's part of an assessment, attodollars × SCALE, all ≥ 0 but `pnl` and `scenarioLoss`.
 * Summed over assets: Σ collateral and Σ debt leave out what P adds; Σ pnl leaves out the basis.
 */
export interface AssetContribution {
  readonly collateral: bigint;
  readonly debt: bigint;
  readonly pnl: bigint;
  readonly perpMargin: bigint;
  readonly liquidity: bigint;
  readonly envelopeCharge: bigint;
  readonly impact: bigint;
  /** Part of the worst scenario's loss; negative where this asset gains in it. */
  readonly scenarioLoss: bigint;
}

/** Every figure of the statement. All amounts are attodollars × SCALE, exact. */
export interface Assessment {
  /** A: risk-weighted collateral. */
  readonly collateral: bigint;
  /** D: debt. */
  readonly debt: bigint;
  /** N: add-ons, that is perpetual margin, liquidity, impact and envelope charges. */
  readonly addOns: bigint;
  /** M: worst scenario loss, ≥ 0. */
  readonly scenarioLoss: bigint;
  /** P: unrealised profit (or, negative, loss) of the perpetuals. */
  readonly unrealizedPnl: bigint;
  /** R = D + N + M: debt plus maintenance margin. */
  readonly requirement: bigint;
  /** Index of the first scenario whose loss is M; null where none loses. */
  readonly worstScenario: number | null;
  /** Loss of every scenario; negative is a gain. */
  readonly scenarioLosses: readonly bigint[];
  readonly assets: readonly AssetContribution[];
}

/** Amounts of an {@link Assessment} are attodollars times this: two factors in basis points. */
export const SCALE = BPS * BPS;

/** Which way an assessment leans: a claim of health is priced against the account, one of ill health for it. */
export interface Leaning {
  readonly healthy: boolean;
  /** Basis points; 0 if not healthy. */
  readonly envelope: number;
}

const positive = (x: bigint): bigint => (x > 0n ? x : 0n);
const magnitude = (x: bigint): bigint => (x < 0n ? -x : x);

/**
 * The reference model: the definition of every figure that the circuit and the contracts must equal, bit for
 * bit. Exact integers, no division; see docs/STATEMENT.md for the same thing in words.
 *
 * With a the price of what the account owns and l the price of what it owes (low and high in a claim of
 * health; high and low in one of ill health), e the envelope and x = spot + perp:
 *
 *     P = Σ perp⁺·a·(1−e) − perp⁻·l·(1+e) − perp·funding + basis
 *     A = Σ spot⁺·a·(1−e)·collateralFactor + max(P,0)·pnlFactor
 *     D = Σ spot⁻·l·(1+e)·debtFactor + max(−P,0)
 *     N = Σ |perp|·l·(1+e)·perpMargin + |x|·l·(1+e)·liquidity + |x|·l·e·shockCap + x²·impact
 *     M = max(0, maxₛ −Σ x·l·shock[s])
 *     R = D + N + M
 *
 * Precondition: book and market are within bounds (checkBook, checkMarket) and of one length.
 *
 * @example
 * ```ts
 * import { assess } from "zkmargin/protocol";
 *
 * const { collateral, requirement } = assess(dense, prices, { healthy: true, envelope: 0 });
 * console.log(collateral > requirement); // true
 * ```
 */
export function assess(book: Book, market: Market, { healthy, envelope }: Leaning): Assessment {
  const owned = healthy ? market.low : market.high;
  const owed = healthy ? market.high : market.low;
  const e = BigInt(envelope);
  const down = BPS - e;
  const up = BPS + e;

  // Value of net exposure at the price of what is owed: attodollars, signed.
  const exposure = book.spot.map((spot, u) => (spot + at(book.perp, u)) * at(owed, u));

  const scenarioLosses = market.shock.map(
    (shock) => -exposure.reduce((sum, value, u) => sum + value * at(shock, u), 0n) * BPS,
  );
  const scenarioLoss = scenarioLosses.reduce((worst, loss) => (loss > worst ? loss : worst), 0n);
  const worstScenario = scenarioLoss === 0n ? null : scenarioLosses.indexOf(scenarioLoss);
  const worstShock = worstScenario === null ? undefined : market.shock[worstScenario];

  const assets = book.spot.map((spot, u): AssetContribution => {
    const perp = at(book.perp, u);
    const net = spot + perp;
    const grossExposure = magnitude(at(exposure, u));
    return {
      collateral: positive(spot) * at(owned, u) * down * at(market.collateralFactor, u),
      debt: positive(-spot) * at(owed, u) * up * at(market.debtFactor, u),
      pnl:
        (positive(perp) * at(owned, u) * down -
          positive(-perp) * at(owed, u) * up -
          perp * at(market.funding, u) * BPS) *
        BPS,
      perpMargin: magnitude(perp) * at(owed, u) * up * at(market.perpMargin, u),
      liquidity: grossExposure * up * at(market.liquidity, u),
      envelopeCharge: grossExposure * e * market.shockCap,
      impact: net * net * at(market.impact, u),
      scenarioLoss: worstShock ? -at(exposure, u) * at(worstShock, u) * BPS : 0n,
    };
  });

  const sum = (part: (asset: AssetContribution) => bigint) => assets.reduce((s, a) => s + part(a), 0n);
  const unrealizedPnl = sum((a) => a.pnl) + book.basis * SCALE;
  const collateral = sum((a) => a.collateral) + (positive(unrealizedPnl) / BPS) * market.pnlFactor;
  const debt = sum((a) => a.debt) + positive(-unrealizedPnl);
  const addOns = sum((a) => a.perpMargin + a.liquidity + a.envelopeCharge + a.impact);
  return {
    collateral,
    debt,
    addOns,
    scenarioLoss,
    unrealizedPnl,
    requirement: debt + addOns + scenarioLoss,
    worstScenario,
    scenarioLosses,
    assets,
  };
}

/**
 * HF > θ, strictly: A·10⁴ > θ·R. An account with nothing at all is not above any θ.
 *
 * @example
 * ```ts
 * import { exceeds } from "zkmargin/protocol";
 *
 * console.log(exceeds({ collateral: 125n, requirement: 100n }, 12_499)); // true
 * ```
 */
export function exceeds(
  { collateral, requirement }: Pick<Assessment, "collateral" | "requirement">,
  theta: number,
): boolean {
  return collateral * BPS > BigInt(theta) * requirement;
}

/**
 * Whether the claim is true of the book in the market, and so whether a proof of it exists.
 *
 * @example
 * ```ts
 * import { claimHolds } from "zkmargin/protocol";
 *
 * console.log(claimHolds(dense, prices, { theta: 10_000, healthy: true, envelope: 100 })); // true
 * ```
 */
export function claimHolds(book: Book, market: Market, claim: Leaning & { readonly theta: number }): boolean {
  return exceeds(assess(book, market, claim), claim.theta) === claim.healthy;
}

function at(values: readonly bigint[], u: number): bigint {
  const value = values[u];
  if (value === undefined) throw new RangeError(`no asset ${u}: book and market have different lengths`);
  return value;
}
