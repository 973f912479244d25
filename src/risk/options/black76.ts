import { erfcx, exp, ln, normalBelow } from "../statistics/elementary.js";

/** Seconds of a year: 365 days, as the venues count. */
export const YEAR_SECONDS = 31_536_000;

/** A European option on a forward, as Black (1976) prices it. */
export interface Black76Option {
  /** Price of the forward for the option's expiry; above 0. */
  readonly forward: number;
  /** Above 0, in the forward's currency. */
  readonly strike: number;
  /** Years to expiry, at least 0. */
  readonly years: number;
  /** Implied volatility, a share of the price per √year (0.6 is 60 %); at least 0. */
  readonly volatility: number;
  /** Value today of one unit of currency at expiry; above 0. 1 where premiums are not discounted. */
  readonly discount: number;
  readonly call: boolean;
}

/** Derivatives of a value, each in the option's currency. */
export interface Greeks {
  /** By the forward. */
  readonly delta: number;
  /** Of delta, by the forward. */
  readonly gamma: number;
  /** By the volatility: for a move of 1, which is 100 percentage points. */
  readonly vega: number;
  /** By the time that passes, for a year, at an unchanged forward and discount rate. */
  readonly theta: number;
}

const SQRT_HALF = Math.SQRT1_2;
const SQRT_TWO_PI = 2.5066282746310005024;

/**
 * Value of an option. The part that is in the money is intrinsic; the rest is the value of the option out of the money,
 * which two scaled complementary error functions give without the cancellation of F·N(d₁) − K·N(d₂).
 *
 * Relative error of the part out of the money: below 1e-10 where it is at least 1e-100 of the strike
 * (test/risk/options/black76.test.ts holds it to the values of 450-digit arithmetic).
 *
 * @throws RangeError if a parameter is outside the bounds of {@link Black76Option}
 *
 * @example
 * ```ts
 * import { black76 } from "zkmargin/risk";
 *
 * const value = black76({ forward: 100, strike: 100, years: 0.25, volatility: 0.5, discount: 1, call: true });
 * console.log(value.toFixed(3)); // 9.948
 * ```
 */
export function black76(option: Black76Option): number {
  const { forward, strike, discount, call } = checked(option);
  const intrinsic = Math.max(0, call ? forward - strike : strike - forward);
  return discount * (intrinsic + outOfTheMoney(option));
}

/**
 * Greeks of an option. At expiry, or without volatility, only delta is not 0; at the money it is then a half.
 * @throws RangeError as {@link black76}
 *
 * @example
 * ```ts
 * import { greeks } from "zkmargin/risk";
 *
 * const { delta } = greeks({ forward: 100, strike: 100, years: 1, volatility: 0.2, discount: 1, call: true });
 * console.log(delta > 0.5); // true
 * ```
 */
export function greeks(option: Black76Option): Greeks {
  const { forward, strike, years, volatility, discount, call } = checked(option);
  const spread = volatility * Math.sqrt(years);
  if (spread === 0) {
    const side = forward === strike ? 0.5 : forward > strike ? 1 : 0;
    return { delta: discount * (call ? side : side - 1), gamma: 0, vega: 0, theta: rateTheta(option) };
  }
  const d1 = ln(forward / strike) / spread + spread / 2;
  const bell = exp((-d1 * d1) / 2) / SQRT_TWO_PI;
  const below = normalBelow(d1);
  const decay = (-discount * forward * bell * volatility) / (2 * Math.sqrt(years));
  return {
    delta: discount * (call ? below : below - 1),
    gamma: (discount * bell) / (forward * spread),
    vega: discount * forward * bell * Math.sqrt(years),
    theta: decay + rateTheta(option),
  };
}

/** What a year adds to the value as the discount runs off: the rate times the value. */
function rateTheta(option: Black76Option): number {
  return option.years === 0 ? 0 : (-ln(option.discount) / option.years) * black76(option);
}

/**
 * Undiscounted value of the call or put of this strike that is out of the money: with s = σ√years,
 * h = |ln F/K|/s and t = s/2
 *
 *     √(F·K)/2 · e^(−(h² + t²)/2) · (erfcx((h − t)/√2) − erfcx((h + t)/√2))
 *
 * as P. Jäckel, "Let's be rational" (2013), writes normalised Black.
 */
function outOfTheMoney({ forward, strike, years, volatility }: Black76Option): number {
  const spread = volatility * Math.sqrt(years);
  if (spread === 0) return 0;
  const h = Math.abs(ln(forward / strike)) / spread;
  const t = spread / 2;
  const scale = (Math.sqrt(forward) * Math.sqrt(strike)) / 2;
  if (h - t > -5)
    return scale * exp(-(h * h + t * t) / 2) * (erfcx((h - t) * SQRT_HALF) - erfcx((h + t) * SQRT_HALF));
  // Of very much volatility, erfcx of a negative number overflows; there is nothing to cancel there.
  const [near, far] = [normalBelow(t - h), normalBelow(-t - h)];
  const [small, large] = forward < strike ? [forward, strike] : [strike, forward];
  return small * near - large * far;
}

function checked(option: Black76Option): Black76Option {
  const { forward, strike, years, volatility, discount } = option;
  const positive = [forward, strike, discount].every((each) => each > 0 && Number.isFinite(each));
  if (!positive || !(years >= 0 && volatility >= 0 && Number.isFinite(years) && Number.isFinite(volatility)))
    throw new RangeError(
      "expected a forward, strike and discount above 0, and a time and volatility of at least 0, got others",
    );
  return option;
}
