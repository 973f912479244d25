import { MissingFieldError, TooLittleHistoryError } from "../../errors.js";
import type { PriceTable } from "../../market/history.js";
import type { ListedAsset, Listing } from "../../protocol/listing.js";
import { checkJumps, type NamedJump } from "../jumps.js";
import { type Omission, type Returns, returnsOf } from "../returns.js";
import { checkMoves, checkNotStale } from "../stale.js";

/** Whose returns a calibration takes. */
export interface DataOptions {
  readonly listing: Listing;
  readonly prices: PriceTable;
  readonly pegged: readonly string[];
  readonly minimumReturns: number;
  /** Jumps that are true moves, or "any" where the caller has looked for them. */
  readonly acceptJumps?: readonly NamedJump[] | "any";
}

/** What a calibration learns from. */
export interface CalibrationData {
  /** Last close of every listed asset, dollars per unit. */
  readonly prices: readonly number[];
  /** Of the listed assets, in the listing's order. */
  readonly returns: Returns;
  /** Indices into the returns at which every risky asset has one. */
  readonly rows: readonly number[];
}

/**
 * Picks the listed assets out of a table, and checks that each has enough history, made by a market. A row without any of
 * their closes counts as missing.
 * @throws MissingFieldError, TooLittleHistoryError, StalePricesError (a risky asset whose price stands still),
 *   PriceJumpError, and what checkPriceTable throws
 */
export function calibrationData(options: DataOptions): CalibrationData {
  const { listing, prices, pegged, minimumReturns, acceptJumps = [] } = options;
  const columns = listing.map(({ symbol }) => {
    const column = prices.assets.indexOf(symbol);
    if (column === -1)
      throw new MissingFieldError(`prices.${symbol}`, "a column for every listed asset", "none");
    return column;
  });
  const table = withoutBlankRows({
    assets: listing.map(({ symbol }) => symbol),
    times: prices.times,
    closes: prices.closes.map((row) => columns.map((column) => row[column] ?? null)),
  });
  const returns = returnsOf(table);
  const end = prices.times.length - 1;
  const risky = listing.flatMap(({ symbol }, u) => (pegged.includes(symbol) ? [] : [u]));
  if (risky.length === 0)
    throw new MissingFieldError("listing", "an asset that is not pegged", "pegged assets only");
  const last = listing.map(({ symbol }, u) => {
    const series = returns.values.flatMap((row) => row[u] ?? []);
    if (series.length < minimumReturns)
      throw new TooLittleHistoryError(
        `prices.${symbol}`,
        `at least ${minimumReturns} returns up to ${prices.times[end]}`,
        String(series.length),
      );
    const price = prices.closes[end]?.[columns[u] ?? 0] ?? null;
    if (price === null)
      throw new MissingFieldError(
        `prices.${prices.times[end]}.${symbol}`,
        "a close in the last row",
        "a blank",
      );
    return price;
  });
  const rows = returns.values.flatMap((row, t) => (risky.every((u) => (row[u] ?? null) !== null) ? [t] : []));
  if (rows.length < minimumReturns)
    throw new TooLittleHistoryError(
      "prices",
      `at least ${minimumReturns} rows in which every risky asset has a return`,
      String(rows.length),
    );
  checkMoves(returns, risky, rows);
  checkNotStale(
    table,
    risky.map((u) => listing[u]?.symbol ?? ""),
  );
  if (acceptJumps !== "any") checkJumps(table, acceptJumps);
  return { prices: last, returns, rows };
}

/** The table without the rows that hold no close at all. */
function withoutBlankRows({ assets, times, closes }: PriceTable): PriceTable {
  const kept = times.flatMap((_, t) => (closes[t]?.some((close) => close !== null) ? [t] : []));
  if (kept.length === 0) return { assets, times, closes };
  return { assets, times: kept.map((t) => times[t] ?? ""), closes: kept.map((t) => closes[t] ?? []) };
}

/**
 * The assets of a listing that have enough history to be calibrated at the table's last row, and why the others do
 * not. What is left out belongs into the report: a profile without an asset cannot margin it.
 *
 * @example
 * ```ts
 * import { DEFAULT_LISTING } from "zkmargin/protocol";
 * import { calibratable } from "zkmargin/risk";
 *
 * const { listing, leftOut } = calibratable(DEFAULT_LISTING, table, 250);
 * console.log(listing.length + leftOut.length === DEFAULT_LISTING.length); // true
 * ```
 */
export function calibratable<A extends ListedAsset>(
  listing: readonly A[],
  prices: PriceTable,
  minimumReturns: number,
): { readonly listing: readonly A[]; readonly leftOut: readonly Omission[] } {
  const returns = returnsOf(prices);
  const end = prices.times.length - 1;
  const leftOut: Omission[] = [];
  const kept = listing.filter(({ symbol }) => {
    const column = prices.assets.indexOf(symbol);
    const count = returns.values.filter((row) => (row[column] ?? null) !== null).length;
    const priced = (prices.closes[end]?.[column] ?? null) !== null;
    if (priced && count >= minimumReturns) return true;
    const why =
      column === -1
        ? "not in the price history"
        : priced
          ? `${count} of ${minimumReturns} returns`
          : "no close in the last row";
    leftOut.push({ asset: symbol, time: prices.times[end] ?? "", why });
    return false;
  });
  return { listing: kept, leftOut };
}
