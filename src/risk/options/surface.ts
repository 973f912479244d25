import * as z from "zod/mini";
import { shaped } from "../../encoding/shape.js";
import { type JsonObject, parseStrictJson } from "../../encoding/strictJson.js";
import { DuplicateFieldError, FormatError, OutOfRangeError } from "../../errors.js";
import { exp, ln } from "../statistics/elementary.js";
import { black76, YEAR_SECONDS } from "./black76.js";

/** Prices, rates and implied volatilities at one moment. Public: it says nothing of any position. */
export interface Surface {
  /** Unix seconds. */
  readonly time: number;
  readonly underlyings: ReadonlyMap<string, UnderlyingSurface>;
}

/** The expiries of one underlying, and its spot price in dollars. */
export interface UnderlyingSurface {
  readonly spot: number;
  /** In the order of time. */
  readonly expiries: readonly ExpirySurface[];
}

/** One expiry: what its forward costs, and how volatile it is by strike. */
export interface ExpirySurface {
  /** Unix seconds. */
  readonly expiry: number;
  /** Dollars. */
  readonly forward: number;
  /** Continuously compounded, a share a year. */
  readonly rate: number;
  readonly smile: Smile;
}

/**
 * Implied volatility by strike: raw SVI (Gatheral), total variance w(k) = a + b·(ρ(k − m) + √((k − m)² + σ²)) at log-moneyness
 * k = ln(strike/forward); or points, between which total variance is linear in k and beyond which volatility is flat.
 */
export type Smile =
  | {
      readonly svi: {
        readonly a: number;
        readonly b: number;
        readonly rho: number;
        readonly m: number;
        readonly sigma: number;
      };
    }
  | { readonly points: readonly { readonly strike: number; readonly volatility: number }[] };

const SURFACE_FORMAT = "zkmargin/surface@1";
/** A decimal in quotation marks, as a double: prices and amounts that are estimated, never counted. */
export const decimal = z.pipe(
  z
    .string()
    .check(z.regex(/^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$/, "a plain decimal number in quotation marks")),
  z.transform(Number),
);
const above = decimal.check(z.refine((x) => x > 0, "a number above 0"));
const share = decimal.check(
  z.refine((x) => x > 0 && x <= 20, "a volatility above 0 and up to 20, which is 2 000 %"),
);
const time = z.int().check(z.minimum(0), z.maximum(253_402_300_799));
const common = {
  expiry: time,
  forward: above,
  rate: decimal.check(z.refine((x) => Math.abs(x) <= 5, "a rate of −5 to 5")),
};
const expiryShape = z.strictObject({
  ...common,
  svi: z.optional(
    z.strictObject({
      a: decimal,
      b: decimal.check(z.refine((x) => x >= 0, "at least 0")),
      rho: decimal.check(z.refine((x) => Math.abs(x) <= 1, "−1 to 1")),
      m: decimal,
      sigma: above,
    }),
  ),
  points: z.optional(
    z.array(z.strictObject({ strike: above, volatility: share })).check(z.minLength(1), z.maxLength(2000)),
  ),
});
const surfaceShape = z.strictObject({
  format: z.literal(SURFACE_FORMAT),
  time,
  underlyings: z.record(
    z.string().check(z.regex(/^[A-Z0-9]{1,16}$/)),
    z.strictObject({ spot: above, expiries: z.array(expiryShape).check(z.maxLength(200)) }),
  ),
});

/**
 * Reads a surface file, `zkmargin/surface@1`.
 * @throws MalformedError, FormatError, MissingFieldError, UnknownFieldError, OutOfRangeError, DuplicateFieldError
 *
 * @example
 * ```ts
 * import { parseSurface } from "zkmargin/risk";
 *
 * console.log(parseSurface(surfaceText).underlyings.size > 0); // true
 * ```
 */
export function parseSurface(text: string, path = "surface"): Surface {
  const { time, underlyings } = shaped(surfaceShape, parseStrictJson(text, path), {
    path,
    expected: "the fields of a surface",
  });
  return {
    time,
    underlyings: new Map(
      Object.entries(underlyings).map(([symbol, { spot, expiries }]) => {
        const at = `${path}.underlyings.${symbol}`;
        return [symbol, { spot, expiries: readExpiries(expiries, time, `${at}.expiries`) }];
      }),
    ),
  };
}

function readExpiries(
  expiries: readonly z.output<typeof expiryShape>[],
  now: number,
  path: string,
): ExpirySurface[] {
  const read = expiries.map(({ svi, points, ...rest }, i): ExpirySurface => {
    const at = `${path}[${i}]`;
    if (rest.expiry <= now)
      throw new OutOfRangeError(`${at}.expiry`, "a time after the surface's", "an earlier one");
    if (expiries.findIndex(({ expiry }) => expiry === rest.expiry) !== i)
      throw new DuplicateFieldError(`${at}.expiry`, "each expiry once", "one again");
    if (svi !== undefined && points === undefined) return { ...rest, smile: { svi } };
    if (points === undefined || svi !== undefined)
      throw new FormatError(at, "either svi or points", svi === undefined ? "neither" : "both");
    points.forEach(({ strike }, k) => {
      if (strike <= (points[k - 1]?.strike ?? 0))
        throw new FormatError(`${at}.points[${k}].strike`, "strikes in rising order", "another order");
    });
    return { ...rest, smile: { points } };
  });
  return read.sort((a, b) => a.expiry - b.expiry);
}

/**
 * The text of a surface. Numbers have as many digits as say which double they are.
 *
 * @example
 * ```ts
 * import { parseSurface, serialiseSurface } from "zkmargin/risk";
 *
 * console.log(parseSurface(serialiseSurface(parseSurface(surfaceText))).underlyings.size > 0); // true
 * ```
 */
