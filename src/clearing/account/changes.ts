import { OutOfRangeError, UnrecoverableBookError } from "../../errors.js";
import { readTransition } from "../../protocol/readTransition.js";
import { type ClearedOpening, openSeal, sealingScalar, sharedPoint } from "../../protocol/sealedBook.js";
import { commitCleared } from "../../protocol/transition.js";

/** A change of an account's book, as the chain tells it. */
export interface BookChange {
  readonly chainId: bigint;
  readonly account: string;
  readonly sequence: bigint;
  /** All words that its proof binds: docs/CLEARING.md. */
  readonly words: readonly bigint[];
}

/**
 * The opening of a book from the chain alone: its owner derives the scalar of the seal again, and so opens what was sealed for the
 * liquidators.
 * @param secret the owner's, of which the scalar was derived
 * @throws UnrecoverableBookError if the secret is another, or the seal is not of this commitment
 */
export function recoverOpening(change: BookChange, secret: Uint8Array): ClearedOpening {
  const { chainId, account, sequence, words } = change;
  const { assets, key, newCommitment, listing, sealed } = readTransition(words);
  const scalar = sealingScalar(secret, { chainId, account, sequence, commitment: newCommitment });
  try {
    const opening = openSeal(sealed, sharedPoint(scalar, key), assets);
    if (commitCleared(opening, listing) === newCommitment) return opening;
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
  }
  throw new UnrecoverableBookError(account, sequence);
}
