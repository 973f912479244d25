import { nearestNumber, parseDecimal, parseInteger } from "../encoding/decimal.js";
import { cell, parseCsv } from "../encoding/sheet.js";
import { sha256OfText } from "../encoding/strictJson.js";
import {
  DuplicateAssetError,
  DuplicateFieldError,
  FormatError,
  MalformedError,
  MissingFieldError,
  OutOfRangeError,
  TooLittleHistoryError,
} from "../errors.js";
import { USD_DECIMALS } from "../protocol/bounds.js";
import { isSymbol, type Listing } from "../protocol/listing.js";
import { DAY_SECONDS, formatDate, HOUR_SECONDS, parseDate } from "./date.js";

/** The closes of one day. */
export interface DailyCloses {
  /** ISO date. */
  readonly date: string;
  /** Attodollars per unit, exact, in the order of the history's assets; null before an asset was listed. */
  readonly closes: readonly (bigint | null)[];
}

/** Exact daily closes. */
export interface DailyPrices {
  readonly assets: readonly string[];
  /** Dates strictly rising; days may be missing. */
  readonly days: readonly DailyCloses[];
}

/** A daily price history. */
export interface PriceHistory extends DailyPrices {
  /** SHA-256 of the CSV text, hex. */
  readonly sha256: string;
}

/** Closing prices as statistics take them, in the order of time: the only market data that the risk engine reads. */
export interface PriceTable {
  readonly assets: readonly string[];
  /** Strictly rising; all of them days (`2021-05-17`) or all of them hours (`2024-01-14T05:00Z`), UTC. Some may be missing. */
  readonly times: readonly string[];
  /** `[time][asset]`, dollars per unit, above 0; null where there is none. */
  readonly closes: readonly (readonly (number | null)[])[];
}

/**
 * Parses a price history: a CSV with the column `date` and one per asset. Each row is an ISO date and daily closes in
 * dollars per unit (at most 18 decimals), blank where an asset had none.
 *
 * @throws MalformedError, DuplicateAssetError, PrecisionError; FormatError (notation, NaN, no valid date);
 *   OutOfRangeError (a price of zero or below, dates that do not rise); DuplicateFieldError (a date twice)
 *
 * @example
 * ```ts
 * import { parseHistory } from "zkmargin/risk";
 *
 * console.log(parseHistory(historyText).assets.includes("BTC")); // true
 * ```
 */
export function parseHistory(text: string, path = "history"): PriceHistory {
  const { assets, rows } = parseCloses(text, path, { name: "date", unit: "day", read: parseDate });
  return {
    sha256: sha256OfText(text),
    assets,
    days: rows.map(({ time, closes }) => ({ date: time, closes })),
  };
}

/**
 * The assets of a listing that were priced before or on the first day of a market's window: what a market of that
 * date can list. An asset without any price stays, so that it is missed loudly, as does one with a gap.
 * @param window days, `date` included
 * @throws FormatError for a date that is none, TooLittleHistoryError for a window that begins before the history
 *
 * @example
 * ```ts
 * import { DEFAULT_LISTING } from "zkmargin/protocol";
 * import { listedOn } from "zkmargin/risk";
 *
 * console.log(listedOn(history, "2021-05-17", 3, DEFAULT_LISTING).length > 0); // true
 * ```
 */
export function listedOn(history: PriceHistory, date: string, window: number, listing: Listing): Listing {
  const firstDay = parseDate(date, "date") - (window - 1) * DAY_SECONDS;
  const [begins] = history.days;
  if (begins !== undefined && firstDay < parseDate(begins.date, "history"))
    throw new TooLittleHistoryError(
      "date",
      `a window of ${window} days that begins at ${begins.date} or later, where the history begins`,
      `one that begins at ${formatDate(firstDay)}`,
    );
  return listing.filter(({ symbol }) => {
    const column = history.assets.indexOf(symbol);
    const first = history.days.find(({ closes }) => closes[column] != null);
    return first === undefined || parseDate(first.date, "history") <= firstDay;
  });
}

/**
 * The closes of one day, attodollars a unit, in the order of a listing.
 * @throws TooLittleHistoryError for a day or an asset that the history has no close of
 *
 * @example
 * ```ts
 * import { closesOn } from "zkmargin/risk";
 *
 * console.log(closesOn(history, market.listing, "2021-05-17").length === market.listing.length); // true
 * ```
 */
export function closesOn(history: PriceHistory, listing: Listing, date: string): bigint[] {
  const day = history.days.find((found) => found.date === date);
  return listing.map(({ symbol }) => {
    const close = day?.closes[history.assets.indexOf(symbol)] ?? null;
    if (close === null) throw new TooLittleHistoryError(symbol, `a close of ${date}`, "none");
    return close;
  });
}

/** Index of an asset's column. @throws MissingFieldError */
export function columnOf(assets: readonly string[], symbol: string): number {
  const column = assets.indexOf(symbol);
  if (column === -1) throw new MissingFieldError(`history.${symbol}`, "a column for the asset", "none");
  return column;
}

