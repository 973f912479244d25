import { leastDebtFactor, type RiskProfile, type Scenario } from "../protocol/profile.js";
import { addOns, DEPTHS } from "./impact.js";
import { largestShock, limitOffsets, OFFSET_LIMIT } from "./offsets.js";
import { assetRisks, everywhere, scenario } from "./profileRows.js";

/** Basis points a year. */
const MAX_BORROW_RATE = 10_000;
/** A custodian attests every day. */
const BOOK_MAX_AGE = 86_400;

/**
 * The sixteen joint price moves of the portfolio-margin profile, made by hand, basis points.
 *
 * A book's loss is linear in a scenario, so a smaller copy of a move never decides anything. What a grid must
 * span is *shapes*, each at the largest size that is plausible over a day:
 *
 * * the whole market by each asset's beta to bitcoin (a fifth either way), and with all betas at 1, as in a sell-off;
 * * bitcoin apart from the rest, and the rest apart from bitcoin;
 * * one group apart from all others: ether, lending and exchange tokens (LINK, UNI, AAVE), payment coins (XRP,
 *   LTC, XLM, TRX, DOGE), platforms (BNB, SOL, ADA, DOT, ATOM);
 * * the dollar token off its peg (by 13 %, as USDC on 11 March 2023), and a squeeze in thin coins. In a falling market it
 *   stays where it is: nobody gains by it.
 *
 * The falls of 12 March 2020 and 19 May 2021 in one day lie partly beyond them: maintenance margin is meant to
 * outlast the time to react, not every day in history.
 */
// biome-ignore format: a table, to be read by column
const PORTFOLIO_SCENARIOS: readonly Scenario[] = [
  //                                        USDC    BTC    ETH    BNB    SOL    XRP    ADA   DOGE    LTC   LINK    DOT    UNI   AAVE    XLM   ATOM    TRX
  scenario("market down by beta",       [     0, -2000, -2500, -2800, -3200, -3000, -2800, -3600, -2600, -3000, -2900, -3000, -3200, -2900, -3100, -2800]),
  scenario("market down as one",        [     0, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800]),
  scenario("market up by beta",         [   -50,  2000,  2500,  2800,  3200,  3000,  2800,  3600,  2600,  3000,  2900,  3000,  3200,  2900,  3100,  2800]),
  scenario("market up as one",          [     0,  1800,  1800,  1800,  1800,  1800,  1800,  1800,  1800,  1800,  1800,  1800,  1800,  1800,  1800,  1800]),
  scenario("bitcoin down alone",        [     0, -1500,  -600,  -500,  -500,  -500,  -500,  -500,  -700,  -500,  -500,  -500,  -500,  -500,  -500,  -500]),
  scenario("bitcoin up, rest down",     [     0,  1500,   500,  -500,  -500,  -500,  -500,  -500,     0,  -500,  -500,  -500,  -500,  -500,  -500,  -500]),
  scenario("rest down, bitcoin holds",  [     0,  -500, -1200, -1900, -2200, -2000, -1900, -2400, -1600, -2000, -1900, -2000, -2200, -2000, -2100, -1900]),
  scenario("rest up, bitcoin holds",    [     0,   500,  1200,  1900,  2200,  2000,  1900,  2400,  1600,  2000,  1900,  2000,  2200,  2000,  2100,  1900]),
  scenario("ether down alone",          [     0,  -400, -1800,  -600,  -300,  -400,  -300,  -400,  -400, -1200,  -500, -1600, -1600,  -400,  -500,  -400]),
  scenario("ether up alone",            [     0,   400,  1800,   600,   300,   400,   300,   400,   400,  1200,   500,  1600,  1600,   400,   500,   400]),
  scenario("lending and exchange down", [   -50,  -200, -1000,  -400,  -400,  -200,  -300,  -200,  -200, -2000,  -500, -2800, -3000,  -200,  -400,  -200]),
  scenario("lending and exchange up",   [     0,   200,   600,   400,   400,   200,   300,   200,   200,  2000,   500,  2800,  3000,   200,   400,   200]),
  scenario("payment coins down",        [     0,  -400,  -400,  -500,  -300, -3500,  -500, -2000, -1500,  -300,  -300,  -300,  -300, -2800,  -300, -2200]),
  scenario("platforms down",            [     0,  -300,  -600, -2600, -3000,  -300, -2600,  -300,  -300,  -500, -2700,  -400,  -400,  -300, -2800,  -500]),
  scenario("dollar token off its peg",  [ -1300,  -800, -1000, -1000, -1000, -1000, -1000, -1000, -1000, -1000, -1000, -1200, -1500, -1000, -1000, -1000]),
  scenario("squeeze in thin coins",     [     0,   300,   400,   400,  1000,  2500,   800,  4000,   800,   400,   500,   400,   500,  2500,   600,  1500]),
];

/** Rise of the dollar token over its peg, basis points. */
const DOLLAR_RISE = 100;

/** The scenarios as they are used, and what limits their offsets. */
const LIMITED = limitOffsets(PORTFOLIO_SCENARIOS, OFFSET_LIMIT);

/**
 * Portfolio margin in the manner of SPAN and TIMS: the requirement is the worst loss of the *net* exposures over
 * sixteen joint scenarios, plus charges for working the net exposure off. A part of every position's own worst move is
 * charged by itself, so that no offset removes it ({@link limitOffsets}). A small margin on gross perpetuals is added
 * for the gap between a perpetual and its index.
 *
 * Collateral is discounted a little on top of its scenario losses, more where it is thin; gains on perpetuals
 * count at 95 %, since a venue pays them only when they are realised.
 */
export const PORTFOLIO_MARGIN: RiskProfile = {
  name: "portfolio-margin",
  description:
    "Portfolio margin over sixteen hand-made joint scenarios on net exposure, with liquidity and concentration add-ons from assumed depths.",
  pnlFactor: 9500,
  shockCap: largestShock(LIMITED.scenarios),
  maxBorrowRate: MAX_BORROW_RATE,
  bookMaxAge: BOOK_MAX_AGE,
  assets: assetRisks({
    // biome-ignore format: a table
    //                 USDC    BTC   ETH   BNB   SOL   XRP   ADA   DOGE  LTC   LINK  DOT   UNI   AAVE  XLM   ATOM  TRX
    collateralFactor: [10_000, 9500, 9500, 9000, 8000, 9000, 9000, 8500, 9000, 9000, 9000, 8500, 8500, 8000, 8000, 8000],
    // No scenario lifts the dollar token, so a debtor pays for its rise here.
    debtFactor: everywhere(
      Number(leastDebtFactor({ maxBorrowRate: MAX_BORROW_RATE, bookMaxAge: BOOK_MAX_AGE })),
    ).map((least, u) => (u === 0 ? least + DOLLAR_RISE : least)),
    perpMargin: [100, 100, 100, 150, 200, 150, 150, 200, 150, 150, 150, 200, 200, 200, 200, 200],
    liquidity: DEPTHS.map((depth) => addOns(depth).liquidity + (LIMITED.charges[depth.asset] ?? 0)),
    impact: DEPTHS.map((depth) => addOns(depth).impact),
  }),
  scenarios: LIMITED.scenarios,
};
