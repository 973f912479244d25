import { leastDebtFactor, type RiskProfile } from "../protocol/profile.js";
import { assetRisks, everywhere } from "./shape.js";

/** Basis points a year. */
const MAX_BORROW_RATE = 10_000;
/** A custodian attests every day. */
const BOOK_MAX_AGE = 86_400;
/** Largest spot move of the scenarios, either way. */
const SPOT_SHOCK = 2000;
/** Contingencies on perpetuals and on what is held of the coin itself. */
const PERP_PERCENT = 300;
const BASE_PERCENT = 300;

/**
 * Portfolio margin one currency at a time, as in Derive's (Lyra v2) Portfolio Margin Risk Manager: the worst of spot
 * moves of up to ±20 % (with moves of volatility, which spot and perpetuals do not feel), and contingencies of 3 % of
 * the coin held and of gross perpetuals: `getDefaultScenarios` and `getPMRMParams` of scripts/config-mainnet.sol in
 * github.com/derivexyz/v2-core, commit f469730.
 *
 * A manager there knows one currency, so a coin offsets its own perpetual and nothing else: the worst of ±20 % in
 * each is 20 % of the net exposure in each, which is the rate `liquidity`. Derive has such managers for BTC and ETH;
 * the same numbers for the other coins are this project's choice, as are interest and USDC at par.
 */
export const PMRM: RiskProfile = {
  name: "pmrm",
  description:
    "Derive v2-like portfolio margin within each currency and no offset between them: 20 % of net exposure, contingencies of 3 % on coins held and gross perpetuals.",
  pnlFactor: 10_000,
  shockCap: 0,
  maxBorrowRate: MAX_BORROW_RATE,
  bookMaxAge: BOOK_MAX_AGE,
  assets: assetRisks({
    collateralFactor: exceptDollars(10_000 - BASE_PERCENT, 10_000),
    debtFactor: everywhere(
      Number(leastDebtFactor({ maxBorrowRate: MAX_BORROW_RATE, bookMaxAge: BOOK_MAX_AGE })),
    ),
    perpMargin: everywhere(PERP_PERCENT),
    liquidity: exceptDollars(SPOT_SHOCK, 0),
  }),
  scenarios: [],
};

/** A number for every asset but USDC, the first of the listing. */
function exceptDollars(value: number, dollars: number): number[] {
  return everywhere(value).map((coin, u) => (u === 0 ? dollars : coin));
}
