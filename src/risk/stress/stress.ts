import type { Listing } from "../../protocol/listing.js";
import type { Book, Market } from "../../protocol/types.js";
import { type Cascade, cascade } from "./cascade.js";
import type { Shock } from "./shocks.js";

/** A book under a shock. As private as the book. */
export interface Stress {
  readonly shock: Shock;
  /** Null where the book was not tested. */
  readonly cascade: Cascade | null;
  /** Assets that the book holds and that have no move: why it was not tested. */
  readonly unpriced: readonly string[];
}

/** Leads a book along a shock, unless it holds an asset that has no move; nothing stands in for a price that was not there. */
export function stress(book: Book, market: Market, listing: Listing, shock: Shock): Stress {
  const unpriced = listing.flatMap(({ symbol }, u) => {
    const held = (book.spot[u] ?? 0n) !== 0n || (book.perp[u] ?? 0n) !== 0n;
    return held && (shock.moves[u] ?? null) === null ? [symbol] : [];
  });
  if (unpriced.length > 0) return { shock, cascade: null, unpriced };
  const moves = shock.moves.map((move) => move ?? 0);
  return { shock, cascade: cascade(book, market, moves), unpriced };
}
