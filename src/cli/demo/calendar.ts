import { closingTime } from "../../market/file.js";
import type { PriceHistory } from "../../market/history.js";
import type { Listing } from "../../protocol/listing.js";

const HOUR = 3_600;

/** Days of the story. */
export const FIRST_DAY = "2021-04-19";
export const OPENING = "2021-05-10";
export const FALL = "2021-05-19";

/** Unix seconds, so many hours after a day's close. */
export function after(date: string, hours = 0): number {
  return closingTime(date, "date") + hours * HOUR;
}

/** The days of a history above `from`, up to `to`. */
export function daysBetween(history: PriceHistory, from: string, to: string): string[] {
  return history.days.map(({ date }) => date).filter((date) => date > from && date <= to);
}

/** A day's closes in attodollars a unit, in the listing's order. */
export function closesOn(history: PriceHistory, listing: Listing, date: string): bigint[] {
  const day = history.days.find((found) => found.date === date);
  return listing.map(({ symbol }) => day?.closes[history.assets.indexOf(symbol)] ?? 0n);
}
