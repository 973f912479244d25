import { cell, parseCsv } from "../encoding/csv.js";
import { parseDecimal } from "../encoding/decimal.js";
import {
  DuplicateAssetError,
  DuplicateFieldError,
  FormatError,
  MalformedError,
  OutOfRangeError,
} from "../errors.js";
import { USD_DECIMALS } from "../protocol/bounds.js";
import { isSymbol } from "../protocol/listing.js";

/** How the first column of a price history tells time. */
export interface TimeColumn {
  readonly name: string;
  /** What one row is: "day". */
  readonly unit: string;
  /** Unix seconds of a cell. */
  readonly read: (text: string, path: string) => number;
}

/** One row: its time as written, and its closes. */
export interface ClosesRow {
  readonly time: string;
  /** Attodollars per unit, exact, in the order of the assets; null where there is none. */
  readonly closes: readonly (bigint | null)[];
}

/**
 * Parses a CSV of closing prices: a column of times, then one per asset in dollars per unit (at most 18 decimals),
 * blank where an asset had none.
 *
 * @throws MalformedError, FormatError (notation, NaN, a time that is none), OutOfRangeError (a price of zero or
 *   below, times that do not rise), DuplicateFieldError (a time twice), DuplicateAssetError, PrecisionError
 */
export function parseCloses(
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
