import { interfaceOf } from "../../chain/binding.js";
import type { LoggedTransaction } from "../../chain/contractLog.js";
import { clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { clearingHouse, type TransitionCall } from "../../chain/generated/ClearingHouse.js";
import type { StageName } from "../../chain/generated/enums.js";
import { OutOfRangeError } from "../../errors.js";
import type { BatchItem, BatchVerifier } from "../../groth16/batchVerifier.js";
import type { VerificationKey } from "../../groth16/verificationKey.js";
import { challengeOf, sumAt } from "../../protocol/boundWords.js";
import { type ReadTransition, readTransition } from "../../protocol/readTransition.js";
import type { ClearedOpening } from "../../protocol/sealedBook.js";
import { applyMoves, type Note, type NoteSide, noteDigest, placeWord } from "../../protocol/transition.js";
import { proofPoints } from "../replay/callData.js";
import { type About, countOf, type Report } from "../replay/context.js";
import type { LoggedContext } from "./replay.js";

/** What the replay of a clearing house knows of its books, and what it holds each change of one to. */

/** Index of shares of payments that nothing has cut, as HouseAccounts.WHOLE. */
export const WHOLE = 10n ** 27n;

/** What a member discloses of one book: its opening, and the notes that it took. */
export interface DisclosedBook {
  readonly account: string;
  readonly opening: ClearedOpening;
  readonly notes: readonly Note[];
}

/** What an auditor of a house has beside its log. */
export interface ClearingEvidence {
  /** Of the transition's circuit. */
  readonly key: VerificationKey;
  readonly disclosed: readonly DisclosedBook[];
}

/** A cleared account, as the events have it. */
export interface Account {
  readonly owner: string;
  sequence: bigint;
  commitment: bigint;
  stage: StageName;
  /** What its owner has asked for and was not paid, as HouseAccounts.Asked. */
  asked: { readonly shares: bigint; readonly due: bigint; readonly era: number };
  /** Number of the newest tear-up that its book has applied. */
  tearUps: number;
  /** The disclosed opening of its book; undefined where none was disclosed. */
  opening: ClearedOpening | undefined;
}

/** A change of a book, until its transaction has ended. */
export interface Change {
  readonly account: string;
  readonly read: ReadTransition;
  readonly about: About;
  readonly report: Report;
  /** Attodollars that the transaction's payments explain. */
  explained: bigint;
  /** Whether an estate's takeover explains its deltas. */
  takenOver: boolean;
}

/** Everything that the replay of a house has come to. */
export interface HouseState {
  readonly house: string;
  readonly chainId: bigint;
  readonly keyX: bigint;
  readonly keyY: bigint;
  readonly listing: bigint;
  readonly unit: bigint;
  readonly accounts: Map<string, Account>;
  /** Disclosed books by account and commitment. */
  readonly books: Map<string, DisclosedBook>;
  /** Accounts of which a book is disclosed. */
  readonly disclosing: ReadonlySet<string>;
  readonly verifier: BatchVerifier;
  readonly constant: { readonly x: bigint; readonly y: bigint };
  /** Net price by slot of each tear-up, in order. */
  readonly tearUps: (readonly (bigint | undefined)[])[];
  /** The buyer of an estate's share whose change of book follows. */
  buyer: string | undefined;
  readonly pending: { readonly item: BatchItem; readonly about: About; readonly report: Report }[];
  changes: Change[];
  /** Smallest units that back the books, and that are asked for, after all cuts. */
  held: bigint;
  asked: bigint;
  dust: bigint;
  /** What a share of what is asked for is worth, of {@link WHOLE}; a cut to nothing begins another era. */
  index: bigint;
  era: number;
  readonly counts: { changes: number; renewals: number; notes: number; proofs: number; opened: number };
}

/** The account of an event; undefined, and reported, if nobody has opened it. */
export function accountOf(
  { accounts }: HouseState,
  account: string,
  { report }: LoggedContext,
): Account | undefined {
  const known = accounts.get(account);
  if (known === undefined)
    report("event-impossible", { account }, "an account that was opened", "one that was not");
  return known;
}

/** What the words of a change say; undefined, and reported, for words of something else. */
export function readWords(
  words: readonly bigint[],
  about: About,
  report: Report,
): ReadTransition | undefined {
  try {
    return readTransition(words);
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
    report("clearing-words", about, "the words of a transition", "others");
    return undefined;
  }
}

/** What the house puts among the words itself, it must have put there. */
export function checkWords(
  state: HouseState,
  known: Account,
  account: string,
  sequence: bigint,
  read: ReadTransition,
  { report, transaction }: LoggedContext,
): void {
  const about = { account, sequence: countOf(sequence) };
  const { house, chainId, keyX, keyY, listing } = state;
  const expect = (what: string, expected: bigint, got: bigint) => {
    if (expected !== got) report("clearing-words", about, `${what} ${expected}`, `${got}`);
  };
  expect("place", placeWord({ chainId, house, account }), read.place);
  expect("sequence", known.sequence + 1n, sequence);
  expect("sequence among the words", sequence, read.sequence);
  expect("old commitment", known.commitment, read.oldCommitment);
  expect("birth", known.commitment === 0n ? 1n : 0n, read.birth ? 1n : 0n);
  expect("key's x", keyX, read.key.x);
  expect("key's y", keyY, read.key.y);
  expect("listing", listing, read.listing);
  if (BigInt(transaction.time) > read.deadline)
    report("clearing-words", about, `a deadline from ${transaction.time} on`, `${read.deadline}`);
  if (known.stage !== "open")
    report("clearing-frozen", about, "an account that is open", `one that is ${known.stage}`);
}

/** A book closes the first tear-up of each asset since its last change, and no other line. */
export function checkTearUps(
  state: HouseState,
  known: Account,
  read: ReadTransition,
  about: About,
  report: Report,
): void {
  const since = state.tearUps.slice(known.tearUps);
  known.tearUps = state.tearUps.length;
  const wrong = read.tearUps.findIndex(
    (price, u) => price !== since.find((prices) => prices[u] !== undefined)?.[u],
  );
  if (wrong >= 0)
    report("clearing-torn", about, `asset ${wrong} closed as it was torn up, if it was`, "otherwise");
}

/** Finds the proof of a change in its call, to be verified together with others. */
export function queueProof(
  state: HouseState,
  {
    hash,
    words,
    account,
    read,
    about,
  }: {
    readonly hash: bigint;
    readonly words: readonly bigint[];
    readonly account: string;
    readonly read: ReadTransition;
    readonly about: About;
  },
  transaction: LoggedTransaction,
  report: Report,
): void {
  const call = transitionCalls(transaction).find(
    (one) => one.account.toLowerCase() === account.toLowerCase() && one.newCommitment === read.newCommitment,
  );
  if (call === undefined)
    return report("proof-unseen", about, "the call that carried the transition", "none");
  const challenge = challengeOf(words, hash);
  state.pending.push({
    item: {
      proof: proofPoints(call.proof),
      own: [hash, challenge, sumAt(words, challenge)],
      folded: state.constant,
    },
    about,
    report,
  });
}

const CALLED = [interfaceOf(clearingHouse), interfaceOf(clearingDefaults)];

/** The transitions that a call carries: of the house, or a bid for an estate. */
function transitionCalls({ data }: LoggedTransaction): readonly TransitionCall[] {
  for (const called of CALLED) {
    const function_ = called.getFunction(data.slice(0, 10));
    const at = function_?.inputs.findIndex(({ name }) => name === "call" || name === "calls") ?? -1;
    if (function_ == null || at < 0) continue;
    try {
      const given = called.decodeFunctionData(function_, data)[at];
      return function_.inputs[at]?.name === "calls" ? [...given] : [given];
    } catch {
      return [];
    }
  }
  return [];
}

/** What an account's payment is worth now, smallest units. As HouseAccounts._worth. */
export function worthOfAsked({ index, era, asked }: HouseState, { asked: own }: Account): bigint {
  if (own.era !== era) return 0n;
  const worth = (own.shares * index) / WHOLE;
  return worth < asked ? worth : asked;
}

/** Takes back what an account has asked for. @returns what it was worth, smallest units */
export function takeAsked(state: HouseState, known: Account): bigint {
  const worth = worthOfAsked(state, known);
  state.asked -= worth;
  known.asked = { shares: 0n, due: 0n, era: state.era };
  return worth;
}

/** Verifies the proofs that wait, together, and reports those that are not valid. */
export function verifyPending(state: HouseState): void {
  const pending = state.pending.splice(0);
  if (pending.length === 0) return;
  const invalid = new Set(state.verifier.invalid(pending.map(({ item }) => item)));
  pending.forEach(({ about, report }, i) => {
    state.counts.proofs++;
    if (invalid.has(i)) report("proof-invalid", about, "a valid proof of the transition", "another");
  });
}

/** Holds a disclosed book to the one before it: exactly what tear-ups, deltas and its notes make of that. */
export function checkOpening(
  state: HouseState,
  known: Account,
  account: string,
  read: ReadTransition,
  about: About,
  report: Report,
): void {
  const before = known.opening;
  const book = state.books.get(`${account.toLowerCase()} ${read.newCommitment}`);
  known.opening = book?.opening;
  if (book === undefined) {
    if (state.disclosing.has(account.toLowerCase()))
      report("clearing-unopened", about, "an opening of this book", "none");
    return;
  }
  state.counts.opened++;
  if (before === undefined) return;
  const sides: NoteSide[] = [];
  for (const used of read.notes) {
    if (used === null) continue;
    const note = book.notes.find((one) => noteDigest(one) === used.digest);
    if (note === undefined)
      return report("clearing-unopened", about, "the notes that the book took", "others");
    sides.push({ note, side: used.side });
  }
  const { deltaPerp, deltaBasis, tearUps } = read;
  try {
    const after = applyMoves(before, { sides, deltaPerp, deltaBasis, tearUps });
    const same = after.basis === book.opening.basis && after.perp.every((q, u) => q === book.opening.perp[u]);
    if (!same) report("clearing-opening", about, "the book that its notes and payments make", "another");
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
    report("clearing-opening", about, "a book within its bounds", "another");
  }
}
