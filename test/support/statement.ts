import { OutOfRangeError } from "../../src/errors.js";
import { BOOK_DOMAIN, commitBook, poseidonChain } from "../../src/protocol/commitment.js";
import { type CircuitInputs, circuitInputs } from "../../src/protocol/signals.js";
import type { Leaning } from "../../src/protocol/statement.js";
import type { Book, Market } from "../../src/protocol/types.js";

const SALT = (1n << 248n) - 159n;
const LISTING = (1n << 247n) + 7n;

/** Circuit inputs of a claim about a book, true or false, well committed; the book may be out of bounds. */
export function statementInputs(
  book: Book,
  market: Market,
  claim: Leaning & { readonly theta: number; readonly isolated?: boolean },
): CircuitInputs {
  return circuitInputs(
    {
      commitment: commit(book),
      claim: { ...claim, isolated: claim.isolated ?? false },
      listing: LISTING,
      market,
    },
    { book, salt: SALT },
  );
}

/** The commitment; for a book that the library refuses, what an attacker who does not use it would commit to. */
function commit(book: Book): bigint {
  try {
    return commitBook(book, SALT, LISTING);
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
    return hostileCommitment(book);
  }
}

/** The layout of docs/STATEMENT.md, written again without a bound in it. */
export function hostileCommitment(book: Book): bigint {
  const quantities = [...book.spot, ...book.perp].map((q) => q + 2n ** 65n);
  const words = [BOOK_DOMAIN, LISTING];
  for (let i = 0; i < quantities.length; i += 3)
    words.push(
      (quantities[i] ?? 0n) + (quantities[i + 1] ?? 0n) * 2n ** 66n + (quantities[i + 2] ?? 0n) * 2n ** 132n,
    );
  return poseidonChain([...words, book.basis + 2n ** 127n, SALT]);
}
