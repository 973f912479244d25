import { z } from "zod";
import { cell, parseCsv } from "../../encoding/csv.js";
import { shaped } from "../../encoding/shape.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import { FormatError, MissingFieldError } from "../../errors.js";
import { exp } from "../statistics/elementary.js";
import { type Black76Option, black76, type Greeks, greeks } from "./black76.js";
import type { ExpiryBook, OptionPosition } from "./book.js";
import { type Instrument, parseInstrument } from "./instrument.js";
import { decimal, type ExpirySurface, type Surface, volatilityAt, yearsTo } from "./surface.js";

/** A position that is not linear in one price, or a dated future. Private. */
export interface SleevePosition {
  readonly instrument: Instrument;
  /** Options held, or coins of a linear future, or dollars of an inverse one; below 0 sold. */
  readonly amount: number;
  /** Price at which a future was entered, dollars; null for an option. */
  readonly entry: number | null;
}

/** A position with what it is worth. Dollars, but for delta, gamma: coins, and coins for a dollar. */
export interface PricedPosition extends Greeks {
  readonly position: SleevePosition;
  readonly value: number;
  /** Null for a future. */
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
}

const SLEEVE_FORMAT = "zkmargin/sleeve@1";
const sleeveShape = z.strictObject({
  format: z.literal(SLEEVE_FORMAT),
  positions: z
    .array(z.strictObject({ instrument: z.string(), amount: decimal, entry: decimal.optional() }))
    .max(10_000),
});

/** Seconds before expiry within which Deribit settles by an average of the index, which no price at a moment is. */
export const SETTLEMENT_WINDOW = 1800;

/**
 * Reads the positions of a sleeve: a file `zkmargin/sleeve@1`, or CSV with the columns instrument, amount and, where futures
 * are held, entry.
 * @throws InputError naming the position, and never its amount
 *
 * @example
 * ```ts
 * import { parseSleeve } from "zkmargin/risk";
 *
 * console.log(parseSleeve("instrument,amount,entry\nBTC-25JUN21-36000-P,15,\n").length); // 1
 * ```
 */
export function parseSleeve(text: string, path = "sleeve"): SleevePosition[] {
  const rows = /^\s*\{/.test(text) ? fromJson(text, path) : fromCsv(text, path);
  const seen = new Set<string>();
  return rows.map(({ at, instrument: name, amount, entry }) => {
    const instrument = parseInstrument(name, `${at}.instrument`);
    if (seen.has(name)) throw new FormatError(`${at}.instrument`, "each instrument once", "one again");
    seen.add(name);
    if (amount === 0) throw new FormatError(`${at}.amount`, "an amount that is not 0", "0");
    if (instrument.option === null && entry === undefined)
      throw new MissingFieldError(`${at}.entry`, "the price at which the future was entered", "none");
    if (instrument.option !== null && entry !== undefined)
      throw new FormatError(`${at}.entry`, "none for an option", "one");
    if (entry !== undefined && !(entry > 0))
      throw new FormatError(`${at}.entry`, "a price above 0", "another");
    return { instrument, amount, entry: entry ?? null };
  });
}

interface Row {
  readonly at: string;
  readonly instrument: string;
  readonly amount: number;
  readonly entry: number | undefined;
}

function fromJson(text: string, path: string): Row[] {
  const { positions } = shaped(sleeveShape, parseStrictJson(text, path), {
    path,
    expected: "the fields of a sleeve",
  });
  return positions.map((each, i) => ({ at: `${path}.positions[${i}]`, ...each, entry: each.entry }));
}

function fromCsv(text: string, path: string): Row[] {
  const { header, rows } = parseCsv(text, path);
  const [instrument, amount, entry] = ["instrument", "amount", "entry"].map((name) => header.indexOf(name));
  if (instrument === undefined || amount === undefined || instrument < 0 || amount < 0)
    throw new FormatError(path, "the columns instrument, amount and perhaps entry", "others");
  const number = (text: string, at: string) => {
    const read = decimal.safeParse(text);
    if (!read.success) throw new FormatError(at, "a plain decimal number", "other text");
    return read.data;
  };
  return rows.map((row) => {
    const entryText = entry === undefined || entry < 0 ? "" : cell(row, entry);
    return {
      at: row.path,
      instrument: cell(row, instrument),
      amount: number(cell(row, amount), `${row.path}.amount`),
      entry: entryText === "" ? undefined : number(entryText, `${row.path}.entry`),
    };
  });
}

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
export function priceSleeve(positions: readonly SleevePosition[], surface: Surface): UnderlyingSleeve[] {
  const symbols = [...new Set(positions.map(({ instrument }) => instrument.underlying))].sort();
  return symbols.map((symbol): UnderlyingSleeve => {
    const underlying = surface.underlyings.get(symbol);
    if (underlying === undefined)
      throw new MissingFieldError(`surface.underlyings.${symbol}`, `prices of ${symbol}`, "none");
    const { spot } = underlying;
    const books = new Map<number, { surface: ExpirySurface; options: OptionPosition[] }>();
    let [futuresValue, futuresExposure] = [0, 0];
    const priced = positions
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
        return { position, volatility: option.volatility, ...scaled(option, position.amount) };
      });
    const expiries = [...books.values()].map(({ surface: { expiry, forward, rate }, options }) => ({
      secondsToExpiry: expiry - surface.time,
      forward,
      rate,
      options,
    }));
    return { symbol, spot, positions: priced, expiries, futuresValue, futuresExposure };
  });
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
function scaled(option: Black76Option, amount: number): Omit<PricedPosition, "position" | "volatility"> {
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
  return { position, value, delta, gamma: 0, vega: 0, theta: 0, volatility: null };
}
