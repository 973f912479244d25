import type { Listing } from "../protocol/listing.js";
import { type DailyPrices, priceTable } from "./backtest/prices.js";
import { type PriceJump, priceJumps } from "./jumps.js";

/** Rows on either side of the closes in question that say whether one of them is a jump; the rule looks at fewer. */
const AROUND = 40;

/**
 * The jumps of listed assets among the closes of some days: a redenomination between two of them, or a bad print that is one
 * of them. What lies before or after is not used with them, and does not matter.
 * @param from ISO date of the first close
 * @param to ISO date of the last
 */
export function jumpsAmong(prices: DailyPrices, listing: Listing, from: string, to: string): PriceJump[] {
  const first = prices.days.findIndex(({ date }) => date >= from);
  const end = prices.days.findLastIndex(({ date }) => date <= to) + 1;
  const days = prices.days.slice(Math.max(0, first - AROUND), end + AROUND);
  const listed = listing.map(({ symbol }) => symbol);
  return priceJumps(priceTable({ assets: prices.assets, days })).filter(
    ({ asset, time, back }) => listed.includes(asset) && time <= to && (back === null ? time : back) > from,
  );
}
