import { cell } from "../encoding/csv.js";
import { parseDecimal } from "../encoding/decimal.js";
import { OutOfRangeError } from "../errors.js";
import { BPS, USD_DECIMALS } from "../protocol/bounds.js";
import type { ListedAsset, Listing } from "../protocol/listing.js";
import { parseAssetRows } from "./assetRows.js";
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
  return parseAssetRows(text, listing, path, "asset,index", (row, { decimals }) =>
    parseDecimal(cell(row, 1), USD_DECIMALS - decimals, `${row.path}.index`),
  );
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
