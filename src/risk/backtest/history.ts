import { OutOfRangeError } from "../../errors.js";
import { daysBetween, isNextDay } from "../../market/date.js";
import { type DailyPrices, dateOf, type PriceTable, rowOf } from "../../market/history.js";
import { MAX_DECIMALS, USD_DECIMALS } from "../../protocol/bounds.js";
import type { ListedAsset, Listing } from "../../protocol/listing.js";
import { pricesUntil } from "../returns.js";
import type { KnownPrices } from "./regimes.js";

interface Span {
  readonly prices: DailyPrices;
  readonly listing: Listing;
  readonly minimumReturns: number;
  /** Days from a margin to the loss that it is compared with; 1 by default. */
  readonly horizonDays?: number;
  readonly from?: string;
  readonly to?: string;
}

/**
 * First and last row in which a margin can be set: at least two assets have enough returns, and the rows of the horizon follow.
 * @throws OutOfRangeError naming from, to or history
 */
export function testedRows(
  { prices, from, to, minimumReturns, horizonDays = 1 }: Span,
  columns: readonly number[],
) {
  const rows = prices.days.length;
  const ready = prices.days.findIndex((_, row) => enough(prices, columns, row, minimumReturns).length > 1);
  const end = rows - 1 - horizonDays;
  if (ready === -1 || ready > end)
    throw new OutOfRangeError(
      "history",
      `two assets with ${minimumReturns} daily returns, and ${horizonDays === 1 ? "a day" : `${horizonDays} days`} after`,
      `${rows} days`,
    );
  const first = from === undefined ? ready : rowOf(prices, from, "from");
  const last = to === undefined ? end : rowOf(prices, to, "to");
  if (first < ready)
    throw new OutOfRangeError(
      "from",
      `${dateOf(prices, ready)} or later: ${minimumReturns} returns come before`,
      dateOf(prices, first),
    );
  if (last > end)
    throw new OutOfRangeError(
      "to",
      `${dateOf(prices, end)} or earlier: the days until its loss are needed`,
      dateOf(prices, last),
    );
  if (first > last)
    throw new OutOfRangeError("to", `${from ?? dateOf(prices, first)} or later`, dateOf(prices, last));
  return [first, last] as const;
}

/** What is known at the close of a row. */
export function knownOn(
  { prices, listing, minimumReturns }: Span,
  table: PriceTable,
  columns: readonly number[],
  row: number,
): KnownPrices {
  const slots = enough(prices, columns, row, minimumReturns);
  const closes = slots.map((slot) => prices.days[row]?.closes[columns[slot] ?? -1] ?? 0n);
  const date = dateOf(prices, row);
  return {
    date,
    prices: pricesUntil(table, date),
    closes,
    listing: slots.flatMap((slot, i) => withSuitedQuantum(listing[slot], closes[i] ?? 0n)),
  };
}

/** Days for which a calibration waits for an asset that has no close; then it is taken as delisted. */
const AWAITED_DAYS = 7;

/** Whether no listed asset has a close in this row. */
export function isBlank(prices: DailyPrices, columns: readonly number[], row: number): boolean {
  return columns.every((column) => prices.days[row]?.closes[column] == null);
}

/** The assets without a close in this row that had one, and returns enough, within a week before. */
export function awaitedOn(
  { prices, listing, minimumReturns }: Span,
  columns: readonly number[],
  row: number,
): string[] {
  const date = dateOf(prices, row);
  return listing.flatMap(({ symbol }, slot) => {
    const column = columns[slot] ?? -1;
    let last = row;
    while (last >= 0 && prices.days[last]?.closes[column] == null) last--;
    if (last === row || last < 0 || daysBetween(dateOf(prices, last), date) > AWAITED_DAYS) return [];
    return enough(prices, [column], last, minimumReturns).length > 0 ? [symbol] : [];
  });
}

/** Slots with a close in this row and as many returns as asked for until then. */
function enough(prices: DailyPrices, columns: readonly number[], row: number, minimum: number): number[] {
  const priced = (r: number, column: number) => prices.days[r]?.closes[column] != null;
  return columns.flatMap((column, slot) => {
    if (!priced(row, column)) return [];
    let returns = 0;
    for (let r = row; r > 0 && returns < minimum; r--)
      if (priced(r, column) && priced(r - 1, column) && isNextDay(dateOf(prices, r - 1), dateOf(prices, r)))
        returns++;
    return returns >= minimum ? [slot] : [];
  });
}

/**
 * The asset with a quantum worth a millionth of a dollar or more. The shipped listing's quanta were chosen at the
 * prices of 2021. When DOGE cost a fifth of a cent, the smallest concentration charge that its quantum can express was
 * several times a position's value. That charge is one unit per quantum². A listing chooses an asset's quantum by its
 * price, and so does this.
 */
function withSuitedQuantum(asset: ListedAsset | undefined, close: bigint): ListedAsset[] {
  if (asset === undefined) return [];
  return [{ ...asset, decimals: Math.min(asset.decimals, suitedDecimals(close)) }];
}

/** Decimals of the smallest quantum that is worth a millionth of a dollar or more, as far as a listing allows. */
export function suitedDecimals(close: bigint): number {
  const millionths = close / 10n ** BigInt(USD_DECIMALS - 6);
  return Math.min(MAX_DECIMALS, Math.max(0, millionths.toString().length - 1));
}
