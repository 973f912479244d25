import * as z from "zod/mini";
import { printable, shaped } from "../../encoding/shape.js";
import { cell, parseCsv } from "../../encoding/sheet.js";
import { type JsonObject, parseStrictJson } from "../../encoding/strictJson.js";
import { DuplicateFieldError, FormatError, MissingFieldError, TooManyError } from "../../errors.js";
import { type Instrument, parseInstrument } from "./instrument.js";
import { decimal, plain } from "./surface.js";

/** A position that is not linear in one price, or a dated future. Private. */
export interface SleevePosition {
  readonly instrument: Instrument;
  /** Options held, or coins of a linear future, or dollars of an inverse one; below 0 sold. */
  readonly amount: number;
  /** Price at which a future was entered, dollars; null for an option. */
  readonly entry: number | null;
}

/** A position by its payoff: what it is worth at prices of one underlying, and on straight lines between and beyond. */
export interface PayoffPosition {
  readonly name: string;
  readonly underlying: string;
  /** How many; below 0 sold. */
  readonly amount: number;
  /** Dollars, by rising prices; two or more. */
  readonly points: readonly { readonly price: number; readonly value: number }[];
}

/** All positions of an account that are not linear in a price, and its dated futures. Private. */
export interface Sleeve {
  readonly positions: readonly SleevePosition[];
  readonly payoffs: readonly PayoffPosition[];
}

const SLEEVE_FORMAT = "zkmargin/sleeve@1";
const MOST_POSITIONS = 10_000;
const MOST = "10 000 positions at most";
const sleeveShape = z.strictObject({
  format: z.literal(SLEEVE_FORMAT),
  positions: z
    .array(z.strictObject({ instrument: z.string(), amount: decimal, entry: z.optional(decimal) }))
    .check(z.maxLength(MOST_POSITIONS, MOST)),
  payoffs: z.optional(
    z
      .array(
        z.strictObject({
          name: printable(64),
          underlying: z.string().check(z.regex(/^[A-Z0-9]{1,16}$/, "the symbol of a coin")),
          amount: decimal,
          points: z
            .array(
              z.strictObject({
                price: decimal.check(z.refine((x) => x >= 0, "a price of at least 0")),
                value: decimal,
              }),
            )
            .check(z.minLength(2, "two points or more"), z.maxLength(1000, "1 000 points at most")),
        }),
      )
      .check(z.maxLength(1000, "1 000 payoffs at most")),
  ),
});

/**
 * Reads a sleeve: a file `zkmargin/sleeve@1`, or CSV with the columns instrument, amount and, where futures are held, entry.
 * @throws InputError naming the position, and never its amount
 *
 * @example
 * ```ts
 * import { parseSleeve } from "zkmargin/risk";
 *
 * console.log(parseSleeve("instrument,amount,entry\nBTC-25JUN21-36000-P,15,\n").positions.length); // 1
 * ```
 */
export function parseSleeve(text: string, path = "sleeve"): Sleeve {
  const { rows, payoffs } = /^\s*\{/.test(text) ? fromJson(text, path) : fromCsv(text, path);
  const seen = new Set<string>();
  const positions = rows.map(({ at, instrument: name, amount, entry }) => {
    const instrument = parseInstrument(name, `${at}.instrument`);
    if (seen.has(name))
      throw new DuplicateFieldError(`${at}.instrument`, "each instrument once", "one again");
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
  payoffs.forEach(({ name, amount, points }, i) => {
    const at = `${path}.payoffs[${i}]`;
    if (seen.has(name)) throw new DuplicateFieldError(`${at}.name`, "each name once", "one again");
    seen.add(name);
    if (amount === 0) throw new FormatError(`${at}.amount`, "an amount that is not 0", "0");
    points.forEach(({ price }, k) => {
      if (price <= (points[k - 1]?.price ?? -1))
        throw new FormatError(`${at}.points[${k}].price`, "prices in rising order", "another order");
    });
  });
  return { positions, payoffs };
}

/**
 * The text of a sleeve file. Numbers have as many digits as say which double they are.
 *
 * @example
 * ```ts
 * import { parseSleeve, serialiseSleeve } from "zkmargin/risk";
 *
 * console.log(JSON.parse(serialiseSleeve(parseSleeve(sleeveText))).format); // zkmargin/sleeve@1
 * ```
 */
export function serialiseSleeve({ positions, payoffs }: Sleeve): string {
  return `${JSON.stringify(sleeveToJson({ positions, payoffs }), null, 2)}\n`;
}

/** A sleeve as the JSON of its file; equal sleeves have equal ones, whatever file they came from. */
export function sleeveToJson({ positions, payoffs }: Sleeve): JsonObject {
  return {
    format: SLEEVE_FORMAT,
    positions: positions.map(({ instrument, amount, entry }) => ({
      instrument: instrument.name,
      amount: plain(amount),
      ...(entry === null ? {} : { entry: plain(entry) }),
    })),
    ...(payoffs.length === 0
      ? {}
      : {
          payoffs: payoffs.map(({ name, underlying, amount, points }) => ({
            name,
            underlying,
            amount: plain(amount),
            points: points.map(({ price, value }) => ({ price: plain(price), value: plain(value) })),
          })),
        }),
  };
}

interface Row {
  readonly at: string;
  readonly instrument: string;
  readonly amount: number;
  readonly entry: number | undefined;
}

interface Read {
  readonly rows: Row[];
  readonly payoffs: readonly PayoffPosition[];
}

function fromJson(text: string, path: string): Read {
  const { positions, payoffs = [] } = shaped(sleeveShape, parseStrictJson(text, path), {
    path,
    expected: "the fields of a sleeve",
  });
  const rows = positions.map((each, i) => ({ at: `${path}.positions[${i}]`, ...each, entry: each.entry }));
  return { rows, payoffs };
}

function fromCsv(text: string, path: string): Read {
  const { header, rows } = parseCsv(text, path);
  if (rows.length > MOST_POSITIONS) throw new TooManyError(path, MOST, "more");
  const [instrument, amount, entry] = ["instrument", "amount", "entry"].map((name) => header.indexOf(name));
  if (instrument === undefined || amount === undefined || instrument < 0 || amount < 0)
    throw new FormatError(path, "the columns instrument, amount and perhaps entry", "others");
  const number = (text: string, at: string) => {
    const read = decimal.safeParse(text);
    if (!read.success) throw new FormatError(at, "a plain decimal number", "other text");
    return read.data;
  };
  const read = rows.map((row) => {
    const entryText = entry === undefined || entry < 0 ? "" : cell(row, entry);
    return {
      at: row.path,
      instrument: cell(row, instrument),
      amount: number(cell(row, amount), `${row.path}.amount`),
      entry: entryText === "" ? undefined : number(entryText, `${row.path}.entry`),
    };
  });
  return { rows: read, payoffs: [] };
}

/** The coins that a sleeve has positions in, in the order of their symbols. */
export function underlyingsOf({ positions, payoffs }: Sleeve): string[] {
  const symbols = [
    ...positions.map(({ instrument }) => instrument.underlying),
    ...payoffs.map(({ underlying }) => underlying),
  ];
  return [...new Set(symbols)].sort();
}
