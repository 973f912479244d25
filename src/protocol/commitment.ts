import {
  poseidon1,
  poseidon2,
  poseidon3,
  poseidon4,
  poseidon5,
  poseidon6,
  poseidon7,
  poseidon8,
  poseidon9,
  poseidon10,
  poseidon11,
  poseidon12,
  poseidon13,
  poseidon14,
  poseidon15,
  poseidon16,
} from "poseidon-lite";
import { OutOfRangeError } from "../errors.js";
import { BASIS_BITS, FIELD_R, QUANTITY_BITS, SLEEVE_BITS } from "./bounds.js";
import { checkSalt, checkSleeve } from "./checks.js";
import type { Book } from "./types.js";

/**
 * The layout of a commitment. The hash chain runs over these words:
 *
 *     DOMAIN, listing, packed quantities …, basis + 2^127, packed sleeve (4 words), detail, salt
 *
 * The quantities are spot[0..U), then perp[0..U), each as q + 2^65 in 66 bits, three to a word. The sleeve is value, gains, charge
 * and slack, signed digits in base 2^47, five to a word. Its words and its detail are 0 in a book without one.
 */

/** ASCII "zkmargin/book@2": a commitment is never a hash of anything else. */
export const BOOK_DOMAIN = 0x7a6b6d617267696e2f626f6f6b4032n;

/** Bits of a packed quantity: a sign and one bit of room, since |spot + perp| may reach 2^65. */
export const PACKED_BITS = QUANTITY_BITS + 2;
/** Added to a quantity before it is packed, so that every quantity is a natural number. */
export const PACKED_OFFSET = 1n << BigInt(QUANTITY_BITS + 1);
/** Quantities in a word: 3 × 66 = 198 bits, well below the field. */
export const QUANTITIES_PER_WORD = 3;
/** Sleeve numbers in a word: 5 × 47 = 235 bits. */
export const SLEEVE_PER_WORD = 5;
/** Words of a packed sleeve: its value, 16 gains, charge and slack. */
export const SLEEVE_WORDS = 4;
/** Most inputs of one Poseidon permutation. */
export const POSEIDON_INPUTS = 16;

/** Poseidon by number of inputs, from 1. */
const POSEIDON = [
  poseidon1,
  poseidon2,
  poseidon3,
  poseidon4,
  poseidon5,
  poseidon6,
  poseidon7,
  poseidon8,
  poseidon9,
  poseidon10,
  poseidon11,
  poseidon12,
  poseidon13,
  poseidon14,
  poseidon15,
  poseidon16,
] as const;

/**
 * How a book is committed: the Poseidon chain over {@link commitmentWords} of a dense book. As CommitBook.circom.
 *
 * @example
 * ```ts
 * import { commitBook, listingDigest } from "zkmargin/protocol";
 * import { deriveSalt } from "zkmargin/prove";
 *
 * const salt = deriveSalt(secret, book.account, book.sequence);
 * console.log(commitBook(dense, salt, listingDigest(market.listing)) === opening.commitment); // true
 * ```
 */
export function commitBook(book: Book, salt: bigint, listing: bigint): bigint {
  return poseidonChain(commitmentWords(book, salt, listing));
}

/**
 * The words a commitment hashes: domain, listing, packed quantities, basis, sleeve, detail, salt. Everything is checked against
 * its range first, so that no two books share a list of words.
 * @throws OutOfRangeError, which quotes no amount, and TooManyError for another number of gains
 */
export function commitmentWords(book: Book, salt: bigint, listing: bigint): bigint[] {
  const quantities = [...book.spot, ...book.perp];
  const limit = 1n << BigInt(QUANTITY_BITS);
  if (quantities.some((q) => q <= -limit || q >= limit))
    throw new OutOfRangeError("book", `magnitudes below 2^${QUANTITY_BITS} quanta`, "a larger one");
  const basisOffset = 1n << BigInt(BASIS_BITS);
  if (book.basis < -basisOffset || book.basis >= basisOffset)
    throw new OutOfRangeError("book.basis", `a magnitude below 2^${BASIS_BITS}`, "a larger one");
  if (book.sleeve) checkSleeve(book.sleeve, "book.sleeve");
  for (const [name, word] of Object.entries({ salt, listing })) {
    checkSalt(word, name);
  }

  const packed: bigint[] = [];
  for (let first = 0; first < quantities.length; first += QUANTITIES_PER_WORD) {
    const word = quantities
      .slice(first, first + QUANTITIES_PER_WORD)
      .reduce((sum, q, i) => sum + ((q + PACKED_OFFSET) << BigInt(PACKED_BITS * i)), 0n);
    packed.push(word);
  }
  return [
    BOOK_DOMAIN,
    listing,
    ...packed,
    book.basis + basisOffset,
    ...sleeveWords(book),
    book.sleeve?.detail ?? 0n,
    salt,
  ];
}

/** The sleeve's numbers, packed, as field elements; all 0 without one. */
function sleeveWords({ sleeve }: Book): bigint[] {
  const numbers = sleeve ? [sleeve.value, ...sleeve.gains, sleeve.charge, sleeve.slack] : [];
  return Array.from({ length: SLEEVE_WORDS }, (_, w) => {
    const word = numbers
      .slice(w * SLEEVE_PER_WORD, (w + 1) * SLEEVE_PER_WORD)
      .reduce((sum, number, i) => sum + number * (1n << BigInt((SLEEVE_BITS + 1) * i)), 0n);
    return word < 0n ? word + FIELD_R : word;
  });
}

/** Poseidon of the first 16 words, then of each result with the next 15 words, while words remain. */
export function poseidonChain(words: readonly bigint[]): bigint {
  let hash = poseidon(words.slice(0, POSEIDON_INPUTS));
  for (let next = POSEIDON_INPUTS; next < words.length; next += POSEIDON_INPUTS - 1)
    hash = poseidon([hash, ...words.slice(next, next + POSEIDON_INPUTS - 1)]);
  return hash;
}

function poseidon(inputs: bigint[]): bigint {
  return permutation(inputs.length)(inputs);
}

/**
 * One permutation as a sponge: absorbs as many words as its rate has, and squeezes as many. The capacity, which begins as 0,
 * stays inside.
 */
export function poseidonSponge(words: readonly bigint[]): bigint[] {
  // Of several outputs it returns a list, which its types leave out.
  const state: unknown = permutation(words.length)([...words], words.length + 1);
  return (state as bigint[]).slice(1);
}

function permutation(inputs: number): (typeof POSEIDON)[number] {
  const hash = POSEIDON[inputs - 1];
  if (!hash) throw new RangeError(`Poseidon takes 1 to ${POSEIDON_INPUTS} inputs`);
  return hash;
}
