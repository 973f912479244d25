import type { Scenario } from "../protocol/profile.js";
import { scenario } from "./shape.js";

/**
 * The sixteen joint price moves of the portfolio-margin profile, made by hand, basis points.
 *
 * A book's loss is linear in a scenario, so a smaller copy of a move never decides anything. What a grid must
 * span is *shapes*, each at the largest size that is plausible over a day:
 *
 * * the whole market by each asset's beta to bitcoin (a fifth either way), and with all betas drawn to 1, as
 *   happens when everything is sold at once;
 * * bitcoin apart from the rest, and the rest apart from bitcoin;
 * * one group apart from all others: ether, lending and exchange tokens (LINK, UNI, AAVE), payment coins (XRP,
 *   LTC, XLM, TRX, DOGE), platforms (BNB, SOL, ADA, DOT, ATOM);
 * * the dollar token off its peg, and a squeeze in thin coins.
 *
 * The falls of 12 March 2020 and 19 May 2021 in one day lie partly beyond them: maintenance margin is meant to
 * outlast the time to react, not every day in history.
 */
// biome-ignore format: a table, to be read by column
export const PORTFOLIO_SCENARIOS: readonly Scenario[] = [
  //                                        USDC    BTC    ETH    BNB    SOL    XRP    ADA   DOGE    LTC   LINK    DOT    UNI   AAVE    XLM   ATOM    TRX
  scenario("market down by beta",       [   100, -2000, -2500, -2800, -3200, -3000, -2800, -3600, -2600, -3000, -2900, -3000, -3200, -2900, -3100, -2800]),
  scenario("market down as one",        [    50, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800, -1800]),
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
  scenario("dollar token off its peg",  [  -500,  -800, -1000, -1000, -1000, -1000, -1000, -1000, -1000, -1000, -1000, -1200, -1500, -1000, -1000, -1000]),
  scenario("squeeze in thin coins",     [     0,   300,   400,   400,  1000,  2500,   800,  4000,   800,   400,   500,   400,   500,  2500,   600,  1500]),
];
