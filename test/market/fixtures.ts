import { readFileSync } from "node:fs";
import { buildMarket, DEFAULT_WINDOW } from "../../src/market/build.js";
import type { MarketFile } from "../../src/market/file.js";
import { type PriceHistory, parseHistory } from "../../src/market/history.js";
import { DEFAULT_LISTING, type Listing } from "../../src/protocol/listing.js";
import type { RiskProfile } from "../../src/protocol/profile.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";

/** The example prices. */
export const HISTORY = parseHistory(readFileSync("examples/prices/daily-close.csv", "utf8"));

/** The market of one day's close, over the default window. */
export function marketOf(
  date: string,
  profile: RiskProfile = PORTFOLIO_MARGIN,
  window = DEFAULT_WINDOW,
): MarketFile {
  return buildMarket({ history: HISTORY, date, window, listing: DEFAULT_LISTING, profile });
}

/** A history with some of its cells blank. */
export function blanked(
  history: PriceHistory,
  blank: (date: string, asset: string) => boolean,
): PriceHistory {
  const days = history.days.map(({ date, closes }) => ({
    date,
    closes: closes.map((close, u) => (blank(date, history.assets[u] ?? "") ? null : close)),
  }));
  return { ...history, days };
}

/** A history without some of its days. */
export function withoutDays(history: PriceHistory, left: (date: string) => boolean): PriceHistory {
  return { ...history, days: history.days.filter(({ date }) => !left(date)) };
}

/** Two assets, small enough to do sums by hand. */
export const PAIR: Listing = [
  { symbol: "USDC", decimals: 6 },
  { symbol: "BTC", decimals: 8 },
];

/** A valid profile for {@link PAIR}. */
export const PAIR_PROFILE: RiskProfile = {
  name: "pair",
  description: "For tests.",
  pnlFactor: 9000,
  maxBorrowRate: 3650,
  bookMaxAge: 86_400,
  assets: [
    { asset: "USDC", collateralFactor: 10_000, debtFactor: 10_010, perpMargin: 0, liquidity: 0, impact: 0n },
    { asset: "BTC", collateralFactor: 9500, debtFactor: 10_010, perpMargin: 100, liquidity: 50, impact: 7n },
  ],
  scenarios: [
    { name: "down", shocks: { USDC: 0, BTC: -2000 } },
    { name: "up", shocks: { USDC: -100, BTC: 2000 } },
  ],
};
