import { FormatError, MissingFieldError } from "../../errors.js";
import { exp } from "../statistics/elementary.js";
import { type Black76Option, black76, type Greeks, greeks } from "./black76.js";
import type { ExpiryBook, OptionPosition } from "./book.js";
import type { Instrument } from "./instrument.js";
import { type PayoffPosition, type Sleeve, type SleevePosition, underlyingsOf } from "./sleeve.js";
import type { BoundedGroup, BoundedLeg } from "./sleeveNodes.js";
import {
  type ExpirySurface,
  type Surface,
  type UnderlyingSurface,
  volatilityAt,
  yearsTo,
} from "./surface.js";

/** A position with what it is worth. Dollars, but for delta, gamma: coins, and coins for a dollar. */
export interface PricedPosition extends Greeks {
  readonly name: string;
  readonly value: number;
  /** Null for what is no option. */
  readonly volatility: number | null;
}

/** The positions of one underlying, as {@link optionMargin} and SPAN take them. */
export interface UnderlyingSleeve {
  readonly symbol: string;
  readonly spot: number;
  readonly positions: readonly PricedPosition[];
  readonly expiries: readonly ExpiryBook[];
  /** Value of the dated futures, and what they would gain if the price doubled. */
  readonly futuresValue: number;
  readonly futuresExposure: number;
  /** Whether there are payoffs among the positions, which no venue margins. */
  readonly hasPayoffs: boolean;
}

/** Seconds before expiry within which Deribit settles by an average of the index, which no price at a moment is. */
export const SETTLEMENT_WINDOW = 1800;

/**
 * Prices a sleeve on a surface, one underlying after another. A linear option is worth its discounted Black-76 value. An
 * inverse one pays coin: its value is the undiscounted one in coins of the forward, at today's spot price.
 * @throws MissingFieldError if the surface has no such underlying or expiry; FormatError for what expires within
 *   {@link SETTLEMENT_WINDOW}, where the venue settles by an average
 *
 * @example
 * ```ts
 * import { parseSleeve, parseSurface, priceSleeve } from "zkmargin/risk";
 *
 * const [sleeve] = priceSleeve(parseSleeve(sleeveText), parseSurface(surfaceText));
 * console.log(sleeve !== undefined); // true
 * ```
 */
export function priceSleeve(sleeve: Sleeve, surface: Surface): UnderlyingSleeve[] {
  return underlyingsOf(sleeve).map((symbol): UnderlyingSleeve => {
    const underlying = underlyingIn(surface, symbol);
    const { spot } = underlying;
    const books = new Map<number, { surface: ExpirySurface; options: OptionPosition[] }>();
    let [futuresValue, futuresExposure] = [0, 0];
    const priced = sleeve.positions
      .filter(({ instrument }) => instrument.underlying === symbol)
      .map((position): PricedPosition => {
        const expiry = expiryOf(position.instrument, underlying.expiries, surface.time);
        if (position.instrument.option === null) {
          const future = priceFuture(position, spot, expiry.forward);
          futuresValue += future.value;
          futuresExposure += future.delta * expiry.forward;
          return future;
        }
        const book = books.get(expiry.expiry) ?? { surface: expiry, options: [] };
        books.set(expiry.expiry, book);
        const { option, held } = optionOf(position, position.instrument.option, spot, expiry, surface.time);
        book.options.push(held);
        const { name } = position.instrument;
        return { name, volatility: option.volatility, ...scaled(option, position.amount) };
      });
    const payoffs = sleeve.payoffs.filter(({ underlying }) => underlying === symbol);
    const expiries = [...books.values()].map(({ surface: { expiry, forward, rate }, options }) => ({
      secondsToExpiry: expiry - surface.time,
      forward,
      rate,
      options,
    }));
    return {
      symbol,
      spot,
      positions: [...priced, ...payoffs.map((payoff) => pricePayoff(payoff, spot))],
      expiries,
      futuresValue,
      futuresExposure,
      hasPayoffs: payoffs.length > 0,
    };
  });
}

/**
 * The positions in one underlying as bounds take them: by expiry and how they are paid.
 * @param optionsApart whether options and futures of one expiry are different groups
 * @throws as {@link priceSleeve}
 */
