import { interfaceOf } from "../../chain/binding.js";
import type { ContractLogHead, LoggedTransaction } from "../../chain/contractLog.js";
import { type ClearingDefaultsEvents, clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import {
  type ClearingHouseEvents,
  clearingHouse,
  type TransitionCall,
} from "../../chain/generated/ClearingHouse.js";
import { OutOfRangeError } from "../../errors.js";
import { type BatchItem, BatchVerifier } from "../../groth16/batchVerifier.js";
import type { VerificationKey } from "../../groth16/verificationKey.js";
import { challengeOf, sumAt } from "../../protocol/boundWords.js";
import { type ReadTransition, readTransition } from "../../protocol/readTransition.js";
import type { ClearedOpening } from "../../protocol/sealedBook.js";
import {
  applyMoves,
  commitCleared,
  type Note,
  type NoteSide,
  noteDigest,
  placeWord,
} from "../../protocol/transition.js";
import { proofPoints } from "../replay/callData.js";
import { type About, countOf, type Report } from "../replay/context.js";
import { type ContractAudit, compareAnswers, type LoggedContext, type LoggedHandlers } from "./replay.js";

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
interface Account {
  readonly owner: string;
  sequence: bigint;
  commitment: bigint;
  stage: number;
  /** Smallest units that its owner has asked for and was not paid; cuts are not taken off. */
  asked: bigint;
  due: bigint;
  /** Number of the newest tear-up that its book has applied. */
  tearUps: number;
  /** The disclosed opening of its book; undefined where none was disclosed. */
  opening: ClearedOpening | undefined;
}

/** A change of a book, until its transaction has ended. */
interface Change {
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
interface HouseState {
  readonly house: string;
  readonly chainId: bigint;
  readonly keyX: bigint;
  readonly keyY: bigint;
  readonly listing: bigint;
  readonly unit: bigint;
  readonly accounts: Map<string, Account>;
  readonly books: Map<string, DisclosedBook>;
  readonly verifier: BatchVerifier;
  readonly constant: { readonly x: bigint; readonly y: bigint };
  /** Net price by slot of each tear-up, in order. */
  readonly tearUps: (readonly (bigint | undefined)[])[];
  /** The buyer of an estate's share whose change of book follows. */
  buyer: string | undefined;
  readonly pending: { readonly item: BatchItem; readonly about: About; readonly report: Report }[];
  changes: Change[];
  /** Smallest units that the events say back the books and are asked for. */
  held: bigint;
  dust: bigint;
  /** Whether cuts or estates have moved backing in ways that these events do not tell. */
  moved: boolean;
  readonly counts: { changes: number; renewals: number; notes: number; proofs: number; opened: number };
}

/** Proofs that are verified at once. */
const BATCH = 128;
const [NONE, OPEN] = [0, 1];

/**
 * The audit of a clearing house: every change of a book names the commitment before it, every proof of a transition is verified, every
 * note has two sides, and every delta is explained by a payment. With disclosed openings, each book follows from the one before and
 * its notes, to the last unit.
 */
export function clearingAudit({ key, disclosed }: ClearingEvidence): ContractAudit<HouseState> {
  return {
    of: "clearing",
    bindings: { clearingHouse, clearingDefaults },
    handlers: { clearingHouse: HANDLERS as never, clearingDefaults: OF_DEFAULTS as never },
    begin: (head) => begin(head, key, disclosed),
    endTransaction,
    end(state, answers, report) {
      verifyPending(state);
      const expected = Object.fromEntries(
        [...state.accounts].flatMap(([id, { owner, sequence, commitment, stage }]) => [
          [`clearingHouse.ownerOf(${id})`, owner],
          [`clearingHouse.stageOf(${id})`, `${stage}`],
          [`bookRegistry.bookOf(${id})`, `${sequence} ${commitment}`],
        ]),
      );
      compareAnswers(answers, expected, report);
      if (state.moved) return;
      compareAnswers(
        answers,
        { "clearingHouse.held()": `${state.held}`, "clearingHouse.dust()": `${state.dust}` },
        report,
      );
    },
    coverage: ({ counts, accounts }) => ({ accounts: accounts.size, ...counts }),
  };
}

/** The questions that the end of a house's log answers, by its accounts: see {@link clearingAudit}. */
export function clearedAccounts(log: readonly LoggedTransaction[]): string[] {
  const topic = interfaceOf(clearingHouse).getEvent("ClearingAccountOpened")?.topicHash;
  return log.flatMap(({ events }) =>
    events.flatMap(({ topics }) => (topics[0] === topic && topics[1] !== undefined ? [topics[1]] : [])),
  );
}

function begin(head: ContractLogHead, key: VerificationKey, disclosed: readonly DisclosedBook[]): HouseState {
  const fact = (name: string) => BigInt(head.facts[`clearingHouse.${name}`] ?? "0");
  const verifier = new BatchVerifier(key);
  const listing = fact("listing");
  return {
    house: head.contracts.find(({ role }) => role === "clearingHouse")?.address ?? "0x",
    chainId: head.chainId,
    keyX: fact("keyX"),
    keyY: fact("keyY"),
    listing,
    unit: fact("unit"),
    accounts: new Map(),
    books: new Map(
      disclosed.map((book) => [
        `${book.account.toLowerCase()} ${commitCleared(book.opening, listing)}`,
        book,
      ]),
    ),
    verifier,
    constant: verifier.refold(null, []),
    tearUps: [],
    buyer: undefined,
    pending: [],
    changes: [],
    ...{ held: 0n, dust: 0n, moved: false },
    counts: { changes: 0, renewals: 0, notes: 0, proofs: 0, opened: 0 },
  };
}

const HANDLERS: LoggedHandlers<HouseState, ClearingHouseEvents> = {
  ClearingAccountOpened(state, { account, owner }, { report }) {
    if (state.accounts.has(account))
      report("event-impossible", { account }, "a new account", "one that is open");
    state.accounts.set(account, {
      owner: owner.toLowerCase(),
      ...{ sequence: 0n, commitment: 0n, stage: OPEN, asked: 0n, due: 0n, tearUps: state.tearUps.length },
      opening: emptyBook(16),
    });
  },

  BookChanged(state, { account, sequence, hash, words }, context) {
    const { report, transaction } = context;
    const about = { account, sequence: countOf(sequence) };
    const known = accountOf(state, account, context);
    const read = readWords([...words], about, report);
    if (known === undefined || read === undefined) return;
    state.counts.changes++;
    checkWords(state, known, account, sequence, read, context);
    queueProof(state, { hash, words: [...words], read, account, about }, transaction, report);
    checkTearUps(state, known, read, about, report);
    const takenOver = state.buyer === account;
    if (takenOver) state.buyer = undefined;
    state.changes.push({ account, read, about, report, explained: 0n, takenOver });
    checkOpening(state, known, account, read, about, report);
    Object.assign(known, { sequence, commitment: read.newCommitment });
  },

  BookRenewed(state, { account, sequence }, context) {
    const known = accountOf(state, account, context);
    if (known === undefined) return;
    state.counts.renewals++;
    if (sequence !== known.sequence + 1n || known.commitment === 0n)
      context.report(
        "clearing-words",
        { account, sequence: countOf(sequence) },
        `a renewal of a book as ${known.sequence + 1n}`,
        `${sequence}`,
      );
    known.sequence = sequence;
  },

  ClearingDeposited(state, { account, amount }, context) {
    state.held += amount;
    explain(state, account, amount * state.unit, context);
  },

  WithdrawalAsked(state, { account, amount, due }, context) {
    const known = accountOf(state, account, context);
    if (known === undefined) return;
    state.held -= amount;
    Object.assign(known, { asked: known.asked + amount, due });
    explain(state, account, -amount * state.unit, context);
  },

  Exited(state, { account, dust }, context) {
    state.dust += dust;
    explain(state, account, -dust, context);
  },

  WithdrawalPaid(state, { account, amount }, context) {
    const known = accountOf(state, account, context);
    if (known === undefined) return;
    const { time } = context.transaction;
    const least = state.moved ? 0n : known.asked;
    if (amount > known.asked || amount < least || BigInt(time) < known.due)
      context.report(
        "clearing-payment",
        { account },
        `${known.asked} units from ${known.due} on`,
        `${amount} units at ${time}`,
      );
    Object.assign(known, { asked: 0n, due: 0n });
  },

  AccountFrozen(state, { account, sequence, seized }, context) {
    const known = accountOf(state, account, context);
    if (known === undefined) return;
    if (sequence !== known.sequence)
      context.report(
        "clearing-frozen",
        { account },
        `book ${known.sequence}, the newest`,
        `book ${sequence}`,
      );
    state.held += seized;
    Object.assign(known, { stage: 2, asked: 0n });
  },

  StageReached(state, { account, stage }, context) {
    const known = accountOf(state, account, context);
    if (known === undefined) return;
    if (Number(stage) !== known.stage + 1 && Number(stage) !== 4)
      context.report("event-impossible", { account }, `a stage after ${known.stage}`, `${stage}`);
    known.stage = Number(stage);
    state.moved = true;
  },

  WithdrawalsCut(state) {
    state.moved = true;
  },

  MarketClosed() {},
};

const OF_DEFAULTS: LoggedHandlers<HouseState, ClearingDefaultsEvents> = {
  DefaultStarted() {},
  EstateRevealed() {},
  EstateSold(state, { buyer }) {
    state.buyer = buyer;
    state.moved = true;
  },
  EstateFunded(state) {
    state.moved = true;
  },
  EstateSettled(state) {
    state.moved = true;
  },
  TornUp(state, { number, assets, netPrice }, { report }) {
    state.tearUps.push(netPrice.map((price, u) => (((assets >> BigInt(u)) & 1n) === 1n ? price : undefined)));
    if (number !== BigInt(state.tearUps.length))
      report("event-impossible", {}, `tear-up ${state.tearUps.length}`, `${number}`);
  },
  MarketEnded(state) {
    state.moved = true;
  },
  EndClaimProven() {},
  EndClaimPaid(state) {
    state.moved = true;
  },
};

/** A book closes the first tear-up of each asset since its last change, and no other line. */
function checkTearUps(
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

/** The account of an event; undefined, and reported, if nobody has opened it. */
function accountOf(
  { accounts }: HouseState,
  account: string,
  { report }: LoggedContext,
): Account | undefined {
  const known = accounts.get(account);
  if (known === undefined || known.stage === NONE)
    report("event-impossible", { account }, "an account that was opened", "one that was not");
  return known;
}

function readWords(words: readonly bigint[], about: About, report: Report): ReadTransition | undefined {
  try {
    return readTransition(words);
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
    report("clearing-words", about, "the words of a transition", "others");
    return undefined;
  }
}

/** What the house puts among the words itself, it must have put there. */
function checkWords(
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
  if (known.stage !== OPEN)
    report("clearing-frozen", about, "an account that is open", `one of stage ${known.stage}`);
}

/** Adds what a payment explains to the change of its transaction. */
function explain(state: HouseState, account: string, amount: bigint, { report }: LoggedContext): void {
  const change = state.changes.findLast((one) => one.account === account);
  if (change === undefined)
    report("event-missing", { account }, "the change of the book that it pays", "none");
  else change.explained += amount;
}

/** After a transaction: each note has two sides, and each delta is explained. */
function endTransaction(state: HouseState): void {
  const uses = new Map<bigint, { readonly side: string; readonly change: Change }[]>();
  for (const change of state.changes) {
    const { read, about, report, explained, takenOver } = change;
    for (const note of read.notes)
      if (note !== null)
        uses.set(note.digest, [...(uses.get(note.digest) ?? []), { side: note.side, change }]);
    const moved = read.deltaPerp.some((delta) => delta !== 0n);
    if (!takenOver && (read.deltaBasis !== explained || moved))
      report(
        "clearing-delta",
        about,
        `a basis changed by ${explained} attodollars, and no perpetual`,
        `by ${read.deltaBasis}${moved ? ", and perpetuals" : ""}`,
      );
  }
  for (const [digest, sides] of uses) {
    const [one, two, ...more] = sides;
    state.counts.notes++;
    const paired = two !== undefined && more.length === 0 && one?.side !== two.side;
    if (!paired || one?.change.account === two?.change.account)
      one?.change.report(
        "clearing-note",
        one.change.about,
        `two sides of the note ${digest}`,
        `${sides.length}`,
      );
  }
  state.changes = [];
  if (state.pending.length >= BATCH) verifyPending(state);
}

/** Finds the proof of a change in its call, to be verified together with others. */
function queueProof(
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

const HOUSE = interfaceOf(clearingHouse);

/** The transitions that a call of the house carries. */
function transitionCalls({ data }: LoggedTransaction): readonly TransitionCall[] {
  try {
    const parsed = HOUSE.parseTransaction({ data });
    if (parsed === null) return [];
    const given = parsed.name === "trade" ? parsed.args["calls"] : [parsed.args["call"]];
    return (given as readonly (TransitionCall | undefined)[]).filter((call) => call !== undefined);
  } catch {
    return [];
  }
}

function verifyPending(state: HouseState): void {
  const pending = state.pending.splice(0);
  if (pending.length === 0) return;
  const invalid = new Set(state.verifier.invalid(pending.map(({ item }) => item)));
  pending.forEach(({ about, report }, i) => {
    state.counts.proofs++;
    if (invalid.has(i)) report("proof-invalid", about, "a valid proof of the transition", "another");
  });
}

/** Holds a disclosed book to the one before it: exactly what tear-ups, deltas and its notes make of that. */
function checkOpening(
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
  const hasAny = [...state.books.keys()].some((id) => id.startsWith(account.toLowerCase()));
  if (book === undefined) {
    if (hasAny) report("clearing-unopened", about, "an opening of this book", "none");
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

function emptyBook(slots: number): ClearedOpening {
  return { perp: new Array<bigint>(slots).fill(0n), basis: 0n, salt: 0n };
}
