import { commitBook } from "../../src/book/commitment.js";
import type { Leaning } from "../../src/margin/assess.js";
import type { Book, Market } from "../../src/margin/types.js";
import { type CircuitInputs, circuitInputs } from "../../src/witness/signals.js";

const SALT = (1n << 248n) - 159n;
const LISTING = (1n << 247n) + 7n;

/** Circuit inputs of a claim about a book, true or false, well committed. */
export function statementInputs(
  book: Book,
  market: Market,
  claim: Leaning & { readonly theta: number; readonly isolated?: boolean },
): CircuitInputs {
  return circuitInputs(
    {
      commitment: commitBook(book, SALT, LISTING),
      claim: { ...claim, isolated: claim.isolated ?? false },
      listing: LISTING,
      market,
    },
    { book, salt: SALT },
  );
}
