import { leastDebtFactor, type RiskProfile } from "../protocol/profile.js";
import { addOns, DEPTHS } from "./impact.js";
import { PORTFOLIO_SCENARIOS } from "./scenarios.js";
import { assetRisks, everywhere } from "./shape.js";

/** Basis points a year. */
const MAX_BORROW_RATE = 10_000;
/** A custodian attests every day. */
const BOOK_MAX_AGE = 86_400;

/**
 * Portfolio margin in the manner of SPAN and TIMS: the requirement is the worst loss of the *net* exposures
 * over sixteen joint scenarios, plus charges for working the net exposure off and a small margin on gross
 * perpetuals for the gap between a perpetual and its index.
 *
 * Collateral is discounted a little on top of its scenario losses, more where it is thin; gains on perpetuals
 * count at 95 %, since a venue pays them only when they are realised.
 */
export const PORTFOLIO_MARGIN: RiskProfile = {
  name: "portfolio-margin",
  description:
    "Portfolio margin over sixteen hand-made joint scenarios on net exposure, with liquidity and concentration add-ons from assumed depths.",
  pnlFactor: 9500,
  shockCap: 4000,
  maxBorrowRate: MAX_BORROW_RATE,
  bookMaxAge: BOOK_MAX_AGE,
  assets: assetRisks({
    // biome-ignore format: a table
    //                 USDC    BTC   ETH   BNB   SOL   XRP   ADA   DOGE  LTC   LINK  DOT   UNI   AAVE  XLM   ATOM  TRX
    collateralFactor: [10_000, 9500, 9500, 9000, 8000, 9000, 9000, 8500, 9000, 9000, 9000, 8500, 8500, 8000, 8000, 8000],
    debtFactor: everywhere(
      Number(leastDebtFactor({ maxBorrowRate: MAX_BORROW_RATE, bookMaxAge: BOOK_MAX_AGE })),
    ),
    perpMargin: [100, 100, 100, 150, 200, 150, 150, 200, 150, 150, 150, 200, 200, 200, 200, 200],
    liquidity: DEPTHS.map((depth) => addOns(depth).liquidity),
    impact: DEPTHS.map((depth) => addOns(depth).impact),
  }),
  scenarios: PORTFOLIO_SCENARIOS,
};
