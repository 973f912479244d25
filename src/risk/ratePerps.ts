import type { RiskProfile } from "../protocol/profile.js";
import { assetRisks } from "./shape.js";

/**
 * Maintenance margin fractions. BTC and ETH had 3 % and every other market 5 % on dYdX v3 in 2021 (dYdX help
 * centre, "L2 Perpetual Contract Specs"). BNB and XRP never had a market there, nor can USDC have one: 10 % is
 * this project's choice for them.
 */
//                   USDC  BTC  ETH  BNB   SOL  XRP   ADA  DOGE LTC  LINK DOT  UNI  AAVE XLM  ATOM TRX
const PERP_MARGIN = [1000, 300, 300, 1000, 500, 1000, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500];

/**
 * Rate-based perpetuals, as in dYdX v3 on StarkEx: with only USDC as collateral and every price at its
 * index, A − R = total account value − total maintenance margin requirement.
 *
 * StarkEx accounts can hold no other asset, so here one held counts for nothing, and one owed is margined like
 * a short perpetual through its debt factor. A negative USDC balance bears no interest there.
 */
export const RATE_PERPS: RiskProfile = {
  name: "rate-perps",
  description:
    "dYdX v3-like perpetuals: USDC collateral at par, dYdX's maintenance margin fractions of 2021 on gross notional, unrealised gains at par.",
  pnlFactor: 10_000,
  shockCap: 0,
  maxBorrowRate: 0,
  bookMaxAge: 86_400,
  assets: assetRisks({
    collateralFactor: PERP_MARGIN.map((_, u) => (u === 0 ? 10_000 : 0)),
    debtFactor: PERP_MARGIN.map((margin, u) => 10_000 + (u === 0 ? 0 : margin)),
    perpMargin: PERP_MARGIN,
  }),
  scenarios: [],
};
