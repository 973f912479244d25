import { parseDecimal, parseInteger } from "../encoding/decimal.js";
import { type CsvRow, cell, parseCsv } from "../encoding/sheet.js";
import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
} from "../errors.js";
import { BPS, USD_DECIMALS } from "../protocol/bounds.js";
import { type ListedAsset, type Listing, slotOf } from "../protocol/listing.js";
import type { PriceHistory } from "./history.js";

/** What a liquidator can be expected to trade of an asset in a day, and at what cost. */
export interface MarketDepth {
  readonly asset: string;
  /** Net exposure that can be worked off in a day, millions of dollars; an assumption, not a measurement. */
  readonly millions: number;
  /** Half a stressed spread, basis points. */
  readonly spread: number;
  /** What is traded in a day on average (ADV), millions of dollars, where it was measured. */
  readonly volume?: number;
}

const MILLIONS_MAX = 1_000_000;
const SPREAD_MAX = 10_000;

/**
 * Parses stated depths: a CSV `asset,millions,spread`, or with `volume` as a fourth column, with every listed asset once, in any
 * order.
 * @returns them in the listing's order
 * @throws MalformedError, FormatError, OutOfRangeError, UnknownAssetError, DuplicateAssetError, MissingFieldError
 */
export function parseDepths(text: string, listing: Listing, path = "depths"): MarketDepth[] {
  const columns = "asset,millions,spread";
  const measured = text.startsWith(`${columns},volume`);
  return parseAssetRows(text, listing, path, measured ? `${columns},volume` : columns, (row, { symbol }) => {
    const whole = (column: number, field: string, least: number, most: number) => {
      const value = Number(parseInteger(cell(row, column), `${row.path}.${field}`));
      if (value < least || value > most)
        throw new OutOfRangeError(`${row.path}.${field}`, `${least} to ${most}`, cell(row, column));
      return value;
    };
    return {
      asset: symbol,
      millions: whole(1, "millions", 1, MILLIONS_MAX),
      spread: whole(2, "spread", 0, SPREAD_MAX),
      ...(measured && { volume: whole(3, "volume", 1, MILLIONS_MAX) }),
    };
  });
}

/**
 * Parses a CSV that has one row for every listed asset, in any order, its symbol in the first column.
 * @param columns the header, such as `asset,index`
 * @returns what `read` makes of the rows, in the listing's order
 * @throws MalformedError, FormatError (other columns), UnknownAssetError, DuplicateAssetError, MissingFieldError, and
 *   what `read` throws
 */
function parseAssetRows<T>(
  text: string,
  listing: Listing,
  path: string,
  columns: string,
  read: (row: CsvRow, asset: ListedAsset) => T,
): T[] {
  const { header, rows } = parseCsv(text, path);
  if (header.join() !== columns) throw new FormatError(`${path}.line1`, `the columns ${columns}`, "others");
  const bySlot = new Map<number, T>();
  for (const row of rows) {
    const symbol = cell(row, 0);
    const slot = slotOf(listing, symbol) ?? -1;
    const asset = listing[slot];
    if (!asset) throw new UnknownAssetError(`${row.path}.asset`, "a listed asset", JSON.stringify(symbol));
    if (bySlot.has(slot)) throw new DuplicateAssetError(`${row.path}.asset`, "each asset once", symbol);
    bySlot.set(slot, read(row, asset));
  }
  return listing.map(({ symbol }, slot) => {
    if (!bySlot.has(slot))
      throw new MissingFieldError(path, `a row for every listed asset, ${symbol} too`, "none");
    return bySlot.get(slot) as T;
  });
}

/**
 * Parses explicit funding: a CSV `asset,index` with every listed asset once, in any order, the index being its
 * cumulative funding in dollars per unit, signed. An index must be a whole number of attodollars per quantum
 * (at most 18 − d decimals); it is refused otherwise, since two sides of a trade must agree on it to the last
 * digit.
 *
 * @returns attodollars per quantum, in the listing's order.
 * @throws MalformedError, FormatError, PrecisionError, UnknownAssetError, DuplicateAssetError, MissingFieldError
 *
 * @example
 * ```ts
 * import { parseFunding } from "zkmargin/risk";
 *
 * const csv = `asset,index\n${market.listing.map(({ symbol }) => `${symbol},0`).join("\n")}\n`;
 * console.log(parseFunding(csv, market.listing).every((index) => index === 0n)); // true
 * ```
 */
export function parseFunding(text: string, listing: Listing, path = "funding"): bigint[] {
  return parseAssetRows(text, listing, path, "asset,index", (row, { decimals }) =>
    parseDecimal(cell(row, 1), USD_DECIMALS - decimals, `${row.path}.index`),
  );
}
