import { SCALE } from "../protocol/statement.js";
import type { Book, Market } from "../protocol/types.js";

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