/** Index of a date's row. @throws OutOfRangeError naming the range of the history */
export function rowOf({ days }: DailyPrices, date: string, path: string): number {
  const row = days.findIndex((day) => day.date === date);
  if (row === -1)
    throw new OutOfRangeError(
      path,
      `a day of the price history, ${days[0]?.date} to ${days.at(-1)?.date}`,
      date,
    );
  return row;
}

/** The ISO date of a row. @throws RangeError where there is no such row */
export function dateOf({ days }: DailyPrices, row: number): string {
  const day = days[row];
  if (day === undefined) throw new RangeError(`no row ${row}`);
  return day.date;
}

/** How the first column of a price history tells time. */
interface TimeColumn {
  readonly name: string;
  /** What one row is: "day". */
  readonly unit: string;
  /** Unix seconds of a cell. */
  readonly read: (text: string, path: string) => number;
}

/** One row: its time as written, and its closes. */
interface ClosesRow {
  readonly time: string;
  /** Attodollars per unit, exact, in the order of the assets; null where there is none. */
  readonly closes: readonly (bigint | null)[];
}

/**
 * Parses a CSV of closing prices: a column of times, then one per asset in dollars per unit (at most 18 decimals),
 * blank where an asset had none.
 *
 * @throws MalformedError, DuplicateAssetError, PrecisionError; FormatError (notation, NaN, no valid time);
 *   OutOfRangeError (a price of zero or below, times that do not rise); DuplicateFieldError (a time twice)
 */
function parseCloses(
  text: string,
  path: string,
  column: TimeColumn,
): { readonly assets: readonly string[]; readonly rows: readonly ClosesRow[] } {
  const { header, rows } = parseCsv(text, path);
  const [first, ...assets] = header;
  if (first !== column.name)
    throw new FormatError(`${path}.line1`, `a first column named "${column.name}"`, "another name");
  if (assets.length === 0) throw new MalformedError(`${path}.line1`, "a column for each asset", "none");
  assets.forEach((asset, i) => {
    if (!isSymbol(asset))
      throw new FormatError(`${path}.line1`, "the symbol of an asset", JSON.stringify(asset));
    if (assets.indexOf(asset) !== i) throw new DuplicateAssetError(`${path}.line1`, "each asset once", asset);
  });
  if (rows.length === 0) throw new MalformedError(path, `at least one ${column.unit}`, "none");

  let before = Number.NEGATIVE_INFINITY;
  return {
    assets,
    rows: rows.map((row): ClosesRow => {
      const time = cell(row, 0);
      const at = `${row.path}.${column.name}`;
      const seconds = column.read(time, at);
      if (seconds === before) throw new DuplicateFieldError(at, `each ${column.name} once`, time);
      if (seconds < before) throw new OutOfRangeError(at, `a ${column.name} after the row above`, time);
      before = seconds;
      return { time, closes: assets.map((asset, i) => parseClose(cell(row, i + 1), `${row.path}.${asset}`)) };
    }),
  };
}

function parseClose(text: string, path: string): bigint | null {
  if (text === "") return null;
  const close = parseDecimal(text, USD_DECIMALS, path);
  if (close <= 0n) throw new OutOfRangeError(path, "a price above 0", text);
  return close;
}

/** 9999-12-31, after which dates have more digits. */
const TIME_MAX = 253_402_214_400;

/**
 * Daily closes as a table; each price is the double nearest to it.
 *
 * @example
 * ```ts
 * import { dailyTable } from "zkmargin/risk";
 *
 * console.log(dailyTable(history).assets.includes("BTC")); // true
 * ```
 */
export function dailyTable({ assets, days }: DailyPrices): PriceTable {
  return tableOf(
    assets,
    days.map(({ date, closes }) => ({ time: date, closes })),
  );
}

/**
 * Parses daily prices (a first column `date`, ISO dates) or hourly ones (a first column `time`, Unix seconds on the
 * hour), whichever the text is.
 * @throws as {@link parseHistory}
 *
 * @example
 * ```ts
 * import { parsePriceTable } from "zkmargin/risk";
 *
 * console.log(parsePriceTable(historyText).assets.includes("BTC")); // true
 * ```
 */
export function parsePriceTable(text: string, path = "history"): PriceTable {
  if (!/^\uFEFF?time(,|\r?\n|$)/.test(text)) return dailyTable(parseHistory(text, path));
  const { assets, rows } = parseCloses(text, path, { name: "time", unit: "hour", read: parseHour });
  return tableOf(
    assets,
    rows.map(({ time, closes }) => ({ time: hourLabel(Number(time)), closes })),
  );
}

function parseHour(text: string, path: string): number {
  const seconds = Number(parseInteger(text, path));
  if (seconds < 0 || seconds > TIME_MAX) throw new OutOfRangeError(path, `0 to ${TIME_MAX} seconds`, text);
  if (seconds % HOUR_SECONDS !== 0)
    throw new FormatError(path, "Unix seconds of a full hour", "a time within an hour");
  return seconds;
}

function hourLabel(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16)}Z`;
}

function tableOf(assets: readonly string[], rows: readonly ClosesRow[]): PriceTable {
  return {
    assets,
    times: rows.map(({ time }) => time),
    closes: rows.map(({ closes }) =>
      closes.map((close) => (close === null ? null : nearestNumber(close, USD_DECIMALS))),
    ),
  };
}
