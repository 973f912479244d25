/**
 * Values of many calls at many prices, for bounds: fast, and exact to 1e-13 of the forward and strike rather than of the
 * value itself. Only + − × ÷ and √ are used, as in src/risk/statistics/elementary.ts.
 */
import { LN2_HIGH, LN2_LOW } from "../statistics/elementary.js";

/** Relative to forward + strike: what a value here may differ from the true one, with room to spare. */
export const CALL_ERROR = 1e-12;

const LOG2_E = 1.4426950408889634;
const SQRT_TWO_PI = 2.5066282746310005024;
/** Where Hart's quotient ends and the continued fraction begins. */
const FAR = 7.07106781186547;

const C3 = 1 / 6;
const C4 = 1 / 24;
const C5 = 1 / 120;
const C6 = 1 / 720;
const C7 = 1 / 5040;
const C8 = 1 / 40_320;
const C9 = 1 / 362_880;
const C10 = 1 / 3_628_800;
const C11 = 1 / 39_916_800;
const C12 = 1 / 479_001_600;
const C13 = 1 / 6_227_020_800;
/** ½^n. */
const HALVES = (() => {
  const halves = new Float64Array(1075);
  let power = 1;
  for (let n = 0; n < halves.length; n++, power /= 2) halves[n] = power;
  return halves;
})();

/** e^x of x ≤ 0. */
function expBelow(x: number): number {
  if (x < -708) return 0;
  const k = Math.floor(0.5 - x * LOG2_E);
  const r = x + k * LN2_HIGH + k * LN2_LOW;
  // Taylor to r^13/13!, |r| < 0.35.
  let sum = r * C13 + C12;
  sum = sum * r + C11;
  sum = sum * r + C10;
  sum = sum * r + C9;
  sum = sum * r + C8;
  sum = sum * r + C7;
  sum = sum * r + C6;
  sum = sum * r + C5;
  sum = sum * r + C4;
  sum = sum * r + C3;
  sum = sum * r + 0.5;
  sum = sum * r + 1;
  sum = sum * r + 1;
  return sum * (HALVES[k] ?? 0);
}

/**
 * Probability that a standard normal variable is above x ≥ 0, where `bell` is e^(−x²/2): J. F. Hart's algorithm 5666, as
 * G. West, "Better approximations to cumulative normal functions" (Wilmott, 2005), has it.
 */
function above(x: number, bell: number): number {
  if (x >= FAR) return bell / ((x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))))) * SQRT_TWO_PI);
  let numerator = 3.52624965998911e-2 * x + 0.700383064443688;
  numerator = numerator * x + 6.37396220353165;
  numerator = numerator * x + 33.912866078383;
  numerator = numerator * x + 112.079291497871;
  numerator = numerator * x + 221.213596169931;
  numerator = numerator * x + 220.206867912376;
  let denominator = 8.83883476483184e-2 * x + 1.75566716318264;
  denominator = denominator * x + 16.064177579207;
  denominator = denominator * x + 86.7807322029461;
  denominator = denominator * x + 296.564248779674;
  denominator = denominator * x + 637.333633378831;
  denominator = denominator * x + 793.826512519948;
  denominator = denominator * x + 440.413735824752;
  return (bell * numerator) / denominator;
}

/** Prices at which calls are summed, with their logarithms. */
export interface PriceNodes {
  readonly prices: Float64Array;
  readonly logs: Float64Array;
}

/** An option on a forward that is `ratio` times the price. */
export interface NodeOption {
  readonly strike: number;
  readonly logStrike: number;
  readonly ratio: number;
  readonly logRatio: number;
  /** σ√T; 0 is a payoff. */
  readonly spread: number;
  readonly call: boolean;
}

/**
 * Adds `scale` undiscounted options to sums at every node: their value, and its slope by the price.
 * @param values, slopes one for each node from `offset` on
 */
export function addOption(
  { prices, logs }: PriceNodes,
  { strike, logStrike, ratio, logRatio, spread, call }: NodeOption,
  scale: number,
  values: Float64Array,
  slopes: Float64Array,
  offset: number,
): void {
  const inverse = spread === 0 ? 0 : 1 / spread;
  const shift = (logRatio - logStrike) * inverse + spread / 2;
  const scaled = scale * ratio;
  for (let i = 0; i < prices.length; i++) {
    const forward = (prices[i] ?? 0) * ratio;
    let below: number;
    let exercised: number;
    if (spread === 0) {
      below = forward > strike ? 1 : forward < strike ? 0 : 0.5;
      exercised = below;
    } else {
      const d1 = (logs[i] ?? 0) * inverse + shift;
      const d2 = d1 - spread;
      const bell = expBelow((-d1 * d1) / 2);
      below = d1 >= 0 ? 1 - above(d1, bell) : above(-d1, bell);
      // φ(d₂) = φ(d₁)·F/K, but for what has underflowed.
      const other = bell > 1e-280 ? (bell * forward) / strike : expBelow((-d2 * d2) / 2);
      exercised = d2 >= 0 ? 1 - above(d2, other) : above(-d2, other);
    }
    if (!call) {
      below -= 1;
      exercised -= 1;
    }
    const at = offset + i;
    values[at] = (values[at] ?? 0) + scale * (forward * below - strike * exercised);
    slopes[at] = (slopes[at] ?? 0) + scaled * below;
  }
}
