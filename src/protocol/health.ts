import { type Assessment, assess, exceeds } from "./statement.js";
import type { Book, Market } from "./types.js";
import { type BreakingMove, breakingMoves, healthFactor, largestEnvelope, largestTheta } from "./whatIf.js";

/** Everything that an account's owner may want to know before proving. Private. */
export interface Health {
  /** Priced against the account, without an envelope. */
  readonly assessment: Assessment;
  /** Basis points, rounded down; null is infinite. */
  readonly healthFactor: bigint | null;
  /** Whether HF > θ can be proven now. */
  readonly healthy: boolean;
  /** Whether HF ≤ θ can be proven now; neither can within the spread of low and high. */
  readonly unhealthy: boolean;
  /** Largest θ that can be proven, basis points; 0 if none. */
  readonly largestTheta: number;
  /** Largest envelope in which HF > θ can be proven, basis points; null if it cannot. */
  readonly largestEnvelope: number | null;
  /** The narrowest band of the published grid that can be proven, basis points; null if none can. */
  readonly narrowestBand: { readonly above: number; readonly notAbove: number } | null;
  /** For each asset the price move that ends HF > θ. */
  readonly breakingMoves: readonly BreakingMove[];
}

/**
 * The what-if of a book in a market at θ (basis points).
 *
 * @example
 * ```ts
 * import { healthOf } from "zkmargin/protocol";
 *
 * const { healthFactor, largestEnvelope } = healthOf(dense, prices, 10_000);
 * console.log(healthFactor, largestEnvelope);
 * ```
 */
export function healthOf(book: Book, market: Market, theta: number): Health {
  const assessment = assess(book, market, { healthy: true, envelope: 0 });
  return {
    assessment,
    healthFactor: healthFactor(assessment),
    healthy: exceeds(assessment, theta),
    unhealthy: !exceeds(assess(book, market, { healthy: false, envelope: 0 }), theta),
    largestTheta: largestTheta(assessment),
    largestEnvelope: largestEnvelope(book, market, theta),
    narrowestBand: narrowestBand(book, market),
    breakingMoves: breakingMoves(book, market, theta),
  };
}

/**
 * Health factors between which bands are proven, basis points, below maintenance margin and above it. All accounts
 * share one grid, because a band cut to fit would reveal more.
 */
export const BAND_GRID = [
  ...[1, 5_000, 7_500, 9_000, 10_000, 10_500, 11_000, 12_500],
  ...[15_000, 20_000, 30_000, 50_000, 65_535],
] as const;

/**
 * The narrowest band of the grid that can be proven. The factor exceeds the lower bound, priced against the account,
 * and not the upper bound, priced in its favour. Null if the factor is above or below the whole grid.
 *
 * @example
 * ```ts
 * import { narrowestBand } from "zkmargin/protocol";
 *
 * console.log(narrowestBand(dense, prices)); // above and notAbove, basis points; null if no band of the grid holds
 * ```
 */
export function narrowestBand(book: Book, market: Market): { above: number; notAbove: number } | null {
  const against = assess(book, market, { healthy: true, envelope: 0 });
  const inFavour = assess(book, market, { healthy: false, envelope: 0 });
  const above = BAND_GRID.findLast((theta) => exceeds(against, theta));
  const notAbove = BAND_GRID.find((theta) => !exceeds(inFavour, theta));
  return above === undefined || notAbove === undefined ? null : { above, notAbove };
}
