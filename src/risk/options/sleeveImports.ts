import * as z from "zod/mini";
import { shaped } from "../../encoding/shape.js";
import { cell, parseCsv } from "../../encoding/sheet.js";
import { FormatError, MissingFieldError, OutOfRangeError } from "../../errors.js";
import { parseDate } from "../../market/date.js";
import { deribitJson } from "./deribitSummary.js";
import { parseInstrument } from "./instrument.js";
import { parseSleeve, type Sleeve, type SleevePosition, serialiseSleeve } from "./sleeve.js";
import { parseSurface, type Surface } from "./surface.js";

const rowsShape = z
  .array(
    z.object({
      instrument_name: z.string().check(z.maxLength(64)),
      kind: z.string().check(z.maxLength(32)),
      direction: z.enum(["buy", "sell", "zero"]),
      /** Coins of an option or a linear future, dollars of an inverse one; its sign, if it has one, is the direction's. */
      size: z.number(),
      mark_price: z.number(),
      /** Coins, or dollars of what is linear, since the session's settlement. */
      floating_profit_loss: z.number(),
    }),
  )
  .check(z.maxLength(10_000, "10 000 positions at most"));
const positionsShape = z.object({ result: rowsShape });

/** What of a venue's answer is a sleeve, and the kinds of what is not. */
export interface ImportedSleeve {
  readonly sleeve: Sleeve;
  /** How many rows of each other kind were left out: perpetuals belong into a book. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/**
 * A sleeve from what Deribit answers to `private/get_positions`: its options and dated futures. Rows without a position are
 * left out, and so are perpetuals, which `zkmargin book import` takes. Deribit pays a future's profit into the balance every
 * day, so its entry is the price of that settlement: what the floating profit counts from.
 * @param text JSON as the endpoint answers it, with numbers as they are
 * @throws FormatError, MissingFieldError, OutOfRangeError naming the row, and never its size
 *
 * @example
 * ```ts
 * import { sleeveFromDeribit } from "zkmargin/risk";
 *
 * const position = { instrument_name: "BTC-28MAY21-48000-C", kind: "option", direction: "sell", size: -2 };
 * const result = [{ ...position, mark_price: 0.03, floating_profit_loss: 0 }];
 * console.log(sleeveFromDeribit(JSON.stringify({ result })).sleeve.positions[0]?.amount); // -2
 * ```
 */
export function sleeveFromDeribit(text: string, path = "positions"): ImportedSleeve {
  const json = deribitJson(text, path, "private/get_positions");
  const answer: unknown = Array.isArray(json) ? { result: json } : json;
  const { result } = shaped(positionsShape, answer, { path, expected: "an answer of get_positions" });
  const leftOut = new Map<string, number>();
  const positions = result.flatMap((row, i): SleevePosition[] => {
    const at = `${path}.result[${i}]`;
    if (row.size === 0) return [];
    if (row.direction === "zero")
      throw new FormatError(`${at}.direction`, "buy or sell, as the size is not 0", "zero");
    if (row.size < 0 !== (row.direction === "sell") && row.size < 0)
      throw new FormatError(`${at}.direction`, "sell, as the size is below 0", "buy");
    if ((row.kind !== "option" && row.kind !== "future") || row.instrument_name.endsWith("-PERPETUAL")) {
      const kind = row.kind === "future" ? "perpetual" : row.kind;
      leftOut.set(kind, (leftOut.get(kind) ?? 0) + 1);
      return [];
    }
    const instrument = parseInstrument(row.instrument_name, `${at}.instrument_name`);
    const amount = row.direction === "sell" ? -Math.abs(row.size) : row.size;
    if (instrument.option !== null) return [{ instrument, amount, entry: null }];
    const { mark_price: mark, floating_profit_loss: gained } = row;
    const entry =
      instrument.settlement === "inverse" ? amount / (gained + amount / mark) : mark - gained / amount;
    if (!(mark > 0 && entry > 0 && Number.isFinite(entry)))
      throw new FormatError(`${at}.mark_price`, "a price above 0 that fits the floating profit", "another");
    return [{ instrument, amount, entry }];
  });
  // What a sleeve may not hold, an instrument twice for one, its reader says.
  return { sleeve: parseSleeve(serialiseSleeve({ positions, payoffs: [] }), path), leftOut };
}

const COLUMNS = ["underlying", "spot", "expiry", "forward", "rate", "strike", "volatility"] as const;

/** Refuses a table whose rates or volatilities are percentages, or whose forwards are of another unit than the spot. */
function checkUnits({ underlyings }: Surface, path: string): void {
  const all = [...underlyings.values()].flatMap(({ spot, expiries }) =>
    expiries.map((expiry) => ({ spot, ...expiry })),
  );
  if (all.some(({ rate }) => Math.abs(rate) > 1))
    throw new OutOfRangeError(`${path}.rate`, "shares a year, −1 to 1: 0.045 for 4.5 %", "another number");
  const volatilities = all.flatMap(({ smile }) =>
    "points" in smile ? smile.points.map(({ volatility }) => volatility) : [],
  );
  if (volatilities.length > 0 && volatilities.every((volatility) => volatility >= 5))
    throw new OutOfRangeError(`${path}.volatility`, "shares: 0.55 for 55 %", "percentages");
  if (all.some(({ spot, forward }) => forward > 2 * spot || 2 * forward < spot))
    throw new OutOfRangeError(
      `${path}.forward`,
      "dollars, half the spot to twice the spot",
      "another number; see that both are prices of the same coin",
    );
}

/**
 * A surface from CSV with exactly the columns underlying, spot, expiry, forward, rate, strike and volatility: a row for each
 * point, strikes rising in each expiry. Expiry is a day as YYYY-MM-DD, at 08:00 UTC, or unix seconds.
 * @param time unix seconds of the observation
 * @throws InputError naming the line
 *
 * @example
 * ```ts
 * import { surfaceFromCsv } from "zkmargin/risk";
 *
 * const header = "underlying,spot,expiry,forward,rate,strike,volatility";
 * const surface = surfaceFromCsv(`${header}\nBTC,43500,2021-05-28,43600,0,44000,0.98\n`, 1_621_252_800);
 * console.log(surface.underlyings.get("BTC")?.spot); // 43500
 * ```
 */
export function surfaceFromCsv(text: string, time: number, path = "surface"): Surface {
  const { header, rows } = parseCsv(text, path);
  if (header.join() !== COLUMNS.join())
    throw new FormatError(`${path}.line1`, `the columns ${COLUMNS.join()}`, "others");
  if (rows.length === 0) throw new MissingFieldError(path, "a row for each point", "none");
  interface Expiry {
    readonly expiry: number;
    readonly forward: string;
    readonly rate: string;
    readonly points: { readonly strike: string; readonly volatility: string }[];
  }
  const underlyings: Record<string, { readonly spot: string; readonly expiries: Expiry[] }> = {};
  for (const row of rows) {
    const [symbol = "", spot = "", day = "", forward = "", rate = "", strike = "", volatility = ""] =
      COLUMNS.map((_, i) => cell(row, i));
    if (!/^[A-Z0-9]{1,16}$/.test(symbol))
      throw new FormatError(`${row.path}.underlying`, "the symbol of a coin in capitals", "other text");
    const expiry = /^\d{4}-\d{2}-\d{2}$/.test(day)
      ? parseDate(day, `${row.path}.expiry`) + 8 * 3600
      : /^\d{1,12}$/.test(day)
        ? Number(day)
        : Number.NaN;
    if (!Number.isSafeInteger(expiry))
      throw new FormatError(`${row.path}.expiry`, "a day as YYYY-MM-DD or unix seconds", "other text");
    const known = Object.hasOwn(underlyings, symbol) ? underlyings[symbol] : undefined;
    const underlying = known ?? { spot, expiries: [] };
    underlyings[symbol] = underlying;
    const own = underlying.expiries.find((each) => each.expiry === expiry);
    const book = own ?? { expiry, forward, rate, points: [] };
    if (own === undefined) underlying.expiries.push(book);
    if (underlying.spot !== spot || book.forward !== forward || book.rate !== rate)
      throw new FormatError(row.path, "the spot, forward and rate of the rows before", "others");
    book.points.push({ strike, volatility });
  }
  const surface = parseSurface(JSON.stringify({ format: "zkmargin/surface@1", time, underlyings }), path);
  checkUnits(surface, path);
  return surface;
}
