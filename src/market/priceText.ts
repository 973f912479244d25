/** Price files of exchanges and data vendors, each read into series of dated closes. */

import type { SheetRow } from "../encoding/sheet.js";
import { parseForeignDecimal, parseTable } from "../encoding/sheet.js";
import { isJsonObject, type JsonValue, parseJsonTexts } from "../encoding/strictJson.js";
import { FormatError, MalformedError, OutOfRangeError } from "../errors.js";
import { USD_DECIMALS } from "../protocol/bounds.js";
import { epoch, isEpoch, MS, type TimeMeaning, timeOf } from "./date.js";

/** One close, as a file has it. */
export interface ReadClose {
  /** Unix milliseconds. */
  readonly time: number;
  /** Unix milliseconds at which the candle ends, where the file says so. */
  readonly end?: number;
  /** Attodollars per unit, or 10^-18 units of the asset that it is priced in; null for a blank. */
  readonly close: bigint | null;
  /** Where it stands, for errors. */
  readonly path: string;
}

/** The closes of one asset in a file, in the file's order. */
export interface ReadSeries {
  /** The asset in the file's words; null where the file does not say. */
  readonly name: string | null;
  readonly meaning: TimeMeaning;
  /** Whether the dates are of candles, with open, high and low: a candle may be of a week. */
  readonly candles?: boolean;
  readonly closes: readonly ReadClose[];
}

/** A price file, read. */
export interface ReadPrices {
  /** What the file was taken for. */
  readonly layout: string;
  readonly series: readonly ReadSeries[];
}

/** How the texts of a file are to be taken. */
export interface PriceTextOptions {
  /** Seconds east of UTC of times that do not say their zone; 0 by default. */
  readonly zone?: number;
}

/**
 * Reads a price file in any of the layouts of docs/FORMATS.md: Binance klines (CSV or JSON), CoinGecko's market_chart, CCXT's
 * OHLCV, Yahoo's CSV, or a plain CSV, wide or long. What the file is follows from its columns, never from its numbers. Prices
 * are exact up to 18 decimals; further digits are rounded to the nearest.
 * @throws MalformedError, FormatError, OutOfRangeError, each naming line and column
 */
export function readPriceText(text: string, path: string, options: PriceTextOptions = {}): ReadPrices {
  const zone = options.zone ?? 0;
  const start = text.replace(/^\uFEFF/, "").trimStart();
  if (start.startsWith("{") || start.startsWith("[")) return readJson(parseJsonTexts(text, path), path);
  return readCsv(parseTable(text, path), path, zone);
}

const LAYOUTS =
  "Binance klines, CoinGecko market_chart, CCXT OHLCV, a CSV with a column of times and a close, or one with a column for each asset";

/** Columns of a kline that Binance writes without a header. */
const KLINE = { columns: 12, open: 0, close: 4, end: 6 } as const;
/** Of CCXT's OHLCV: time, open, high, low, close, volume. */
const OHLCV = { columns: 6, close: 4 } as const;

function readJson(value: JsonValue, path: string): ReadPrices {
  if (isJsonObject(value)) {
    const { prices } = value;
    if (!Array.isArray(prices)) throw new FormatError(path, LAYOUTS, 'an object without a list "prices"');
    const closes = prices.map((item: JsonValue, i: number): ReadClose => {
      const at = `${path}.prices[${i}]`;
      const [time, price] = cellsOf(item, at, 2);
      return { time: epoch(time ?? "", at), close: priceOf(price ?? "", at), path: at };
    });
    return { layout: "CoinGecko market_chart", series: [{ name: null, meaning: "point", closes }] };
  }
  const rows = value as readonly JsonValue[];
  if (rows.length === 0) throw new MalformedError(path, "at least one close", "none");
  const width = Array.isArray(rows[0]) ? (rows[0] as readonly JsonValue[]).length : 0;
  if (width !== KLINE.columns && width !== OHLCV.columns)
    throw new FormatError(
      `${path}[0]`,
      "12 values, as a Binance kline has, or 6, as CCXT's OHLCV",
      width === 0 ? "something else" : `${width} values`,
    );
  const closes = rows.map((item, i): ReadClose => {
    const at = `${path}[${i}]`;
    const cells = cellsOf(item, at, width);
    return width === KLINE.columns ? kline(cells, at) : candle(cells, at);
  });
  const layout = width === KLINE.columns ? "Binance klines" : "CCXT OHLCV";
  return { layout, series: [{ name: null, meaning: "candle", closes }] };
}

