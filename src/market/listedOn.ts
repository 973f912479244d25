import { TooLittleHistoryError } from "../errors.js";
import type { Listing } from "../protocol/listing.js";
import { DAY_SECONDS, formatDate, parseDate } from "./date.js";
import type { PriceHistory } from "./history.js";

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
