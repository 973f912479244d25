import { OutOfRangeError } from "../../src/errors.js";
import { BOOK_DOMAIN, commitBook, poseidonChain } from "../../src/protocol/commitment.js";
import { type CircuitInputs, circuitInputs } from "../../src/protocol/signals.js";
import type { Leaning } from "../../src/protocol/statement.js";
import type { Book, Market } from "../../src/protocol/types.js";
import { field } from "./field.js";

const SALT = (1n << 248n) - 159n;
const LISTING = (1n << 247n) + 7n;
/** Scenarios of every tier. */
const SCENARIOS = 16;

/** Circuit inputs of a claim about a book, true or false, well committed; the book may be out of bounds. */
export function statementInputs(
  book: Book,
  market: Market,
  claim: Leaning & { readonly theta: number; readonly isolated?: boolean; readonly sleeve?: boolean },
): CircuitInputs {
  return circuitInputs(
    {
      commitment: commit(book, market.shock.length),
      claim: { ...claim, isolated: claim.isolated ?? false },
      listing: LISTING,
      market,
    },
    { book, salt: SALT },
  );
}

/** The commitment; for a book that the library refuses, what an attacker who does not use it would commit to. */
function commit(book: Book, scenarios: number): bigint {
  // A circuit of fewer scenarios packs fewer gains.
  if (book.sleeve && scenarios !== SCENARIOS) return hostileCommitment(book, scenarios);
  try {
    return commitBook(book, SALT, LISTING);
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
    return hostileCommitment(book, scenarios);
  }
}

/** The layout of docs/STATEMENT.md, written again without a bound in it. */
export function hostileCommitment(book: Book, scenarios = SCENARIOS): bigint {
  const quantities = [...book.spot, ...book.perp].map((q) => q + 2n ** 65n);
  const words = [BOOK_DOMAIN, LISTING];
  for (let i = 0; i < quantities.length; i += 3)
    words.push(
      (quantities[i] ?? 0n) + (quantities[i + 1] ?? 0n) * 2n ** 66n + (quantities[i + 2] ?? 0n) * 2n ** 132n,
    );
  const { sleeve } = book;
  const numbers = sleeve
    ? [sleeve.value, ...sleeve.gains.slice(0, scenarios), sleeve.charge, sleeve.slack]
    : [];
  return poseidonChain(
    [...words, book.basis + 2n ** 127n, ...sleeveLayout(numbers), sleeve?.detail ?? 0n, SALT].map(field),
  );
}

/** Four words of five numbers each in base 2^47, whatever their size; not reduced to the field. */
export function sleeveLayout(numbers: readonly bigint[]): bigint[] {
  return [0, 1, 2, 3].map((word) =>
    [0, 1, 2, 3, 4].reduce((sum, i) => sum + (numbers[5 * word + i] ?? 0n) * 2n ** (47n * BigInt(i)), 0n),
  );
}
