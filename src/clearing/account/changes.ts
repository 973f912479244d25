import { OutOfRangeError, UnrecoverableBookError } from "../../errors.js";
import { NOTES } from "../../protocol/bounds.js";
import {
  CLEARED_PER_WORD,
  type ClearedOpening,
  openSeal,
  sealingScalar,
  sharedPoint,
} from "../../protocol/sealedBook.js";
import { commitCleared, TRANSITION_DOMAIN, TRANSITION_FIXED_WORDS } from "../../protocol/transition.js";

/** A change of an account's book, as the chain tells it. */
export interface BookChange {
  readonly chainId: bigint;
  readonly account: string;
  readonly sequence: bigint;
  /** All words that its proof binds: docs/CLEARING.md. */
  readonly words: readonly bigint[];
}

/** What the words of a transition say that this package reads again. */
export interface ReadWords {
  readonly assets: number;
  readonly liquidatorsKey: { readonly x: bigint; readonly y: bigint };
  readonly oldCommitment: bigint;
  readonly newCommitment: bigint;
  readonly listing: bigint;
  readonly notes: readonly bigint[];
  readonly ephemeral: { readonly x: bigint; readonly y: bigint };
  readonly cipher: readonly bigint[];
}

/** Reads a transition's words. @throws OutOfRangeError for words of another statement, or another number of them */
export function readTransitionWords(words: readonly bigint[]): ReadWords {
  const fixed = TRANSITION_FIXED_WORDS + NOTES;
  const assets = [16, 32].find((slots) => words.length === fixed + 3 * slots + cipherWords(slots));
  if (assets === undefined || words[0] !== TRANSITION_DOMAIN)
    throw new OutOfRangeError("words", "those of a transition of 16 or 32 slots", "others");
  const at = (i: number) => words[i] as bigint;
  return {
    assets,
    liquidatorsKey: { x: at(3), y: at(4) },
    oldCommitment: at(5),
    newCommitment: at(6),
    listing: at(7),
    notes: words.slice(TRANSITION_FIXED_WORDS, fixed),
    ephemeral: { x: at(10), y: at(11) },
    cipher: words.slice(fixed + 3 * assets),
  };
}

function cipherWords(slots: number): number {
  return Math.ceil(slots / CLEARED_PER_WORD) + 2;
}

/**
 * The opening of a book from the chain alone: its owner derives the scalar of the seal again, and so opens what was sealed for the
 * liquidators.
 * @param secret the owner's, of which the scalar was derived
 * @throws UnrecoverableBookError if the secret is another, or the seal is not of this commitment
 */
export function recoverOpening(change: BookChange, secret: Uint8Array): ClearedOpening {
  const { chainId, account, sequence, words } = change;
  const { assets, liquidatorsKey, newCommitment, listing, ephemeral, cipher } = readTransitionWords(words);
  const scalar = sealingScalar(secret, { chainId, account, sequence, commitment: newCommitment });
  try {
    const opening = openSeal({ ephemeral, cipher }, sharedPoint(scalar, liquidatorsKey), assets);
    if (commitCleared(opening, listing) === newCommitment) return opening;
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
  }
  throw new UnrecoverableBookError(account, sequence);
}
