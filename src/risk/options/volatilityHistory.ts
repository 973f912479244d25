import { TooLittleHistoryError } from "../../errors.js";
import type { PriceTable } from "../../market/history.js";
import { DEFAULT_CALIBRATION } from "../calibration/options.js";
import { returnsOf } from "../returns.js";
import { ln, quantile } from "../statistics/elementary.js";
import { decayOf, ewmaVariances } from "../statistics/volatility.js";

/** What moves of volatility are measured by. */
export interface VolatilityHistoryOptions {
  /** Probability with which a day's rise stays within the move, basis points. */
  readonly confidence: number;
  /** Days in which the weight of a return halves. */
  readonly halfLife: number;
  /** Fewest returns of an asset. */
  readonly minimumReturns: number;
  /** Assets that are meant to be worth a dollar: they do not count. */
  readonly pegged: readonly string[];
}

/** As the calibration counts a return: at most so many times its expected volatility. */
const BOUND = 4;

/**
 * How far volatility moves in a day, as shares of itself: the quantile of the daily rises of every coin's EWMA volatility,
 * pooled, and the fall that takes such a rise back. An average falls more slowly than the market's own volatility does, so its
 * falls are not taken. Both are rounded up to basis points.
 * @throws TooLittleHistoryError if no coin has enough daily closes
 *
 * @example
 * ```ts
 * import { historicalMoves } from "zkmargin/risk";
 *
 * console.log(historicalMoves(table).rangeUp > 0.1); // true
 * ```
 */
export function historicalMoves(
  prices: PriceTable,
  options: VolatilityHistoryOptions = DEFAULT_CALIBRATION,
): { readonly rangeUp: number; readonly rangeDown: number } {
  const { assets, values } = returnsOf(prices);
  const lambda = decayOf(options.halfLife);
  const rises = assets.flatMap((asset, u) => {
    if (options.pegged.includes(asset)) return [];
    const returns = values.flatMap((row) => {
      const simple = row[u];
      return simple === null || simple === undefined ? [] : [ln(1 + simple)];
    });
    const first = returns.slice(0, options.minimumReturns);
    if (returns.length <= first.length) return [];
    const seed = first.reduce((sum, r) => sum + r * r, 0) / first.length;
    const variances = ewmaVariances(returns, lambda, seed, BOUND).slice(options.minimumReturns);
    return variances.slice(1).map((next, t) => Math.sqrt(next / (variances[t] ?? next)) - 1);
  });
  if (rises.length < options.minimumReturns)
    throw new TooLittleHistoryError(
      "prices",
      `a coin with more than ${options.minimumReturns} daily returns`,
      "none",
    );
  const up = quantile(rises, options.confidence / 10_000);
  const bps = (share: number) => Math.ceil(share * 10_000) / 10_000;
  return { rangeUp: bps(up), rangeDown: bps(up / (1 + up)) };
}
