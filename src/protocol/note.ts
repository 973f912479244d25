import { OutOfRangeError } from "../errors.js";
import { NOTE_ASSET_BITS, NOTE_SIZE_BITS, QUOTE_BITS, QUOTE_OFFSET } from "./bounds.js";
import { checkSalt } from "./checks.js";
import { poseidonChain } from "./commitment.js";

/** ASCII "zkmargin/note@1": a note's digest is never a hash of anything else. */
export const NOTE_DOMAIN = 0x7a6b6d617267696e2f6e6f74654031n;

/** What one trade moves, and nobody but its two sides knows. */
export interface Note {
  /** Slot of the listing. */
  readonly asset: number;
  /** Quanta, 0 ≤ size < 2^63. */
  readonly size: bigint;
  /** Attodollars a quantum, net of one funding index, −2^65 ≤ quote < 2^65. A whole number, so that nothing is rounded. */
  readonly quote: bigint;
  /** Below 2^248, random: a note is few numbers, and its digest would be guessed without it. */
  readonly blind: bigint;
}

/** One side of a note. */
export interface NoteSide {
  readonly note: Note;
  readonly side: "buy" | "sell";
}

/**
 * Checks a note of a book with so many slots.
 * @throws OutOfRangeError, which quotes no amount
 */
export function checkNote({ asset, size, quote, blind }: Note, slots: number, path: string): void {
  if (!Number.isInteger(asset) || asset < 0 || asset >= slots)
    throw new OutOfRangeError(`${path}.asset`, `a slot below ${slots}`, "another");
  if (size < 0n || size >> BigInt(NOTE_SIZE_BITS) !== 0n)
    throw new OutOfRangeError(
      `${path}.size`,
      `quanta below 2^${NOTE_SIZE_BITS}, not negative`,
      "another number",
    );
  if (quote < -QUOTE_OFFSET || quote >= QUOTE_OFFSET)
    throw new OutOfRangeError(`${path}.quote`, `a magnitude below 2^${QUOTE_BITS}`, "a larger one");
  checkSalt(blind, `${path}.blind`);
}

/**
 * What both sides of a note name it by.
 * @throws OutOfRangeError for a note out of bounds
 */
export function noteDigest(note: Note): bigint {
  checkNote(note, 1 << NOTE_ASSET_BITS, "note");
  const { asset, size, quote, blind } = note;
  const rest = size + ((quote + QUOTE_OFFSET) << BigInt(NOTE_SIZE_BITS));
  return poseidonChain([NOTE_DOMAIN, BigInt(asset) + (rest << BigInt(NOTE_ASSET_BITS)), blind]);
}
