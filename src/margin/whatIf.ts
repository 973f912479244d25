import { BPS, THETA_BITS } from "../spec/bounds.js";
import { type Assessment, assess, exceeds } from "./assess.js";
import type { Book, Market } from "./types.js";

/** Largest θ a packed claim holds, basis points. */
const THETA_MAX = 2 ** THETA_BITS - 1;
/** Largest rise looked for by {@link breakingMoves}: the price times eleven. */
const RISE_MAX = 100_000;

/** Health factor in basis points, rounded down; null where nothing is owed (an infinite one). */
export function healthFactor({ A, R }: Pick<Assessment, "A" | "R">): bigint | null {
  return R === 0n ? null : (A * BPS) / R;
}

/** The largest θ (basis points, at most 65 535) that HF exceeds; 0 where it exceeds none. */
export function largestTheta({ A, R }: Pick<Assessment, "A" | "R">): number {
  if (A === 0n) return 0;
  if (R === 0n) return THETA_MAX;
  const theta = (A * BPS - 1n) / R;
  return theta > BigInt(THETA_MAX) ? THETA_MAX : Number(theta);
}

/**
 * The largest envelope (basis points) at which HF > θ can be proven; null where it cannot be at all.
 * A falls and R rises with the envelope, so bisection is exact.
 */
export function largestEnvelope(book: Book, market: Market, theta: number): number | null {
  const provable = (envelope: number) => exceeds(assess(book, market, { healthy: true, envelope }), theta);
  if (!provable(0)) return null;
  return lastTrue(0, Number(BPS), provable);
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
 * Moved prices are rounded against the account. A·10⁴ − θ·R is concave in one price as long as θ ≥ pnlFactor
 * (every term is linear, but for −θ·M and the kink of P, both concave), so the healthy prices are an interval
 * and bisection is exact; below that, every basis point is tried.
 */
export function breakingMoves(book: Book, market: Market, theta: number): BreakingMove[] {
  const concave = BigInt(theta) >= market.pnlFactor;
  return book.spot.map((spot, u) => {
    if (spot === 0n && book.perp[u] === 0n) return { fall: null, rise: null };
    const healthyAt = (move: number) =>
      exceeds(assess(book, withPriceMove(market, u, move), { healthy: true, envelope: 0 }), theta);
    if (!healthyAt(0)) return { fall: 0, rise: 0 };
    const firstFalse = (sign: 1 | -1, limit: number) => {
      const holds = (size: number) => healthyAt(sign * size);
      let last = 0;
      if (concave) last = lastTrue(0, limit, holds);
      else while (last < limit && holds(last + 1)) last++;
      return last === limit ? null : last + 1;
    };
    return { fall: firstFalse(-1, Number(BPS)), rise: firstFalse(1, RISE_MAX) };
  });
}

/** The market with asset u's prices moved by `move` basis points, low rounded down and high up. */
export function withPriceMove(market: Market, u: number, move: number): Market {
  const factor = BPS + BigInt(move);
  return {
    ...market,
    low: market.low.map((price, v) => (v === u ? (price * factor) / BPS : price)),
    high: market.high.map((price, v) => (v === u ? (price * factor + BPS - 1n) / BPS : price)),
  };
}

/** The largest n in [low, high] for which `holds`, given that it holds at low and never again once it fails. */
function lastTrue(low: number, high: number, holds: (n: number) => boolean): number {
  let yes = low;
  let no = high + 1;
  while (no - yes > 1) {
    const middle = (yes + no) >> 1;
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
