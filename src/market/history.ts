import { createHash } from "node:crypto";
import {
  DuplicateAssetError,
  DuplicateFieldError,
  FormatError,
  MalformedError,
  OutOfRangeError,
} from "../errors.js";
import { USD_DECIMALS } from "../spec/bounds.js";
import { cell, parseCsv } from "../spec/csv.js";
import { parseDecimal } from "../spec/decimal.js";
import { isSymbol } from "../spec/listing.js";
import { parseDate } from "./date.js";

/** The closes of one day. */
export interface DailyCloses {
  /** ISO date. */
  readonly date: string;
  /** Attodollars per unit, exact, in the order of the history's assets; null before an asset was listed. */
  readonly closes: readonly (bigint | null)[];
}

/** A daily price history. */
export interface PriceHistory {
  /** SHA-256 of the CSV text, hex. */
  readonly sha256: string;
  readonly assets: readonly string[];
  /** Dates strictly rising; days may be missing. */
  readonly days: readonly DailyCloses[];
}

/**
 * Parses a price history: a CSV with the columns `date` and one per asset, each row an ISO date and daily
 * closes in dollars per unit (at most 18 decimals), blank where an asset had none.
 *
 * @throws MalformedError, FormatError (notation, NaN, a date that is none), OutOfRangeError (a price of zero or
 *   below, dates that do not rise), DuplicateFieldError (a date twice), DuplicateAssetError, PrecisionError
 */
export function parseHistory(text: string, path = "history"): PriceHistory {
  const { header, rows } = parseCsv(text, path);
  const [first, ...assets] = header;
  if (first !== "date") throw new FormatError(`${path}.line1`, 'a first column named "date"', "another name");
  if (assets.length === 0) throw new MalformedError(`${path}.line1`, "a column for each asset", "none");
  assets.forEach((asset, i) => {
    if (!isSymbol(asset))
      throw new FormatError(`${path}.line1`, "the symbol of an asset", JSON.stringify(asset));
    if (assets.indexOf(asset) !== i) throw new DuplicateAssetError(`${path}.line1`, "each asset once", asset);
  });
  if (rows.length === 0) throw new MalformedError(path, "at least one day", "none");

  let before = Number.NEGATIVE_INFINITY;
  const days = rows.map((row): DailyCloses => {
    const date = cell(row, 0);
    const time = parseDate(date, `${row.path}.date`);
    if (time === before) throw new DuplicateFieldError(`${row.path}.date`, "each date once", date);
    if (time < before) throw new OutOfRangeError(`${row.path}.date`, "a date after the row above", date);
    before = time;
    return {
      date,
      closes: assets.map((asset, i) => parseClose(cell(row, i + 1), `${row.path}.${asset}`)),
    };
  });
  return { sha256: createHash("sha256").update(text, "utf8").digest("hex"), assets, days };
}

function parseClose(text: string, path: string): bigint | null {
  if (text === "") return null;
  const close = parseDecimal(text, USD_DECIMALS, path);
  if (close <= 0n) throw new OutOfRangeError(path, "a price above 0", text);
  return close;
}
