import { cell } from "../encoding/csv.js";
import { parseInteger } from "../encoding/decimal.js";
import { OutOfRangeError } from "../errors.js";
import type { Listing } from "../protocol/listing.js";
import { parseAssetRows } from "./assetRows.js";

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
  return parseAssetRows(text, listing, path, "asset,millions,spread", (row, { symbol }): StatedDepth => {
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
    };
  });
}
