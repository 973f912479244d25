import { MissingFieldError } from "../../errors.js";
import { BPS } from "../../spec/bounds.js";
import type { Listing } from "../../spec/listing.js";
import { type DailyPrices, isNextDay, rowOf } from "../backtest/prices.js";

/** A day of the history that people know by a name. */
export interface NamedDay {
  /** ISO date of the close at its end. */
  readonly date: string;
  readonly name: string;
}

/** Days of the shipped history; any other date of a history will do as well. */
export const NAMED_DAYS: readonly NamedDay[] = [
  { date: "2020-03-12", name: "Black Thursday" },
  { date: "2020-12-23", name: "XRP after the complaint of the SEC" },
  { date: "2021-01-28", name: "DOGE more than quadruples" },
  { date: "2021-02-08", name: "BTC rises by a fifth" },
  { date: "2021-05-19", name: "the May crash" },
  { date: "2021-06-21", name: "the June fall" },
];

/** The moves of one day, from the close before to its own. */
export interface DayMoves {
  readonly date: string;
  /** In the listing's order, basis points, away from 0; null of an asset that had no close on either day. */
  readonly moves: readonly (number | null)[];
}

/**
 * What a day of the history did to every listed asset, rounded away from 0 to whole basis points.
 * @throws OutOfRangeError for a date that is not in the history, MissingFieldError where the day before is not
 */
export function movesOn(prices: DailyPrices, listing: Listing, date: string): DayMoves {
  const row = rowOf(prices, date, "date");
  const day = prices.days[row];
  const before = prices.days[row - 1];
  if (day === undefined || before === undefined || !isNextDay(before.date, date))
    throw new MissingFieldError(`history.${date}`, "closes on the day before as well", "none");
  return {
    date,
    moves: listing.map(({ symbol }) => {
      const column = prices.assets.indexOf(symbol);
      const from = before.closes[column] ?? null;
      const to = day.closes[column] ?? null;
      return from === null || to === null ? null : awayFromZero(to - from, from);
    }),
  };
}

function awayFromZero(change: bigint, of: bigint): number {
  const size = change < 0n ? -change : change;
  const move = Number((size * BPS + of - 1n) / of);
  return change < 0n ? -move : move;
}
