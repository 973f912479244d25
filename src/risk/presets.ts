import { leastDebtFactor, type RiskProfile } from "../protocol/profile.js";
import { CALIBRATED } from "./generated/calibrated.js";
import { PORTFOLIO_MARGIN } from "./portfolioMargin.js";
import { assetRisks, everywhere } from "./profileRows.js";

/** Basis points a year, above the steepest variable rate of the large Aave markets at full utilisation. */
const MAX_BORROW_RATE = 10_000;
/** A custodian attests every day. */
const BOOK_MAX_AGE = 86_400;

/**
 * Collateralised debt, as in Aave: HF = Σ collateral × liquidation threshold / Σ debt.
 *
 * Collateral factors are the liquidation thresholds of Aave v2's Ethereum market in mid-2021
 * (docs.aave.com/risk/asset-risk/risk-parameters, with WBTC's for BTC); an asset that Aave did not take as
 * collateral has 0. Debt is weighted by no more than the interest of one day. Perpetuals have no margin here,
 * so their gains count for nothing, while their losses count as debt.
 */
export const COLLATERALISED_DEBT: RiskProfile = {
  name: "collateralised-debt",
  description:
    "Aave-like lending: collateral at Aave v2's liquidation thresholds of mid-2021, debt plus one day's interest; gains on perpetuals do not count.",
  pnlFactor: 0,
  maxBorrowRate: MAX_BORROW_RATE,
  bookMaxAge: BOOK_MAX_AGE,
  assets: assetRisks({
    //                 USDC  BTC   ETH   BNB SOL XRP ADA DOGE LTC LINK DOT UNI  AAVE XLM ATOM TRX
    collateralFactor: [8500, 7500, 8250, 0, 0, 0, 0, 0, 0, 7500, 0, 6500, 6500, 0, 0, 0],
    debtFactor: everywhere(
      Number(leastDebtFactor({ maxBorrowRate: MAX_BORROW_RATE, bookMaxAge: BOOK_MAX_AGE })),
    ),
    perpMargin: everywhere(0),
  }),
  scenarios: [],
};

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
 * StarkEx accounts can hold no other asset. So here one held counts for nothing, and one owed is margined like a short
 * perpetual through its debt factor. A negative USDC balance bears no interest there.
 */
export const RATE_PERPS: RiskProfile = {
  name: "rate-perps",
  description:
    "dYdX v3-like perpetuals: USDC collateral at par, dYdX's maintenance margin fractions of 2021 on gross notional, unrealised gains at par.",
  pnlFactor: 10_000,
  maxBorrowRate: 0,
  bookMaxAge: 86_400,
  assets: assetRisks({
    collateralFactor: PERP_MARGIN.map((_, u) => (u === 0 ? 10_000 : 0)),
    debtFactor: PERP_MARGIN.map((margin, u) => 10_000 + (u === 0 ? 0 : margin)),
    perpMargin: PERP_MARGIN,
  }),
  scenarios: [],
};

/** Largest spot move of the scenarios, either way. */
const SPOT_SHOCK = 2000;
/** Contingencies on perpetuals and on what is held of the coin itself. */
const PERP_PERCENT = 300;
const BASE_PERCENT = 300;

/**
 * Portfolio margin one currency at a time, as in Derive's (Lyra v2) Portfolio Margin Risk Manager. It is the worst of
 * spot moves of up to ±20 %, and contingencies of 3 % of the coin held and of gross perpetuals. The moves of volatility
 * that go with them do not touch spot and perpetuals. Source: `getDefaultScenarios` and `getPMRMParams` of
 * scripts/config-mainnet.sol in github.com/derivexyz/v2-core, commit f469730.
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

/** The shipped risk profiles, all for the default listing. */
export const PRESETS: readonly RiskProfile[] = [
  COLLATERALISED_DEBT,
  RATE_PERPS,
  PORTFOLIO_MARGIN,
  PMRM,
  CALIBRATED,
];

/**
 * The shipped profile of that name, or undefined.
 *
 * @example
 * ```ts
 * import { findPreset } from "zkmargin/risk";
 *
 * console.log(findPreset("portfolio-margin")?.name); // portfolio-margin
 * ```
 */
export function findPreset(name: string): RiskProfile | undefined {
  return PRESETS.find((profile) => profile.name === name);
}