/** A list of so many numbers, as texts; null is a blank. */
function cellsOf(value: JsonValue, path: string, width: number): string[] {
  if (!Array.isArray(value) || value.length !== width)
    throw new MalformedError(path, `a list of ${width} values`, "something else");
  return value.map((cell: JsonValue) => {
    if (cell === null) return "";
    if (typeof cell !== "string") throw new MalformedError(path, "numbers", "something else");
    return cell;
  });
}

function kline(cells: readonly string[], path: string): ReadClose {
  return {
    time: epoch(cells[KLINE.open] ?? "", path),
    // The last millisecond, or microsecond, of the candle.
    end: epoch(cells[KLINE.end] ?? "", path, "up"),
    close: checkedClose(cells.slice(1, 5), path),
    path,
  };
}

function candle(cells: readonly string[], path: string): ReadClose {
  return { time: epoch(cells[0] ?? "", path), close: checkedClose(cells.slice(1, 5), path), path };
}

/** The close of open, high, low and close, if it lies between low and high: other columns than expected seldom do. */
function checkedClose(cells: readonly string[], path: string): bigint | null {
  const [open, high, low, close] = cells.map((cell) => priceOf(cell, path));
  if (close === null || close === undefined) return null;
  for (const price of [open, close])
    if (price != null && ((high != null && price > high) || (low != null && price < low)))
      throw new OutOfRangeError(path, "open and close between low and high", "one beyond them");
  return close;
}

const TIMES: readonly string[] = [
  ...["opentime", "timeopen", "unix", "unixtimestamp", "timestamp", "snappedat"],
  ...["datetime", "date", "day", "time"],
];
const CLOSES: readonly string[] = ["close", "closeprice", "price"];
const SYMBOLS: readonly string[] = ["symbol", "asset", "ticker", "coin", "pair", "instrument"];
/** Columns beside the close that make a table one of candles. */
const CANDLE: readonly string[] = ["open", "high", "low"];

const columnName = (cell: string) => cell.toLowerCase().replace(/[^a-z0-9]/g, "");

function readCsv(rows: readonly SheetRow[], path: string, zone: number): ReadPrices {
  const [header, ...body] = rows;
  if (header === undefined) throw new MalformedError(path, "at least one row", "none");
  if (header.cells.length === KLINE.columns && isEpoch(header.cells[0] ?? ""))
    return {
      layout: "Binance klines",
      series: [{ name: null, meaning: "candle", closes: rows.map((row) => kline(row.cells, row.path)) }],
    };
  if (body.length === 0) throw new MalformedError(path, "a header and at least one row", "one row");
  const names = header.cells.map(columnName);
  const time = timeColumn(header, names);
  const close = onlyColumn(header, names, CLOSES, "closes");
  if (close === -1) return readWide(header, names, body, time, zone);
  const symbol = onlyColumn(header, names, SYMBOLS, "symbols");
  const [open, high, low] = CANDLE.map((name) => names.indexOf(name));
  const isCandle = [open, high, low].every((column) => column !== undefined && column !== -1);
  refuseOtherQuotes(names, body);
  const end = names.indexOf("closetime");
  const closes = new Map<string | null, ReadClose[]>();
  let meaning: TimeMeaning | undefined;
  for (const row of body) {
    const cellAt = (column: number | undefined) => row.cells[column ?? -1] ?? "";
    const read = timeOf(cellAt(time), `${row.path}.${names[time]}`, zone);
    meaning = sameMeaning(meaning, names[time] === "snappedat" ? "point" : read.meaning, row.path);
    if (meaning === "candle" && names[close] === "price")
      throw new FormatError(
        header.path,
        'with times of the day a column "close", if a row is a span and its time the begin, or a column "snapped_at", if it is an instant',
        'a column "price", which may be either',
      );
    const at = `${row.path}.${names[close]}`;
    const price = isCandle
      ? checkedClose([open, high, low, close].map(cellAt), row.path)
      : priceOf(cellAt(close), at);
    const name = symbol === -1 ? null : cellAt(symbol);
    if (name === "")
      throw new FormatError(`${row.path}.${names[symbol]}`, "the symbol of an asset", "nothing");
    const list = closes.get(name) ?? [];
    closes.set(name, list);
    list.push({
      time: read.time,
      ...(end !== -1 && { end: epoch(cellAt(end), `${row.path}.closetime`, "up") }),
      close: price,
      path: at,
    });
  }
  const layout = `${symbol === -1 ? "one asset's closes" : "a long table"} (columns ${header.cells[time]}, ${header.cells[close]})`;
  return {
    layout,
    series: [...closes].map(([name, list]) => ({
      name,
      meaning: meaning ?? "day",
      candles: isCandle,
      closes: list,
    })),
  };
}

