import { sha256OfText } from "../encoding/sha256.js";
import { TooLittleHistoryError } from "../errors.js";
import type { Listing } from "../protocol/listing.js";
import { parseCloses } from "./closes.js";
import { DAY_SECONDS, formatDate, parseDate } from "./date.js";

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
 */
export function closesOn(history: PriceHistory, listing: Listing, date: string): bigint[] {
  const day = history.days.find((found) => found.date === date);
  return listing.map(({ symbol }) => {
    const close = day?.closes[history.assets.indexOf(symbol)] ?? null;
    if (close === null) throw new TooLittleHistoryError(symbol, `a close of ${date}`, "none");
    return close;
  });
}
