import { nearestNumber } from "../../encoding/decimal.js";
import { MissingFieldError, OutOfRangeError } from "../../errors.js";
import { USD_DECIMALS } from "../../protocol/bounds.js";
import { DAY, type PriceTable } from "../returns.js";

/** Exact daily closes; a price history of the market layer is one. */
export interface DailyPrices {
  readonly assets: readonly string[];
  /** Dates strictly rising. */
  readonly days: readonly {
    /** ISO date. */
    readonly date: string;
    /** Attodollars per unit; null where there is none. */
    readonly closes: readonly (bigint | null)[];
  }[];
}

/** Days of the calendar from one ISO date to another. */
export function daysBetween(date: string, later: string): number {
  return (Date.parse(`${later}T00:00:00Z`) - Date.parse(`${date}T00:00:00Z`)) / (DAY * 1_000);
}

/** Whether one ISO date is the day after the other. */
export function isNextDay(date: string, next: string): boolean {
  return daysBetween(date, next) === 1;
}

/** The same closes as doubles in dollars, each the nearest there is. */
export function priceTable({ assets, days }: DailyPrices): PriceTable {
  return {
    assets,
    times: days.map(({ date }) => date),
    closes: days.map(({ closes }) =>
      closes.map((close) => (close === null ? null : nearestNumber(close, USD_DECIMALS))),
    ),
  };
}

/** Index of a column. @throws MissingFieldError */
export function columnOf(assets: readonly string[], symbol: string): number {
  const column = assets.indexOf(symbol);
  if (column === -1) throw new MissingFieldError(`history.${symbol}`, "a column for the asset", "none");
  return column;
}

/** Index of a date's row. @throws OutOfRangeError naming the range of the history */
export function rowOf({ days }: DailyPrices, date: string, path: string): number {
  const row = days.findIndex((day) => day.date === date);
  if (row === -1)
    throw new OutOfRangeError(
      path,
      `a day of the price history, ${days[0]?.date} to ${days.at(-1)?.date}`,
      date,
    );
  return row;
}

/** The date of a row. */
export function dateOf({ days }: DailyPrices, row: number): string {
  const day = days[row];
  if (day === undefined) throw new RangeError(`no row ${row}`);
  return day.date;
}
