import { assess, exceeds } from "./statement.js";
import type { Book, Market } from "./types.js";

/**
 * Health factors that bands are proven between, basis points: one grid for everybody, as a band made to fit tells a story
 * of its own. Below maintenance margin as well as above it.
 */
export const BAND_GRID = [
  ...[1, 5_000, 7_500, 9_000, 10_000, 10_500, 11_000, 12_500],
  ...[15_000, 20_000, 30_000, 50_000, 65_535],
] as const;

/**
 * The narrowest band of the grid that can be proven: above the one, priced against the account, and not above the other,
 * priced in its favour. Null where none can: the factor is above the whole grid, or below it.
 */
export function narrowestBand(book: Book, market: Market): { above: number; notAbove: number } | null {
  const against = assess(book, market, { healthy: true, envelope: 0 });
  const inFavour = assess(book, market, { healthy: false, envelope: 0 });
  const above = BAND_GRID.findLast((theta) => exceeds(against, theta));
  const notAbove = BAND_GRID.find((theta) => !exceeds(inFavour, theta) && theta > (above ?? 0));
  return above === undefined || notAbove === undefined ? null : { above, notAbove };
}