/** Columns that say in what a close is, and cells that say: in dollars. */
const QUOTED_IN: readonly string[] = [
  "quote",
  "quotecurrency",
  "quoteasset",
  "quotecoin",
  "vscurrency",
  "currency",
];
const IN_DOLLARS = /^(|\$|us\$|usd|usdt|usdc|fdusd|busd)$/i;

/** Refuses closes of which a column says that they are in euros. A column "currency" may also name the asset itself. */
function refuseOtherQuotes(names: readonly string[], body: readonly SheetRow[]): void {
  const asset = names.includes("currency") && !names.some((name) => SYMBOLS.includes(name));
  for (const [column, name] of names.entries()) {
    if (!QUOTED_IN.includes(name) || (name === "currency" && asset)) continue;
    for (const row of body)
      if (!IN_DOLLARS.test(row.cells[column] ?? ""))
        throw new FormatError(
          `${row.path}.${name}`,
          "closes in dollars",
          "another currency; give a rate as a file of its own, as in ETH/BTC=FILE",
        );
  }
}

function readWide(
  header: SheetRow,
  names: readonly string[],
  body: readonly SheetRow[],
  time: number,
  zone: number,
): ReadPrices {
  const columns = header.cells.flatMap((name, column) => (column === time ? [] : [{ name, column }]));
  if (columns.length === 0) throw new MalformedError(header.path, "a column for each asset", "none");
  for (const { name, column } of columns) {
    if (name === "")
      throw new FormatError(`${header.path}.column${column + 1}`, "the name of an asset", "nothing");
    if (CANDLE.includes(names[column] ?? ""))
      throw new FormatError(header.path, 'a column "close" beside open, high and low', "none");
  }
  let meaning: TimeMeaning | undefined;
  const times = body.map((row) => {
    const read = timeOf(row.cells[time] ?? "", `${row.path}.${names[time]}`, zone);
    meaning = sameMeaning(meaning, read.meaning, row.path);
    return read.time;
  });
  const series = columns.map(({ name, column }): ReadSeries => {
    const closes = body.map((row, i): ReadClose => {
      const at = `${row.path}.${name}`;
      return { time: times[i] ?? 0, close: wideCell(row.cells[column] ?? "", at), path: at };
    });
    return { name, meaning: meaning ?? "day", closes };
  });
  return { layout: "a table with a column for each asset", series };
}

/** What stands in an unlisted column need be no price; whether it is listed is known later. */
const NOT_A_PRICE = -1n;

function wideCell(text: string, path: string): bigint | null {
  try {
    return priceOf(text, path);
  } catch {
    return NOT_A_PRICE;
  }
}

/** Reads a wide table's cell again, if it was none, for the error that names it. */
export function checkClose({ close, path }: ReadClose): void {
  if (close === NOT_A_PRICE)
    throw new FormatError(path, "a price above 0 in dollars, with a decimal point", "something else");
}

function timeColumn(header: SheetRow, names: readonly string[]): number {
  if (names.includes("date") && names.includes("time"))
    throw new FormatError(
      header.path,
      "one column of times",
      'two, "date" and "time": join them, as in 2024-08-05T16:00Z',
    );
  const found = TIMES.map((name) => names.indexOf(name)).find((column) => column !== -1);
  if (found === undefined)
    throw new FormatError(
      header.path,
      `${LAYOUTS}; a column of times is called date, time or timestamp`,
      "other columns",
    );
  return found;
}

/** The only column with one of these names; −1 if there is none. @throws FormatError for two */
function onlyColumn(
  header: SheetRow,
  names: readonly string[],
  wanted: readonly string[],
  words: string,
): number {
  const found = names.flatMap((name, column) => (wanted.includes(name) ? [column] : []));
  if (found.length > 1)
    throw new FormatError(
      header.path,
      `one column of ${words}`,
      found.map((column) => header.cells[column]).join(" and "),
    );
  return found[0] ?? -1;
}

function sameMeaning(before: TimeMeaning | undefined, meaning: TimeMeaning, path: string): TimeMeaning {
  if (before !== undefined && before !== meaning)
    throw new FormatError(path, "dates only, or times only", "both in one file");
  return meaning;
}

const BLANK = /^(|null|nan|na|n\/a|-)$/i;

function priceOf(text: string, path: string): bigint | null {
  if (BLANK.test(text)) return null;
  const price = parseForeignDecimal(text.replace(/^\$/, ""), USD_DECIMALS, path);
  if (price <= 0n) throw new OutOfRangeError(path, "a price above 0", "0 or less");
  return price;
}