export function sleeveGroups(
  { positions, payoffs }: Sleeve,
  surface: Surface,
  symbol: string,
  optionsApart: boolean,
): BoundedGroup[] {
  const underlying = underlyingIn(surface, symbol);
  const groups = new Map<string, BoundedGroup & { legs: BoundedLeg[]; constant: number; slope: number }>();
  for (const { instrument, amount, entry } of positions) {
    if (instrument.underlying !== symbol) continue;
    const expiry = expiryOf(instrument, underlying.expiries, surface.time);
    const years = yearsTo(expiry, surface.time);
    const inverse = instrument.settlement === "inverse";
    const ruled = instrument.option !== null && optionsApart;
    const key = `${expiry.expiry} ${inverse} ${ruled}`;
    const ratio = expiry.forward / underlying.spot;
    const common = { ratio, years, rate: expiry.rate, inverse, ruled };
    const group = groups.get(key) ?? { ...common, constant: 0, slope: 0, legs: [] };
    groups.set(key, group);
    if (instrument.option !== null) {
      const volatility = volatilityAt(expiry, instrument.option.strike, years);
      group.legs.push({ amount, ...instrument.option, volatility });
    } else if (inverse) {
      group.constant -= amount / ratio;
      group.slope += amount / (entry ?? expiry.forward);
    } else {
      group.constant -= amount * (entry ?? expiry.forward);
      group.slope += amount * ratio;
    }
  }
  const tables = payoffs.filter((payoff) => payoff.underlying === symbol).map(kinksOf);
  const payoffGroup = {
    ratio: 1,
    years: Number.POSITIVE_INFINITY,
    rate: 0,
    inverse: false,
    ruled: false,
    constant: tables.reduce((sum, { constant }) => sum + constant, 0),
    slope: tables.reduce((sum, { slope }) => sum + slope, 0),
    legs: tables.flatMap(({ legs }) => legs),
  };
  return [...groups.values(), ...(tables.length > 0 ? [payoffGroup] : [])];
}

/** A payoff as a straight line, and a call without volatility at every kink. */
function kinksOf({ amount, points }: PayoffPosition): Pick<BoundedGroup, "constant" | "slope" | "legs"> {
  const slopes = points.slice(1).map(({ price, value }, i) => {
    const before = points[i] ?? { price: 0, value: 0 };
    return (value - before.value) / (price - before.price);
  });
  const [first] = points;
  const slope = slopes[0] ?? 0;
  const legs = slopes.slice(1).map((next, i) => ({
    amount: amount * (next - (slopes[i] ?? 0)),
    strike: points[i + 1]?.price ?? 0,
    call: true,
    volatility: 0,
  }));
  return {
    constant: amount * ((first?.value ?? 0) - slope * (first?.price ?? 0)),
    slope: amount * slope,
    legs: legs.filter((leg) => leg.amount !== 0),
  };
}

function pricePayoff(payoff: PayoffPosition, spot: number): PricedPosition {
  const { constant, slope, legs } = kinksOf(payoff);
  const beyond = legs.filter(({ strike }) => strike < spot);
  const value = beyond.reduce(
    (sum, { amount, strike }) => sum + amount * (spot - strike),
    constant + slope * spot,
  );
  const delta = beyond.reduce((sum, { amount }) => sum + amount, slope);
  return { name: payoff.name, value, delta, gamma: 0, vega: 0, theta: 0, volatility: null };
}

function underlyingIn(surface: Surface, symbol: string): UnderlyingSurface {
  const found = surface.underlyings.get(symbol);
  if (found === undefined)
    throw new MissingFieldError(`surface.underlyings.${symbol}`, `prices of ${symbol}`, "none");
  return found;
}

function expiryOf(
  { name, underlying, expiry }: Instrument,
  expiries: readonly ExpirySurface[],
  time: number,
): ExpirySurface {
  const day = new Date(expiry * 1000).toISOString().slice(0, 10);
  if (expiry - time < SETTLEMENT_WINDOW)
    throw new FormatError(
      `sleeve.${name}`,
      "an expiry at least half an hour away, when settlement by an average begins",
      expiry <= time ? "one that is over" : "one within it",
    );
  const found = expiries.find((each) => each.expiry === expiry);
  if (found === undefined)
    throw new MissingFieldError(`surface.underlyings.${underlying}`, `the expiry of ${day}`, "none");
  return found;
}

function optionOf(
  { instrument, amount }: SleevePosition,
  { strike, call }: NonNullable<Instrument["option"]>,
  spot: number,
  expiry: ExpirySurface,
  time: number,
): { option: Black76Option; held: OptionPosition } {
  const years = yearsTo(expiry, time);
  const volatility = volatilityAt(expiry, strike, years);
  const inverse = instrument.settlement === "inverse" ? { discount: spot / expiry.forward } : {};
  const option = {
    forward: expiry.forward,
    strike,
    years,
    volatility,
    discount: exp(-expiry.rate * years),
    call,
  };
  return { option: { ...option, ...inverse }, held: { strike, call, volatility, amount, ...inverse } };
}

/** Value and greeks of an amount of one option. */
function scaled(option: Black76Option, amount: number): Omit<PricedPosition, "name" | "volatility"> {
  const { delta, gamma, vega, theta } = greeks(option);
  return {
    value: amount * black76(option),
    delta: amount * delta,
    gamma: amount * gamma,
    vega: amount * vega,
    theta: amount * theta,
  };
}

/** A linear future gains amount·(F − entry) dollars; an inverse one of N dollars gains N·(1/entry − 1/F) coins. */
function priceFuture(position: SleevePosition, spot: number, forward: number): PricedPosition {
  const { instrument, amount } = position;
  const entry = position.entry ?? forward;
  const [value, delta] =
    instrument.settlement === "linear"
      ? [amount * (forward - entry), amount]
      : [amount * spot * (1 / entry - 1 / forward), ((amount * spot) / forward) * (1 / entry)];
  return { name: instrument.name, value, delta, gamma: 0, vega: 0, theta: 0, volatility: null };
}
