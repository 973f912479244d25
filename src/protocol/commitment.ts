import { QUANTITY_BITS } from "./bounds.js";

/**
 * The layout of a commitment. The hash chain runs over the words
 *
 *     DOMAIN, listing, packed quantities …, basis + 2^127, salt
 *
 * where the quantities are spot[0..U) then perp[0..U), each as q + 2^65 in 66 bits, three to a word.
 */

/** ASCII "zkmargin/book@1": a commitment is never a hash of anything else. */
export const BOOK_DOMAIN = 0x7a6b6d617267696e2f626f6f6b4031n;

/** Bits of a packed quantity: a sign and one bit of room, since |spot + perp| may reach 2^65. */
export const PACKED_BITS = QUANTITY_BITS + 2;
/** Added to a quantity before it is packed, so that every quantity is a natural number. */
export const PACKED_OFFSET = 1n << BigInt(QUANTITY_BITS + 1);
/** Quantities in a word: 3 × 66 = 198 bits, well below the field. */
export const QUANTITIES_PER_WORD = 3;
/** Most inputs of one Poseidon permutation. */
export const POSEIDON_INPUTS = 16;
