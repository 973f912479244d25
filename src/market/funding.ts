import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
} from "../errors.js";
import { BPS, USD_DECIMALS } from "../spec/bounds.js";
import { cell, parseCsv } from "../spec/csv.js";
import { parseDecimal } from "../spec/decimal.js";
import { type ListedAsset, type Listing, slotOf } from "../spec/listing.js";
import type { PriceHistory } from "./history.js";

/** Steepest funding that {@link accruedFunding} takes: 100 % of the price a day. */
export const FUNDING_RATE_MAX = Number(BPS);

/**
 * Parses explicit funding: a CSV `asset,index` with every listed asset once, in any order, the index being its
 * cumulative funding in dollars per unit, signed. An index must be a whole number of attodollars per quantum
 * (at most 18 − d decimals); it is refused otherwise, since two sides of a trade must agree on it to the last
 * digit.
 *
 * @returns attodollars per quantum, in the listing's order.
 * @throws MalformedError, FormatError, PrecisionError, UnknownAssetError, DuplicateAssetError, MissingFieldError
 */
export function parseFunding(text: string, listing: Listing, path = "funding"): bigint[] {
  const { header, rows } = parseCsv(text, path);
  if (header.join() !== "asset,index")
    throw new FormatError(`${path}.line1`, "the columns asset,index", "others");
  const bySymbol = new Map<string, bigint>();
  for (const row of rows) {
    const symbol = cell(row, 0);
    const asset = listing[slotOf(listing, symbol) ?? -1];
    if (!asset) throw new UnknownAssetError(`${row.path}.asset`, "a listed asset", JSON.stringify(symbol));
    if (bySymbol.has(symbol)) throw new DuplicateAssetError(`${row.path}.asset`, "each asset once", symbol);
    bySymbol.set(symbol, parseDecimal(cell(row, 1), USD_DECIMALS - asset.decimals, `${row.path}.index`));
  }
  return listing.map(({ symbol }) => {
    const index = bySymbol.get(symbol);
    if (index === undefined)
      throw new MissingFieldError(path, `a row for every listed asset, ${symbol} too`, "none");
    return index;
  });
}

/**
 * Cumulative funding of one asset: `rate` basis points of every close in the history up to and including
 * `date`, summed exactly and floored once, so that the index is within one attodollar per quantum of the exact
 * sum and does not depend on how the days are cut. A positive rate is paid by longs to shorts.
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
