import { endOfBook } from "../../protocol/status.js";
import { accountId } from "../attest.js";
import type { AccountStatus, MarketStatus } from "../status.js";

/** The public side of a book that a keeper is given to prove. */
export interface GivenBook {
  /** Name of the sub-account, as in the book. */
  readonly name: string;
  readonly sequence: bigint;
  readonly commitment: bigint;
  readonly isolated: boolean;
}

/** How the book given stands to the attested one. */
export type BookState =
  | "good"
  /** Good, and its end is near. */
  | "expiring"
  /** No book is attested yet, or an older one is. */
  | "awaited"
  /** The registry has no such account. */
  | "unknown-account"
  /** The book names another sub-account than this account is of. */
  | "other-account"
  /** One of the two is isolated, and the other is not. */
  | "other-margin"
  /** A newer book is attested. */
  | "superseded"
  /** Same sequence, other commitment: another secret, or a book that was changed after it was attested. */
  | "other-book"
  /** It has expired, or is too old for the profile. */
  | "expired"
  /** Attesters that signed it were revoked or rotated away. */
  | "broken";

/**
 * How a book stands to what the registry has. An end within `margin` seconds is near. The commitment is of the book, its
 * secret and its listing, so that equal commitments say that the secret opens it.
 */
export function bookState(
  given: GivenBook,
  status: AccountStatus,
  market: MarketStatus,
  margin: bigint,
): BookState {
  const { account, owner, book } = status;
  if (owner === null) return "unknown-account";
  if (accountId(owner, given.name) !== account) return "other-account";
  if (given.isolated !== book.isolated) return "other-margin";
  if (book.sequence < given.sequence) return "awaited";
  if (book.sequence > given.sequence) return "superseded";
  if (book.commitment !== given.commitment) return "other-book";
  const left = endOfBook(book, market) - market.time;
  if (left <= 0n) return "expired";
  if (!book.live) return "broken";
  return left < margin ? "expiring" : "good";
}

/** Whether it can be proven now. */
export function isProvable(state: BookState): boolean {
  return state === "good" || state === "expiring";
}

/** Whether it can be proven now, or may be later without another book or another account. */
export function isHopeful(state: BookState): boolean {
  return isProvable(state) || state === "awaited";
}
