import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
} from "../errors.js";
import { cell, parseCsv } from "../spec/csv.js";
import { parseInteger } from "../spec/decimal.js";
import { type Listing, slotOf } from "../spec/listing.js";

/** What can be traded of an asset in a day, and what it costs. The risk engine's MarketDepth. */
export interface StatedDepth {
  readonly asset: string;
  /** Millions of dollars a day. */
  readonly millions: number;
  /** Half a stressed spread, basis points. */
  readonly spread: number;
}

const MILLIONS_MAX = 1_000_000;
const SPREAD_MAX = 10_000;

/**
 * Parses stated depths: a CSV `asset,millions,spread` with every listed asset once, in any order.
 * @returns them in the listing's order
 * @throws MalformedError, FormatError, OutOfRangeError, UnknownAssetError, DuplicateAssetError, MissingFieldError
 */
export function parseDepths(text: string, listing: Listing, path = "depths"): StatedDepth[] {
  const { header, rows } = parseCsv(text, path);
  if (header.join() !== "asset,millions,spread")
    throw new FormatError(`${path}.line1`, "the columns asset,millions,spread", "others");
  const bySymbol = new Map<string, StatedDepth>();
  for (const row of rows) {
    const asset = cell(row, 0);
    if (slotOf(listing, asset) === undefined)
      throw new UnknownAssetError(`${row.path}.asset`, "a listed asset", JSON.stringify(asset));
    if (bySymbol.has(asset)) throw new DuplicateAssetError(`${row.path}.asset`, "each asset once", asset);
    const whole = (column: number, field: string, least: number, most: number) => {
      const value = Number(parseInteger(cell(row, column), `${row.path}.${field}`));
      if (value < least || value > most)
        throw new OutOfRangeError(`${row.path}.${field}`, `${least} to ${most}`, cell(row, column));
      return value;
    };
    bySymbol.set(asset, {
      asset,
      millions: whole(1, "millions", 1, MILLIONS_MAX),
      spread: whole(2, "spread", 0, SPREAD_MAX),
    });
  }
  return listing.map(({ symbol }) => {
    const depth = bySymbol.get(symbol);
    if (depth === undefined)
      throw new MissingFieldError(path, `a row for every listed asset, ${symbol} too`, "none");
    return depth;
  });
}
