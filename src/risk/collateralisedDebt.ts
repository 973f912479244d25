import { leastDebtFactor, type RiskProfile } from "../protocol/profile.js";
import { assetRisks, everywhere } from "./shape.js";

/** Basis points a year: above the steepest variable rate of the large Aave markets at full utilisation. */
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
  shockCap: 0,
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
