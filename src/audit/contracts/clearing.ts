import { interfaceOf } from "../../chain/binding.js";
import type { ContractLogHead, LoggedTransaction } from "../../chain/contractLog.js";
import { type ClearingDefaultsEvents, clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { type ClearingHouseEvents, clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { STAGE_NAMES } from "../../chain/generated/enums.js";
import { BatchVerifier } from "../../groth16/batchVerifier.js";
import type { VerificationKey } from "../../groth16/verificationKey.js";
import type { ClearedOpening } from "../../protocol/sealedBook.js";
import { commitCleared } from "../../protocol/transition.js";
import { BATCH } from "../replay/callData.js";
import { countOf } from "../replay/context.js";
import {
  accountOf,
  type Change,
  type ClearingEvidence,
  checkOpening,
  checkTearUps,
  checkWords,
  type DisclosedBook,
  type HouseState,
  queueProof,
  readWords,
  takeAsked,
  verifyPending,
  WHOLE,
} from "./clearedBooks.js";
import { type ContractAudit, compareAnswers, type LoggedContext, type LoggedHandlers } from "./replay.js";

/**
 * The audit of a clearing house: every change of a book names the commitment before it, every proof of a transition is verified, every
 * note has two sides, and every delta is explained by a payment. With disclosed openings, each book follows from the one before and
 * its notes, to the last unit.
 *
 * @example
 * ```ts
 * import { replayContracts } from "zkmargin/audit";
 * import { clearingAudit } from "zkmargin/clearing";
 *
 * const audit = clearingAudit({ key: transitionKey, disclosed: clearedBooks });
 * console.log(replayContracts(clearingLog, audit).coverage["opened"]); // 1
 * ```
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
          [`clearingHouse.stageOf(${id})`, `${STAGE_NAMES.indexOf(stage)}`],
          [`bookRegistry.bookOf(${id})`, `${sequence} ${commitment}`],
        ]),
      );
      compareAnswers(answers, expected, report);
      const { held, asked, dust } = state;
      const sums = { held, asked, dust };
      const totals = Object.entries(sums).map(([name, sum]) => [`clearingHouse.${name}()`, `${sum}`]);
      compareAnswers(answers, Object.fromEntries(totals), report);
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
    disclosing: new Set(disclosed.map(({ account }) => account.toLowerCase())),
    verifier,
    constant: verifier.refold(null, []),
    tearUps: [],
    buyer: undefined,
    pending: [],
    changes: [],
    ...{ held: 0n, asked: 0n, dust: 0n, index: WHOLE, era: 0 },
    counts: { changes: 0, renewals: 0, notes: 0, proofs: 0, opened: 0 },
  };
}

const HANDLERS: LoggedHandlers<HouseState, ClearingHouseEvents> = {
  ClearingAccountOpened(state, { account, owner }, { report }) {
    if (state.accounts.has(account))
      report("event-impossible", { account }, "a new account", "one that is open");
    state.accounts.set(account, {
      owner: owner.toLowerCase(),
      ...{ sequence: 0n, commitment: 0n, stage: "open", tearUps: state.tearUps.length },
      asked: { shares: 0n, due: 0n, era: state.era },
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
    state.asked += amount;
    const shares = (amount * WHOLE + state.index - 1n) / state.index;
    const before = known.asked.era === state.era ? known.asked.shares : 0n;
    known.asked = { shares: before + shares, due, era: state.era };
    // What is left of an estate is owed without a change of its book.
    if (known.stage === "open") explain(state, account, -amount * state.unit, context);
  },

  Exited(state, { account, dust }, context) {
    state.dust += dust;
    explain(state, account, -dust, context);
  },

  WithdrawalPaid(state, { account, amount }, context) {
    const known = accountOf(state, account, context);
    if (known === undefined) return;
    const { time } = context.transaction;
    const { due } = known.asked;
    const worth = takeAsked(state, known);
    if (amount !== worth || amount === 0n || BigInt(time) < due)
      context.report(
        "clearing-payment",
        { account },
        `${worth} units from ${due} on`,
        `${amount} units at ${time}`,
      );
  },

  AccountFrozen(state, { account, sequence, seized }, context) {
    const known = accountOf(state, account, context);
    if (known === undefined) return;
    const worth = takeAsked(state, known);
    if (sequence !== known.sequence || seized !== worth || known.stage !== "open")
      context.report(
        "clearing-frozen",
        { account },
        `the newest book, ${known.sequence}, of an open account, and ${worth} units`,
        `book ${sequence} of one that is ${known.stage}, and ${seized}`,
      );
    state.held += worth;
    known.stage = "frozen";
  },

  StageReached(state, { account, stage }, context) {
    const known = accountOf(state, account, context);
    if (known === undefined) return;
    const next = STAGE_NAMES[STAGE_NAMES.indexOf(known.stage) + 1];
    if (known.stage === "open" || STAGE_NAMES[Number(stage)] !== next)
      context.report("event-impossible", { account }, `a stage after ${known.stage}`, `${stage}`);
    known.stage = STAGE_NAMES[Number(stage)] ?? known.stage;
  },

  WithdrawalsCut(state, { asked, cut }, { report }) {
    if (asked !== state.asked || cut > asked)
      report(
        "clearing-payment",
        {},
        `a cut of ${state.asked} units that are asked for`,
        `${cut} of ${asked}`,
      );
    const left = state.asked - cut;
    if (left === 0n) [state.index, state.era] = [WHOLE, state.era + 1];
    else state.index = (state.index * left) / state.asked;
    state.asked = left;
    state.held += cut;
  },

  MarketClosed() {},
};

const OF_DEFAULTS: LoggedHandlers<HouseState, ClearingDefaultsEvents> = {
  DefaultStarted() {},
  EstateRevealed() {},
  EstateSold(state, { buyer }) {
    state.buyer = buyer;
  },
  EstateFunded(state, { paid }) {
    state.held += paid;
  },
  EstateSettled() {},
  TornUp(state, { number, assets, netPrice }, { report }) {
    state.tearUps.push(netPrice.map((price, u) => (((assets >> BigInt(u)) & 1n) === 1n ? price : undefined)));
    if (number !== BigInt(state.tearUps.length))
      report("event-impossible", {}, `tear-up ${state.tearUps.length}`, `${number}`);
  },
  MarketEnded() {},
  EndClaimProven() {},
  EndClaimPaid(state, { amount }) {
    state.held -= amount;
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
