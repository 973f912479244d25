import type { PriceTable } from "../../src/market/history.js";
import type { Listing } from "../../src/protocol/listing.js";

/** A dollar token and three coins. */
export const COINS: Listing = [
  { symbol: "USDC", decimals: 6 },
  { symbol: "BTC", decimals: 8 },
  { symbol: "ETH", decimals: 9 },
  { symbol: "XRP", decimals: 6 },
];

/**
 * Prices that walk at random but always the same way, by Park and Miller's generator: a market move that all coins
 * share and one of their own, each uniform and together within ±`size` of the row; the dollar token within ±1/1000 of it.
 */
export function walk({
  rows,
  seed = 1,
  hours = false,
  size = () => 0.05,
}: {
  readonly rows: number;
  readonly seed?: number;
  readonly hours?: boolean;
  readonly size?: (row: number) => number;
}): PriceTable {
  let state = seed;
  const next = () => {
    state = (state * 16_807) % 2_147_483_647;
    return (2 * state) / 2_147_483_647 - 1;
  };
  const last = [1, 40_000, 2_000, 0.5];
  const times: string[] = [];
  const closes: number[][] = [];
  for (let t = 0; t < rows; t++) {
    const time = new Date(Date.UTC(2021, 0, 1) + t * (hours ? 3_600_000 : 86_400_000)).toISOString();
    times.push(hours ? `${time.slice(0, 16)}Z` : time.slice(0, 10));
    const market = next();
    if (t > 0)
      last.forEach((price, u) => {
        const move = u === 0 ? next() / 1000 : next() < 0 ? market : next();
        last[u] = u === 0 ? 1 + move * size(t) : price * (1 + move * size(t));
      });
    closes.push([...last]);
  }
  return { assets: COINS.map(({ symbol }) => symbol), times, closes };
}
