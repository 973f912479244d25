import { BPS } from "../../protocol/bounds.js";
import { endOfBook } from "../../protocol/lapse.js";
import { allowanceOf } from "../../protocol/odometer.js";
import { accountId } from "../attest.js";
import type { AccountStatus, MarketStatus } from "../status.js";
import type { ProvenClaim } from "../submit.js";

/** The public side of a book that a keeper is given to prove. */
export interface GivenBook {
  /** Name of the sub-account, as in the book. */
  readonly name: string;
  readonly sequence: bigint;
  readonly commitment: bigint;
  readonly isolated: boolean;
}

/** How the given book compares with the attested one. */
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
  | "broken"
  /** Its sleeve proves no more health: its time is over, its band is left, or it was voided. */
  | "sleeve-ended";

/**
 * How a book compares with the registry's. An end within `margin` seconds is near. The commitment covers the book, its
 * secret and its listing, so equal commitments show that the secret opens it. Null is whatever book is attested: its
 * holders say whether they can open it.
 */
export function bookState(
  given: GivenBook | null,
  status: AccountStatus,
  market: MarketStatus,
  margin: bigint,
): BookState {
  const { account, owner, book } = status;
  if (owner === null) return "unknown-account";
  if (given === null && book.sequence === 0n) return "awaited";
  if (given !== null) {
    if (accountId(owner, given.name) !== account) return "other-account";
    if (given.isolated !== book.isolated) return "other-margin";
    if (book.sequence < given.sequence) return "awaited";
    if (book.sequence > given.sequence) return "superseded";
    if (book.commitment !== given.commitment) return "other-book";
  }
  const left = endOfBook(book, market) - market.time;
  if (left <= 0n) return "expired";
  if (!book.live) return "broken";
  if (book.sleeve === null) return left < margin ? "expiring" : "good";
  const leftOfSleeve = book.sleeve.until - market.time;
  if (leftOfSleeve <= 0n || book.sleeve.voidedAt !== 0n || isBandLeft(status, market)) return "sleeve-ended";
  return left < margin || leftOfSleeve < margin ? "expiring" : "good";
}

/** Whether the market has left the band of the sleeve that the claim on record rests on. */
function isBandLeft({ book, claim }: AccountStatus, { round }: MarketStatus): boolean {
  const held = claim?.sequence === book.sequence ? claim.sleeve : null;
  return held !== null && round !== null && round.sleeveOdometer > held.limit;
}

/** Whether it can be proven now. */
export function isProvable(state: BookState): boolean {
  return state === "good" || state === "expiring";
}

/** Whether it can be proven now, or may be later without another book or another account. */
export function isHopeful(state: BookState): boolean {
  return isProvable(state) || state === "awaited";
}

/** The rules that a keeper follows. */
export interface KeeperPolicy {
  /** Share of an envelope that the market may use up before it is renewed, basis points. */
  readonly envelopeShare: number;
  /** Share of a proof's greatest age after which it is renewed, basis points. */
  readonly ageShare: number;
  /** Most proofs in one transaction. */
  readonly batch: number;
  /** Seconds after which the keeper pokes a new round; null leaves poking to others. */
  readonly pokeAfter: number | null;
}

/** The policy of `zkmargin keep` where no option says otherwise. */
export const DEFAULT_POLICY: KeeperPolicy = {
  envelopeShare: 5_000,
  ageShare: 7_500,
  batch: 16,
  pokeAfter: null,
};

/** Why an account needs a proof. */
export type Reason = "first" | "book" | "epoch" | "envelope" | "age" | "breach" | "call";

/** Everything that a keeper's next step depends on. */
export interface KeeperState {
  readonly market: MarketStatus;
  readonly accounts: readonly AccountStatus[];
  /** Proofs that were made and not submitted yet. */
  readonly ready: readonly ProvenClaim[];
  /** Accounts whose book cannot be proven healthy: at which round, and of which book, that was found. */
  readonly unprovable: readonly {
    readonly account: string;
    readonly round: bigint;
    readonly sequence: bigint;
  }[];
}

export type Action =
  | { readonly kind: "poke" }
  | { readonly kind: "prove"; readonly account: string; readonly round: bigint; readonly reason: Reason }
  | { readonly kind: "submit"; readonly proofs: readonly ProvenClaim[] };

/** What to do next, most urgent first. Pure: the same state gives the same actions. */
export function decide(state: KeeperState, policy: KeeperPolicy): Action[] {
  const { market, accounts } = state;
  if (market.paused) return [];
  const actions: Action[] = [];
  if (shouldPoke(market, policy)) actions.push({ kind: "poke" });
  const { round } = market;
  if (round === null || !market.usable) return actions;

  const submittable: ProvenClaim[] = [];
  const proofs = new Map(state.ready.map((proof) => [placeOf(proof), proof]));
  const unprovable = new Set(state.unprovable.map(placeOf));
  for (const account of accounts) {
    const reason = reasonToProve(account, market, policy);
    if (reason === null) continue;
    const { sequence } = account.book;
    const place = placeOf({ account: account.account, sequence, round: round.number });
    const ready = proofs.get(place);
    if (ready !== undefined) submittable.push(ready);
    else if (!unprovable.has(place))
      actions.push({ kind: "prove", account: account.account, round: round.number, reason });
  }
  for (let i = 0; i < submittable.length; i += policy.batch)
    actions.push({ kind: "submit", proofs: submittable.slice(i, i + policy.batch) });
  return actions;
}

/** Why an account needs a proof of health now; null if it needs none, or none can help. */
export function reasonToProve(
  { book, claim, breachRound, callRound }: AccountStatus,
  { round, epoch, time, maxProofAge }: MarketStatus,
  policy: KeeperPolicy,
): Reason | null {
  if (round === null || !book.live) return null;
  if (claim === null) return "first";
  if (claim.sequence !== book.sequence) return "book";
  if (claim.epoch !== epoch) return "epoch";
  // A round that has a claim of this book gets no better one.
  if (claim.round === round.number) return null;
  // A mark is lifted by a round after it, or by a newer book.
  if (breachRound !== 0n && round.number > breachRound) return "breach";
  if (callRound !== 0n && round.number > callRound) return "call";
  const moved = round.odometer - claim.odometer;
  if (moved * BPS > allowanceOf(claim.envelope) * BigInt(policy.envelopeShare)) return "envelope";
  if ((time - claim.time) * BPS > maxProofAge * BigInt(policy.ageShare)) return "age";
  return null;
}

function shouldPoke(
  { round, time, pokeFrom, epoch, usable }: MarketStatus,
  { pokeAfter }: KeeperPolicy,
): boolean {
  if (pokeAfter === null) return false;
  if (round === null || round.epoch !== epoch) return true;
  const age = time - round.time;
  return time >= pokeFrom && (age >= BigInt(pokeAfter) || !usable);
}

/** Names a book of an account at a round. */
function placeOf({ account, sequence, round }: Pick<ProvenClaim, "account" | "sequence" | "round">): string {
  return `${account} ${sequence} ${round}`;
}
