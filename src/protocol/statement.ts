import { BPS, CENT } from "./bounds.js";
import type { Book, Market, SleeveNumbers } from "./types.js";

/**
 * One asset's part of an assessment, attodollars × SCALE, all ≥ 0 but `pnl`, `scenarioLoss` and, in a claim of ill health,
 * `spreadCharge`.
 * Summed over assets: Σ collateral and Σ debt leave out what P adds; Σ pnl leaves out the basis.
 */
export interface AssetContribution {
  readonly collateral: bigint;
  readonly debt: bigint;
  readonly pnl: bigint;
  readonly perpMargin: bigint;
  readonly liquidity: bigint;
  /** For what M hides: the spread between what is owned and owed, and prices that move apart within the envelope. */
  readonly spreadCharge: bigint;
  readonly impact: bigint;
  /** Part of the worst scenario's loss; negative where this asset gains in it. */
  readonly scenarioLoss: bigint;
}

/** The sleeve's part of an assessment, attodollars × SCALE. All 0 without one. */
export interface SleeveContribution {
  /** Part of P, signed. */
  readonly pnl: bigint;
  /** Part of N; negative where slack exceeds it in a claim of ill health. */
  readonly charge: bigint;
  /** What it gains in each scenario, signed. */
  readonly scenarioGains: readonly bigint[];
  /** Part of the worst scenario's loss, signed. */
  readonly scenarioLoss: bigint;
}

/** Every figure of the statement. All amounts are attodollars × SCALE, exact. */
export interface Assessment {
  /** A: risk-weighted collateral. */
  readonly collateral: bigint;
  /** D: debt. */
  readonly debt: bigint;
  /** N: add-ons, that is perpetual margin, liquidity, spread and impact charges, and the sleeve's own. */
  readonly addOns: bigint;
  /** M: worst scenario loss, ≥ 0. */
  readonly scenarioLoss: bigint;
  /** P: unrealised profit (or, negative, loss) of the perpetuals and the sleeve. */
  readonly unrealizedPnl: bigint;
  /** R = D + N + M: debt plus maintenance margin. */
  readonly requirement: bigint;
  /** Index of the first scenario whose loss is M; null where none loses. */
  readonly worstScenario: number | null;
  /** Loss of every scenario; negative is a gain. */
  readonly scenarioLosses: readonly bigint[];
  readonly assets: readonly AssetContribution[];
  readonly sleeve: SleeveContribution;
  /** The claim's support: part of A if positive, of D if negative. */
  readonly support: bigint;
}

/** Amounts of an {@link Assessment} are attodollars times this: two factors in basis points. */
export const SCALE = BPS * BPS;

/**
 * Which way an assessment leans: a claim of health is priced against the account, one of ill health for it. And what is added to
 * the account or taken from it.
 */
export interface Leaning {
  readonly healthy: boolean;
  /** Basis points; 0 if not healthy. */
  readonly envelope: number;
  /** Cents added to the collateral or, if negative, owed on top; absent is 0. */
  readonly support?: bigint;
}

const NO_SLEEVE: SleeveNumbers = { value: 0n, gains: [], charge: 0n, slack: 0n, detail: 0n };
const positive = (x: bigint): bigint => (x > 0n ? x : 0n);
/** Without its sign. */
export const magnitude = (x: bigint): bigint => (x < 0n ? -x : x);

