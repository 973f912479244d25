import { BPS, THETA_BITS } from "./bounds.js";
import { type Assessment, assess, exceeds } from "./statement.js";
import type { Book, Market } from "./types.js";

/** Largest θ a packed claim holds, basis points. */
const THETA_MAX = 2 ** THETA_BITS - 1;
/**
 * Envelopes that claims use, basis points. All accounts share one grid, because an envelope cut to fit would reveal
 * more.
 */
export const ENVELOPE_GRID = [0, 50, 100, 200, 500, 1_000, 1_500, 2_000] as const;
/** Largest rise of a price that a what-if considers, basis points: to eleven times the price. */
export const RISE_MAX = 100_000;

/**
 * Health factor in basis points, rounded down; null where nothing is owed (an infinite one).
 *
 * @example
 * ```ts
 * import { healthFactor } from "zkmargin/protocol";
 *
 * console.log(healthFactor({ collateral: 125n, requirement: 100n })); // 12500n
 * ```
 */
export function healthFactor({
  collateral,
  requirement,
}: Pick<Assessment, "collateral" | "requirement">): bigint | null {
  return requirement === 0n ? null : (collateral * BPS) / requirement;
}

/**
 * The largest θ (basis points, at most 65 535) that HF exceeds; 0 where it exceeds none.
 *
 * @example
 * ```ts
 * import { largestTheta } from "zkmargin/protocol";
 *
 * console.log(largestTheta({ collateral: 125n, requirement: 100n })); // 12499
 * ```
 */
export function largestTheta({
  collateral,
  requirement,
}: Pick<Assessment, "collateral" | "requirement">): number {
  if (collateral === 0n) return 0;
  if (requirement === 0n) return THETA_MAX;
  const theta = (collateral * BPS - 1n) / requirement;
  return theta > BigInt(THETA_MAX) ? THETA_MAX : Number(theta);
}

/**
 * The largest envelope (basis points) at which HF > θ can be proven; null where it cannot be at all.
 * A falls and R rises with the envelope, so bisection is exact.
 *
 * @example
 * ```ts
 * import { largestEnvelope } from "zkmargin/protocol";
 *
 * console.log(largestEnvelope(dense, prices, 10_000)); // basis points; null if the claim is false at these prices
 * ```
 */
export function largestEnvelope(book: Book, market: Market, theta: number): number | null {
  const provable = (envelope: number) => exceeds(assess(book, market, { healthy: true, envelope }), theta);
  if (!provable(0)) return null;
  return lastTrue(0, Number(BPS), provable);
}

/**
 * The largest envelope of the grid at which HF > θ can be proven; null where it cannot be at all.
 *
 * @example
 * ```ts
 * import { largestOfGrid } from "zkmargin/protocol";
 *
 * console.log(largestOfGrid(dense, prices, 10_000)); // the largest of round envelopes, which tells less of the book
 * ```
 */
export function largestOfGrid(book: Book, market: Market, theta: number): number | null {
  const provable = (at: number) =>
    exceeds(assess(book, market, { healthy: true, envelope: ENVELOPE_GRID[at] ?? 0 }), theta);
  const last = ENVELOPE_GRID.length - 1;
  if (provable(last)) return ENVELOPE_GRID[last] ?? null;
  return provable(0) ? (ENVELOPE_GRID[lastTrue(0, last - 1, provable)] ?? null) : null;
}

/** Smallest move of one asset's price alone, basis points, that ends HF > θ; null where none does. */
export interface BreakingMove {
  /** Fall, 1 … 10 000. */
  readonly fall: number | null;
  /** Rise, 1 … 100 000. */
  readonly rise: number | null;
}

/**
 * For each asset the smallest fall and rise of its price, all else unchanged, at which HF > θ ends.
 *
 * A·10⁴ − θ·R is linear in one price but for −θ·M, which is concave, and the kink where P = 0. P only rises or
 * only falls with one price, so the kink splits the moves in two ranges; on each the healthy moves are an
 * interval, and bisection is exact.
 *
 * @example
 * ```ts
 * import { breakingMoves } from "zkmargin/protocol";
 *
 * for (const { fall, rise } of breakingMoves(dense, prices, 10_000)) console.log(fall, rise);
 * ```
 */
export function breakingMoves(book: Book, market: Market, theta: number): BreakingMove[] {
  return book.spot.map((spot, u) => {
    if (spot === 0n && book.perp[u] === 0n) return { fall: null, rise: null };
    const firstFailure = (direction: 1 | -1, limit: number): number | null => {
      const after = (size: number) => {
        const [movedBook, movedMarket] = withPriceMove(book, market, u, direction * size);
        return assess(movedBook, movedMarket, { healthy: true, envelope: 0 });
      };
      const holds = (size: number) => exceeds(after(size), theta);
      const gains = after(0).unrealizedPnl >= 0n;
      const kink = lastTrue(0, limit, (size) => after(size).unrealizedPnl >= 0n === gains);
      for (const [from, to] of [
        [0, kink],
        [kink + 1, limit],
      ] as const) {
        if (from > to) continue;
        if (!holds(from)) return from;
        const last = lastTrue(from, to, holds);
        if (last < to) return last + 1;
      }
      return null;
    };
    return { fall: firstFailure(-1, Number(BPS)), rise: firstFailure(1, RISE_MAX) };
  });
}

/** Book and market after asset u's price has moved by `move` basis points, in 1/10 000 of an attodollar. */
export function withPriceMove(book: Book, market: Market, u: number, move: number): [Book, Market] {
  return withPriceFactors(book, market, BPS, (v) => (v === u ? BPS + BigInt(move) : BPS));
}

/**
 * Book and market after every price has become `factorOf(u) / unit` of itself, exactly: every amount of money (price,
 * funding, basis, impact) is in 1/unit of an attodollar, so that nothing is rounded. A ratio of amounts, such as the
 * health factor, is what it would be in attodollars.
 */
export function withPriceFactors(
  book: Book,
  market: Market,
  unit: bigint,
  factorOf: (u: number) => bigint,
): [Book, Market] {
  const scaled = (values: readonly bigint[]) => values.map((value) => value * unit);
  const prices = (values: readonly bigint[]) => values.map((value, u) => value * factorOf(u));
  return [
    { ...book, basis: book.basis * unit },
    {
      ...market,
      low: prices(market.low),
      high: prices(market.high),
      funding: scaled(market.funding),
      impact: scaled(market.impact),
    },
  ];
}

/** The largest n in [low, high] for which `holds`, given that it holds at low and never again once it fails. */
export function lastTrue(low: number, high: number, holds: (n: number) => boolean): number {
  let yes = low;
  let no = high + 1;
  while (no - yes > 1) {
    const middle = (yes + no) >> 1;
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
