import { exp } from "../statistics/elementary.js";
import { greeks, YEAR_SECONDS } from "./black76.js";
import { type ExpiryBook, expiryValue } from "./book.js";

/** How far SPAN moves price and volatility, and what its two extreme scenarios count. */
export interface SpanParameters {
  /** Price scan range, as a share of the forward: 0.15 is ±15 %. */
  readonly priceScan: number;
  /** Volatility scan range, added to each volatility: 0.1 is ±10 points. */
  readonly volatilityScan: number;
  /** An extreme scenario moves the price by this many scan ranges, 2 or 3, at unchanged volatility. */
  readonly extremeMultiple: number;
  /** The share of its loss that counts, such as 0.35 or 0.33. */
  readonly extremeShare: number;
}

/** A future or an option of a combined commodity: one gain for each scenario. */
export type RiskArray = readonly number[];

/** What SPAN requires of positions that net scenario by scenario; dollars. */
export interface SpanRequirement {
  /** The largest loss of the scenarios, at least 0. */
  readonly scanRisk: number;
  /** The scenario with that loss, from 1 to 16; 0 if none is a loss. */
  readonly activeScenario: number;
  /** Scan risk, or the minimum of the options sold if that is more. */
  readonly requirement: number;
}

/**
 * SPAN's sixteen scenarios: price in scan ranges, volatility in scan ranges, and the share of the loss that counts.
 *
 * @example
 * ```ts
 * import { spanScenarios } from "zkmargin/risk";
 *
 * console.log(spanScenarios({ priceScan: 0.15, volatilityScan: 0.1, extremeMultiple: 3, extremeShare: 0.33 }).length); // 16
 * ```
 */
export function spanScenarios({
  extremeMultiple,
  extremeShare,
}: SpanParameters): readonly (readonly [price: number, volatility: number, share: number])[] {
  const thirds = [0, 1, -1, 2, -2, 3, -3];
  const grid = thirds.flatMap((third) => [1, -1].map((volatility) => [third / 3, volatility, 1] as const));
  return [...grid, [extremeMultiple, 0, extremeShare], [-extremeMultiple, 0, extremeShare]];
}

/**
 * The risk array of options of one expiry, each discounted as it is priced.
 * @throws RangeError if a move takes a price to 0 or below
 *
 * @example
 * ```ts
 * import { spanRiskArray } from "zkmargin/risk";
 *
 * const options = [{ strike: 2_000, call: true, volatility: 0.6, amount: 1 }];
 * const scan = { priceScan: 0.15, volatilityScan: 0.1, extremeMultiple: 2, extremeShare: 0.35 };
 * console.log(spanRiskArray({ secondsToExpiry: 2_592_000, forward: 2_010, rate: 0, options }, scan).length); // 16
 * ```
 */
export function spanRiskArray(book: ExpiryBook, parameters: SpanParameters): number[] {
  const { priceScan, volatilityScan } = parameters;
  const discount = exp((-book.rate * book.secondsToExpiry) / YEAR_SECONDS);
  const now = expiryValue(book, discount);
  return spanScenarios(parameters).map(([price, volatility, share]) => {
    const moved = expiryValue(book, discount, 1 + price * priceScan, (option) =>
      Math.max(0, option.volatility + volatility * volatilityScan),
    );
    return (moved - now) * share;
  });
}

/**
 * The risk array of a future: `amount` times its price's move.
 *
 * @example
 * ```ts
 * import { spanFutureArray } from "zkmargin/risk";
 *
 * const parameters = { priceScan: 0.15, volatilityScan: 0.1, extremeMultiple: 3, extremeShare: 0.33 };
 * console.log(spanFutureArray(1, 50_000, parameters).length); // 16
 * ```
 */
export function spanFutureArray(amount: number, price: number, parameters: SpanParameters): number[] {
  return spanScenarios(parameters).map(
    ([move, , share]) => amount * price * move * parameters.priceScan * share,
  );
}

/** Weights of no move, and of a third, two thirds and the whole of the scan range either way; their sum is 0.998. */
export const COMPOSITE_WEIGHTS: readonly number[] = [0.27, 0.217, 0.11, 0.037];

/**
 * SPAN's composite delta: the mean of an expiry's deltas at the seven price moves of its scenarios, weighted by how likely each
 * is. It is what spreads between expiries and underlyings count by. Units of the underlying, each option discounted as it is priced.
 * @param weights of no move, and of one, two and three thirds of the scan range; they need not sum to 1
 * @throws RangeError if a move takes a price to 0 or below
 *
 * @example
 * ```ts
 * import { spanCompositeDelta } from "zkmargin/risk";
 *
 * const options = [{ strike: 2_000, call: true, volatility: 0.6, amount: 1 }];
 * const book = { secondsToExpiry: 2_592_000, forward: 2_000, rate: 0, options };
 * console.log(spanCompositeDelta(book, { priceScan: 0.15 }) > 0.5); // true
 * ```
 */
export function spanCompositeDelta(
  { secondsToExpiry, forward, rate, options }: ExpiryBook,
  { priceScan }: Pick<SpanParameters, "priceScan">,
  weights: readonly number[] = COMPOSITE_WEIGHTS,
): number {
  const years = secondsToExpiry / YEAR_SECONDS;
  const discount = exp(-rate * years);
  const deltaAt = (move: number) =>
    options.reduce((sum, { strike, call, volatility, amount, discount: own = discount }) => {
      const moved = forward * (1 + move * priceScan);
      return sum + amount * greeks({ forward: moved, strike, years, volatility, discount: own, call }).delta;
    }, 0);
  let [sum, weight] = [0, 0];
  weights.forEach((each, thirds) => {
    const moves = thirds === 0 ? [0] : [thirds / 3, -thirds / 3];
    for (const move of moves) sum += each * deltaAt(move);
    weight += each * moves.length;
  });
  return sum / weight;
}

/** Options sold, whatever covers them: what SPAN's short-option minimum counts. */
export function optionsSold(options: ExpiryBook["options"]): number {
  return options.reduce((sum, { amount }) => sum + Math.max(0, -amount), 0);
}

/**
 * The requirement of a combined commodity, whose positions net in each scenario.
 * @param shortOptionMinimum for all options sold, in dollars
 *
 * @example
 * ```ts
 * import { spanFutureArray, spanRequirement } from "zkmargin/risk";
 *
 * const parameters = { priceScan: 0.15, volatilityScan: 0.1, extremeMultiple: 3, extremeShare: 0.33 };
 * const hedged = [spanFutureArray(1, 50_000, parameters), spanFutureArray(-1, 50_000, parameters)];
 * console.log(spanRequirement(hedged).requirement); // 0
 * ```
 */
export function spanRequirement(arrays: readonly RiskArray[], shortOptionMinimum = 0): SpanRequirement {
  const size = arrays[0]?.length ?? 0;
  const gains = Array.from({ length: size }, (_, s) =>
    arrays.reduce((sum, array) => sum + (array[s] ?? 0), 0),
  );
  const scanRisk = Math.max(0, ...gains.map((gain) => -gain));
  return {
    scanRisk,
    activeScenario: scanRisk === 0 ? 0 : gains.indexOf(-scanRisk) + 1,
    requirement: Math.max(scanRisk, shortOptionMinimum),
  };
}