export function serialiseSurface(surface: Surface): string {
  return `${JSON.stringify(surfaceToJson(surface), null, 2)}\n`;
}

/** A surface as the JSON of its file. */
export function surfaceToJson({ time, underlyings }: Surface): JsonObject {
  const smileOf = (smile: Smile) =>
    "svi" in smile
      ? { svi: Object.fromEntries(Object.entries(smile.svi).map(([name, x]) => [name, plain(x)])) }
      : {
          points: smile.points.map(({ strike, volatility }) => ({
            strike: plain(strike),
            volatility: plain(volatility),
          })),
        };
  return {
    format: SURFACE_FORMAT,
    time,
    underlyings: Object.fromEntries(
      [...underlyings].map(([symbol, { spot, expiries }]) => [
        symbol,
        {
          spot: plain(spot),
          expiries: expiries.map(({ expiry, forward, rate, smile }) => ({
            expiry,
            forward: plain(forward),
            rate: plain(rate),
            ...smileOf(smile),
          })),
        },
      ]),
    ),
  };
}

/** A double as a plain decimal. */
export function plain(x: number): string {
  const text = String(x);
  return text.includes("e") ? x.toFixed(18).replace(/\.?0+$/, "") : text;
}

/** Years from the surface's time to an expiry of it. */
export const yearsTo = ({ expiry }: ExpirySurface, time: number): number => (expiry - time) / YEAR_SECONDS;

/**
 * Implied volatility at a strike.
 * @param years to the expiry
 * @throws OutOfRangeError if the SVI parameters give a variance that is not above 0 there
 *
 * @example
 * ```ts
 * import { parseSurface, volatilityAt } from "zkmargin/risk";
 *
 * const [expiry] = parseSurface(surfaceText).underlyings.get("BTC")?.expiries.values() ?? [];
 * if (expiry !== undefined) console.log(volatilityAt(expiry, expiry.forward, 0.1) > 0); // true
 * ```
 */
export function volatilityAt({ forward, smile }: ExpirySurface, strike: number, years: number): number {
  const k = ln(strike / forward);
  if ("svi" in smile) {
    const { a, b, rho, m, sigma } = smile.svi;
    const variance = a + b * (rho * (k - m) + Math.sqrt((k - m) * (k - m) + sigma * sigma));
    if (!(variance > 0))
      throw new OutOfRangeError("svi", "a variance above 0 at every strike that is used", "less");
    return Math.sqrt(variance / years);
  }
  const { points } = smile;
  const next = points.findIndex((point) => point.strike >= strike);
  const [low, high] = [points[next - 1], points[next]];
  if (low === undefined || high === undefined) return (high ?? points[points.length - 1])?.volatility ?? 0;
  const [from, to] = [ln(low.strike / forward), ln(high.strike / forward)];
  const weight = (k - from) / (to - from);
  const square = (x: number) => x * x;
  return Math.sqrt(square(low.volatility) * (1 - weight) + square(high.volatility) * weight);
}

/** Log-moneyness at which a surface is looked at: out to where options are worth little. */
const GRID = Array.from({ length: 61 }, (_, i) => (i - 30) / 20);
/** A share of the forward, and of total variance: below it a violation is rounding. */
const ROUNDING = 1e-9;

/**
 * What of a surface allows a riskless profit: calls that are not convex in strike (butterfly), or total variance that falls
 * with time (calendar). One sentence for each expiry and kind.
 *
 * @example
 * ```ts
 * import { arbitrageIn, parseSurface } from "zkmargin/risk";
 *
 * for (const words of arbitrageIn(parseSurface(surfaceText))) console.log(words);
 * ```
 */
export function arbitrageIn({ time, underlyings }: Surface): string[] {
  return [...underlyings].flatMap(([symbol, { expiries }]) =>
    expiries.flatMap((each, i) => {
      const day = new Date(each.expiry * 1000).toISOString().slice(0, 10);
      const before = expiries[i - 1];
      const found: string[] = [];
      if (!isConvex(each, time))
        found.push(`${symbol} ${day}: calls are not convex in strike (butterfly arbitrage)`);
      if (
        before !== undefined &&
        GRID.some((k) => variance(each, k, time) < variance(before, k, time) - ROUNDING)
      )
        found.push(
          `${symbol} ${day}: total variance is below that of the expiry before (calendar arbitrage)`,
        );
      return found;
    }),
  );
}

function variance(surface: ExpirySurface, k: number, time: number): number {
  const years = yearsTo(surface, time);
  const volatility = volatilityAt(surface, surface.forward * exp(k), years);
  return volatility * volatility * years;
}

/** Whether calls fall and flatten with the strike: at the strikes of the points, or all along an SVI smile. */
function isConvex(surface: ExpirySurface, time: number): boolean {
  const { smile, forward } = surface;
  const years = yearsTo(surface, time);
  const strikes =
    "svi" in smile ? GRID.map((k) => exp(k) * forward) : smile.points.map(({ strike }) => strike);
  const calls = strikes.map((strike) => {
    const volatility = volatilityAt(surface, strike, years);
    const value = black76({ forward, strike, years, volatility, discount: 1, call: true });
    return { strike: strike / forward, value: value / forward };
  });
  const slopes = calls.slice(1).map(({ strike, value }, i) => {
    const before = calls[i];
    return before === undefined ? 0 : (value - before.value) / (strike - before.strike);
  });
  return slopes.every((slope, i) => slope <= ROUNDING && slope >= (slopes[i - 1] ?? -1) - ROUNDING);
}
