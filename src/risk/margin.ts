import { BPS } from "../protocol/bounds.js";
import { assess, SCALE } from "../protocol/statement.js";
import type { Book, Market, RiskParameters } from "../protocol/types.js";

/** How dollars count in a regime, basis points. */
export interface CashFactors {
  readonly collateralFactor: bigint;
  readonly debtFactor: bigint;
}

/** Dollars that count in full. */
export const AT_PAR: CashFactors = { collateralFactor: BPS, debtFactor: BPS };

/** The market of single prices (attodollars per quantum), before any funding. */
export function marketAt(risk: RiskParameters, prices: readonly bigint[]): Market {
  return { ...risk, low: prices, high: prices, funding: prices.map(() => 0n) };
}

/**
 * The margin of a book: the equity of an account that holds it and just so many dollars that its health factor is 1.
 * If a loss exceeds that, nothing is left at the moment at which it could first be liquidated.
 *
 * It is N + M, R without the debt, wherever positions are perpetuals and a dollar counts in full. Where collateral is
 * discounted, the discount is margin too, and this is the one measure that all regimes share. The dollars are taken at
 * their factors only: they have no part in the scenarios or in the losses that are compared with the margin.
 *
 * @returns attodollars × SCALE, exact but for the division by a cash factor, which is rounded up.
 */
export function marginOf(book: Book, market: Market, cash: CashFactors): bigint {
  const { collateral, requirement } = assess(book, market, { healthy: true, envelope: 0 });
  const equity = equityOf(book, market);
  const missing = requirement - collateral;
  if (missing > 0n && cash.collateralFactor === 0n) return missing + equity;
  return missing > 0n
    ? equity + (missing * BPS + cash.collateralFactor - 1n) / cash.collateralFactor
    : equity - (-missing * BPS) / cash.debtFactor;
}

/**
 * What an account would have left if everything were closed at the market: spot and perpetuals at their unweighted
 * value, what it owns at low and what it owes at high prices. Attodollars × SCALE, exact; 0 or less is bankruptcy.
 */
export function equityOf(book: Book, market: Market): bigint {
  let equity = book.basis;
  book.spot.forEach((spot, u) => {
    const perp = book.perp[u] ?? 0n;
    const low = market.low[u] ?? 0n;
    const high = market.high[u] ?? 0n;
    equity += spot * (spot > 0n ? low : high) + perp * ((perp > 0n ? low : high) - (market.funding[u] ?? 0n));
  });
  return equity * SCALE;
}