/**
 * The reference model: the definition of every figure that the circuit and the contracts must equal, bit for
 * bit. Exact integers, no division; see docs/STATEMENT.md for the same thing in words.
 *
 * With a the price of what the account owns and l the price of what it owes (low and high in a claim of
 * health; high and low in one of ill health), e the envelope, x = spot + perp and c = maxₛ |shock[s]|. The sleeve has value v,
 * gains g[s] and charge k, each by the slack in the account's favour in a claim of ill health:
 *
 *     P = Σ perp⁺·a·(1−e) − perp⁻·l·(1+e) − perp·funding + basis + v
 *     A = Σ spot⁺·a·(1−e)·collateralFactor + max(P,0)·pnlFactor + support⁺
 *     D = Σ spot⁻·l·(1+e)·debtFactor + max(−P,0) + support⁻
 *     N = Σ |perp|·l·(1+e)·perpMargin + |x|·l·(1+e)·liquidity + |x|·(l·e + l − a)·c + x²·impact + k
 *     M = max(0, maxₛ −Σ x·l·shock[s] − g[s])
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
export function assess(book: Book, market: Market, leaning: Leaning): Assessment {
  const { healthy, envelope } = leaning;
  const owned = healthy ? market.low : market.high;
  const owed = healthy ? market.high : market.low;
  const e = BigInt(envelope);
  const down = BPS - e;
  const up = BPS + e;

  // Value of net exposure at the price of what is owed: attodollars, signed.
  const exposure = book.spot.map((spot, u) => (spot + at(book.perp, u)) * at(owed, u));

  const numbers = book.sleeve ?? NO_SLEEVE;
  const slack = healthy ? 0n : numbers.slack;
  const dollars = (cents: bigint) => cents * CENT * SCALE;
  const scenarioGains = market.shock.map((_, s) =>
    book.sleeve ? dollars(at(numbers.gains, s) + slack) : 0n,
  );

  const { loss: scenarioLoss, worstScenario, losses } = scenarioLossOf(exposure, market.shock, scenarioGains);
  const largestShock = largestShocks(market);
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
      spreadCharge: magnitude(net) * (at(owed, u) * up - at(owned, u) * BPS) * at(largestShock, u),
      impact: net * net * at(market.impact, u),
      scenarioLoss: worstShock ? -at(exposure, u) * at(worstShock, u) * BPS : 0n,
    };
  });

  const sum = (part: (asset: AssetContribution) => bigint) => assets.reduce((s, a) => s + part(a), 0n);
  const sleeve: SleeveContribution = {
    pnl: dollars(numbers.value + slack),
    charge: dollars(numbers.charge - slack),
    scenarioGains,
    scenarioLoss: worstScenario === null ? 0n : -at(scenarioGains, worstScenario),
  };
  const support = dollars(leaning.support ?? 0n);
  const unrealizedPnl = sum((a) => a.pnl) + book.basis * SCALE + sleeve.pnl;
  const collateral =
    sum((a) => a.collateral) + (positive(unrealizedPnl) / BPS) * market.pnlFactor + positive(support);
  const debt = sum((a) => a.debt) + positive(-unrealizedPnl) + positive(-support);
  const addOns = sum((a) => a.perpMargin + a.liquidity + a.spreadCharge + a.impact) + sleeve.charge;
  return {
    collateral,
    debt,
    addOns,
    scenarioLoss,
    unrealizedPnl,
    requirement: debt + addOns + scenarioLoss,
    worstScenario,
    scenarioLosses: losses,
    assets,
    sleeve,
    support,
  };
}

/**
 * The scenario loss M: where M is taken over all scenarios, as the largest loss of any, at least 0. As ScenarioLoss.circom.
 * @param exposure value of each asset's net quantity at the price of what is owed, attodollars, signed
 * @param shock moves of each scenario, signed basis points, by asset
 * @param gains what else the book gains in each scenario, attodollars × SCALE, signed
 */
export function scenarioLossOf(
  exposure: readonly bigint[],
  shock: Market["shock"],
  gains: readonly bigint[],
): { readonly loss: bigint; readonly losses: readonly bigint[]; readonly worstScenario: number | null } {
  const losses = shock.map(
    (moves, s) => -exposure.reduce((sum, value, u) => sum + value * at(moves, u), 0n) * BPS - at(gains, s),
  );
  const loss = losses.reduce((worst, one) => (one > worst ? one : worst), 0n);
  return { loss, losses, worstScenario: loss === 0n ? null : losses.indexOf(loss) };
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
 * Whether the claim is true of the book in the market, and so whether a proof of it exists. A claim without the sleeve bit is false
 * of a book with a sleeve.
 *
 * @example
 * ```ts
 * import { claimHolds } from "zkmargin/protocol";
 *
 * console.log(claimHolds(dense, prices, { theta: 10_000, healthy: true, envelope: 100 })); // true
 * ```
 */
export function claimHolds(
  book: Book,
  market: Market,
  claim: Leaning & { readonly theta: number; readonly sleeve?: boolean },
): boolean {
  if (book.sleeve !== undefined && claim.sleeve !== true) return false;
  return exceeds(assess(book, market, claim), claim.theta) === claim.healthy;
}

/**
 * For each asset the largest |shock| of any scenario, basis points: the `shockCap` of the public signals.
 *
 * @example
 * ```ts
 * import { largestShocks } from "zkmargin/protocol";
 *
 * console.log(largestShocks(prices).length); // 16
 * ```
 */
export function largestShocks({
  shock,
  collateralFactor,
}: Pick<Market, "shock" | "collateralFactor">): bigint[] {
  return collateralFactor.map((_, u) =>
    shock.reduce((largest, row) => (magnitude(at(row, u)) > largest ? magnitude(at(row, u)) : largest), 0n),
  );
}

function at(values: readonly bigint[], u: number): bigint {
  const value = values[u];
  if (value === undefined) throw new RangeError(`no asset ${u}: book and market have different lengths`);
  return value;
}
