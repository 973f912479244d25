import { MissingFieldError, OutOfRangeError, TooManyError } from "../errors.js";
import { BPS } from "../protocol/bounds.js";
import { checkListing, type ListedAsset, type Listing } from "../protocol/listing.js";
import type { RiskProfile } from "../protocol/profile.js";
import { DAY_SECONDS, formatDate, parseDate } from "./date.js";
import {
  type AssetPrice,
  checkMarketFile,
  closingTime,
  FUNDING_RATE_MAX,
  type HistoryMarket,
  WINDOW_MAX,
} from "./file.js";
import type { PriceHistory } from "./history.js";

/** Cumulative funding, either accrued at a rate (basis points a day) or given (attodollars per quantum). */
export type Funding = { readonly rate: number } | { readonly index: readonly bigint[] };

/** Days of the average where nobody says otherwise. */
export const DEFAULT_WINDOW = 3;

/** From which prices, on which day and under which profile a market is built. */
export interface MarketOptions {
  readonly history: PriceHistory;
  /** ISO date of the close. */
  readonly date: string;
  /** Days of the time-weighted average, `date` included; 1 makes low = high = close. */
  readonly window: number;
  readonly listing: Listing;
  readonly profile: RiskProfile;
  /** None by default. */
  readonly funding?: Funding;
}

/**
 * Builds the market of one day's close. Low is the lesser of the close and its time-weighted average over the
 * window, floored to attodollars per quantum; high the greater, rounded up: both against the account. Each
 * day of the window weighs the same, and every day must have a price.
 *
 * @throws OutOfRangeError (date, window, funding rate, a price too small or too large), FormatError,
 *   MissingFieldError (naming day and asset), and what checkProfile and checkListing throw.
 *
 * @example
 * ```ts
 * import { DEFAULT_LISTING } from "zkmargin/protocol";
 * import { buildMarket } from "zkmargin/risk";
 *
 * const built = buildMarket({ history, date: "2021-05-17", window: 3, listing: DEFAULT_LISTING, profile });
 * console.log(built.source.date); // 2021-05-17
 * ```
 */
export function buildMarket(options: MarketOptions): HistoryMarket {
  const { history, date, window, listing, profile, funding = { rate: 0 } } = options;
  checkListing(listing);
  if (!Number.isInteger(window) || window < 1 || window > WINDOW_MAX)
    throw new OutOfRangeError("window", `1 to ${WINDOW_MAX} days`, String(window));
  if ("index" in funding && funding.index.length !== listing.length)
    throw new TooManyError(
      "funding",
      `${listing.length} indices, one per asset`,
      String(funding.index.length),
    );
  const days = windowDays(history, date, window);

  const prices = listing.map((asset, u): AssetPrice => {
    const closes = days.map((day) => closeOf(history, day, asset));
    const close = closes[closes.length - 1] ?? 0n;
    // Close and average over the common denominator `window`, in attodollars per unit.
    const last = close * BigInt(window);
    const sum = closes.reduce((total, value) => total + value, 0n);
    const perQuantum = BigInt(window) * 10n ** BigInt(asset.decimals);
    return {
      asset: asset.symbol,
      low: (last < sum ? last : sum) / perQuantum,
      high: ((last > sum ? last : sum) + perQuantum - 1n) / perQuantum,
      funding:
        "index" in funding ? (funding.index[u] ?? 0n) : accruedFunding(history, date, asset, funding.rate),
    };
  });
  const market: HistoryMarket = {
    listing,
    time: closingTime(date, "date"),
    source: { history: history.sha256, date, window, fundingRate: "rate" in funding ? funding.rate : null },
    prices,
    profile,
  };
  checkMarketFile(market);
  return market;
}

/** Indices into the history of the window's days, oldest first. */
function windowDays(history: PriceHistory, date: string, window: number): number[] {
  const end = parseDate(date, "date");
  const rows = new Map(history.days.map((day, index) => [day.date, index]));
  const first = history.days[0]?.date;
  const last = history.days[history.days.length - 1]?.date;
  if (!rows.has(date))
    throw new OutOfRangeError("date", `a day of the price history, ${first} to ${last}`, date);
  return Array.from({ length: window }, (_, i) => {
    const day = formatDate(end - (window - 1 - i) * DAY_SECONDS);
    const row = rows.get(day);
    if (row === undefined)
      throw new MissingFieldError(`history.${day}`, "a close on every day of the window", "no row");
    return row;
  });
}

function closeOf(history: PriceHistory, row: number, asset: ListedAsset): bigint {
  const column = history.assets.indexOf(asset.symbol);
  if (column === -1)
    throw new MissingFieldError(`history.${asset.symbol}`, "a column for every listed asset", "none");
  const day = history.days[row];
  const close = day?.closes[column] ?? null;
  if (close === null)
    throw new MissingFieldError(
      `history.${day?.date}.${asset.symbol}`,
      "a close on every day of the window",
      "a blank",
    );
  return close;
}

/**
 * Cumulative funding of one asset: `rate` basis points of every close in the history up to and including `date`. The
 * sum is exact and floored once. So the index is within one attodollar per quantum of it, and does not depend on how
 * the days are cut. Longs pay a positive rate to shorts.
 *
 * @returns attodollars per quantum
 */
export function accruedFunding(
  history: PriceHistory,
  date: string,
  asset: ListedAsset,
  rate: number,
): bigint {
  if (!Number.isInteger(rate) || Math.abs(rate) > FUNDING_RATE_MAX)
    throw new OutOfRangeError(
      "fundingRate",
      `a whole number of basis points a day, −${FUNDING_RATE_MAX} to ${FUNDING_RATE_MAX}`,
      String(rate),
    );
  const column = history.assets.indexOf(asset.symbol);
  const sum = history.days
    .filter((day) => day.date <= date)
    .reduce((total, day) => total + (day.closes[column] ?? 0n), 0n);
  return floorDiv(sum * BigInt(rate), BPS * 10n ** BigInt(asset.decimals));
}

function floorDiv(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  return numerator % denominator < 0n ? quotient - 1n : quotient;
}
