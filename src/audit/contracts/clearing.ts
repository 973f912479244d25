import { interfaceOf } from "../../chain/binding.js";
import type { ContractLogHead, LoggedTransaction } from "../../chain/contractLog.js";
import { type ClearingDefaultsEvents, clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { type ClearingHouseEvents, clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { BatchVerifier } from "../../groth16/batchVerifier.js";
import type { VerificationKey } from "../../groth16/verificationKey.js";
import type { ClearedOpening } from "../../protocol/sealedBook.js";
import { commitCleared } from "../../protocol/transition.js";
import { countOf } from "../replay/context.js";
import {
  accountOf,
  BATCH,
  type Change,
  type ClearingEvidence,
  checkOpening,
  checkTearUps,
  checkWords,
  type DisclosedBook,
  type HouseState,
  OPEN,
  queueProof,
  readWords,
  verifyPending,
} from "./clearedBooks.js";
import { type ContractAudit, compareAnswers, type LoggedContext, type LoggedHandlers } from "./replay.js";

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

function emptyBook(slots: number): ClearedOpening {
  return { perp: new Array<bigint>(slots).fill(0n), basis: 0n, salt: 0n };
}
