import { interfaceOf } from "../../chain/binding.js";
import type { ContractLogHead, LoggedTransaction } from "../../chain/contractLog.js";
import { clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { type ClearingHouseEvents, clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { type DefaultFundEvents, defaultFund } from "../../chain/generated/DefaultFund.js";
import { STAGE_NAMES } from "../../chain/generated/enums.js";
import { marketLedger } from "../../chain/generated/MarketLedger.js";
import { riskProfile } from "../../chain/generated/RiskProfile.js";
import { checksummed } from "../../encoding/address.js";
import { BatchVerifier } from "../../groth16/batchVerifier.js";
import type { VerificationKey } from "../../groth16/verificationKey.js";
import type { ClearedOpening } from "../../protocol/sealedBook.js";
import { commitCleared } from "../../protocol/transition.js";
import { BATCH } from "../replay/callData.js";
import { type About, countOf, type Report } from "../replay/context.js";
import {
  accountOf,
  checkBox,
  checkOpening,
  checkTearUps,
  checkWords,
  readWords,
  takeAsked,
} from "./clearedBooks.js";
import { ledgerHandlers, profileHandlers } from "./clearedMarket.js";
import { exitCall, queueProof, queueReveal, verifyPending } from "./clearedProofs.js";
import { FUND_AUDIT } from "./defaultFund.js";
import { auctionHandlers, isClosed, newEstate } from "./estates.js";
import { checkSums, houseAnswers } from "./houseAnswers.js";
import {
  type Account,
  type Change,
  type ClearingEvidence,
  type HouseState,
  newHouse,
  SLOTS,
  WHOLE,
} from "./houseState.js";
import {
  type ContractAudit,
  compareAnswers,
  type LoggedContext,
  type LoggedHandler,
  type LoggedHandlers,
} from "./replay.js";
import {
  assessmentsCollected,
  endSettlements,
  lossAbsorbed,
  owedToOwner,
  paidBack,
  paymentsCut,
  settlementHandlers,
} from "./settlements.js";

/** A cut to less than this share of WHOLE leaves nothing: as HouseAccounts.LEAST_INDEX. */
const LEAST_INDEX = 10n ** 18n;

/**
 * The audit of a clearing house: every change of a book names the commitment before it, every proof of a transition is verified, every
 * note has two sides, and every delta is explained by a payment or a takeover. Estates are sold and settled again at the ledger's
 * prices, and the fund is rebuilt beside them. With disclosed openings, each book follows from the one before and its notes, to the
 * last unit.
 *
 * @example
 * ```ts
 * import { replayContracts } from "zkmargin/audit";
 * import { clearingAudit } from "zkmargin/clearing";
 *
 * const audit = clearingAudit({ key: transitionKey, reveal: revealKey, disclosed: clearedBooks });
 * console.log(replayContracts(clearingLog, audit).coverage["opened"]); // 1
 * ```
 */
export function clearingAudit({ key, reveal, disclosed }: ClearingEvidence): ContractAudit<HouseState> {
  const ofMarket = { marketLedger: ledgerHandlers, riskProfile: profileHandlers };
  const ofHouse = {
    clearingHouse: HANDLERS,
    clearingDefaults: { ...auctionHandlers, ...settlementHandlers },
    fund: OF_FUND,
  };
  return {
    of: "clearing",
    bindings: { clearingHouse, clearingDefaults, fund: defaultFund, marketLedger, riskProfile },
    handlers: { ...ofHouse, ...ofMarket } as never,
    begin: (head, report) => newHouse(head, { key, reveal, disclosed }, report),
    endTransaction,
    end(state, answers, report) {
      verifyPending(state);
      compareAnswers(answers, houseAnswers(state), report);
      FUND_AUDIT.end(state.fund, answers, report);
      checkSums(state, report);
    },
    coverage: ({ counts, accounts, estates, tearUps, market, fund }) => ({
      ...{ accounts: accounts.size, ...counts },
      ...{ rounds: market.newest?.number ?? 0, defaults: estates.size },
      ...{ losses: fund.losses.length, tearUps: tearUps.length },
    }),
  };
}

/** The questions that the end of a house's log answers, by its accounts: see {@link clearingAudit}. */
export function clearedAccounts(log: readonly LoggedTransaction[]): string[] {
  const topic = interfaceOf(clearingHouse).getEvent("ClearingAccountOpened")?.topicHash;
  return log.flatMap(({ events }) =>
    events.flatMap(({ topics }) => (topics[0] === topic && topics[1] !== undefined ? [topics[1]] : [])),
  );
}

const HANDLERS: LoggedHandlers<HouseState, ClearingHouseEvents> = {
  ClearingAccountOpened(state, { account, owner }, { report }) {
    if (state.accounts.has(account))
      report("event-impossible", { account }, "a new account", "one that is open");
    state.accounts.set(account, {
      owner: owner.toLowerCase(),
      ...{ sequence: 0n, commitment: 0n, stage: "open", tearUps: state.tearUps.length },
      asked: { shares: 0n, due: 0n, era: state.era },
      opening: { perp: new Array<bigint>(SLOTS).fill(0n), basis: 0n, salt: 0n },
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
    checkBox(state, read, about, context);
    const uses = read.notes.some((note) => note !== null);
    if (isClosed(state, uses && !read.reduces))
      report("clearing-end", about, "no trade in a closed market but one that reduces", "another");
    // Who owes an assessment closes torn-up lines, and does nothing else.
    const closes = read.tearUps.some((price) => price !== undefined) && !uses && read.deltaBasis === 0n;
    if (!closes) checkOwed(state, known, about, report);
    const taken = state.takeover?.account === account ? state.takeover : undefined;
    if (taken !== undefined) state.takeover = undefined;
    const { deltaBasis = 0n, deltaPerp = [] } = taken ?? {};
    state.changes.push({
      account,
      read,
      about,
      report,
      explained: deltaBasis,
      taken: deltaPerp,
      exited: false,
    });
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
    if (isClosed(state, false))
      context.report("clearing-end", { account }, "no renewal after the end of the market", "one");
    checkOwed(state, known, { account }, context.report);
    known.sequence = sequence;
    state.renewed.push(account);
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
    const after = BigInt(context.transaction.time + state.horizon);
    if (due !== after) context.report("clearing-payment", { account }, `a payment due at ${after}`, `${due}`);
    // What is left of an estate is owed without a change of its book.
    if (known.stage !== "open") return owedToOwner(state, account, amount, context);
    const change = explain(state, account, -amount * state.unit, context);
    if (isClosed(state, change?.exited !== true))
      context.report("clearing-end", { account }, "no withdrawal from a closed market", "one");
  },

  Exited(state, { account, sequence, dust }, context) {
    state.dust += dust;
    const change = explain(state, account, -dust, context);
    if (change === undefined) return;
    change.exited = true;
    const { report, transaction } = context;
    const empty = exitCall(transaction, account);
    if (empty === undefined)
      return report("proof-unseen", { account }, "the call that showed an empty book", "none");
    queueReveal(state, { account, sequence, ...empty }, change.read.newCommitment, report);
  },

  WithdrawalPaid(state, { account, amount }, context) {
    const known = accountOf(state, account, context);
    if (known === undefined) return;
    const { time } = context.transaction;
    const { due } = known.asked;
    const worth = takeAsked(state, known);
    checkOwed(state, known, { account }, context.report);
    if (state.openDefaults !== 0 && state.ended === undefined)
      context.report("clearing-payment", { account }, "no payment while a default is open", "one");
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
    state.openDefaults++;
    state.starting.add(account);
    const { commitment, tearUps } = known;
    const estate = { sequence, commitment, tearUps };
    state.estates.set(account, newEstate(context.transaction.time, estate, worth * state.unit));
  },

  StageReached(state, { account, stage }, context) {
    const known = accountOf(state, account, context);
    if (known === undefined) return;
    const next = STAGE_NAMES[STAGE_NAMES.indexOf(known.stage) + 1];
    if (known.stage === "open" || STAGE_NAMES[Number(stage)] !== next)
      context.report("event-impossible", { account }, `a stage after ${known.stage}`, `${stage}`);
    known.stage = STAGE_NAMES[Number(stage)] ?? known.stage;
    if (known.stage === "settled") state.openDefaults--;
  },

  WithdrawalsCut(state, { asked, cut }, context) {
    const { report } = context;
    paymentsCut(state, { cut, most: state.asked, least: LEAST_INDEX }, context);
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

  MarketClosed(state, { ended }, { report, transaction: { time } }) {
    if (ended) {
      if (state.ended?.time !== time)
        report("clearing-end", {}, "the end of the market with its prices", "none");
      return;
    }
    const late = [...state.estates.values()].some(
      ({ startedAt, revealedAt }) => revealedAt === 0 && time > startedAt + state.terms.revealPeriod,
    );
    if (!late || state.closedAt !== 0)
      report("clearing-end", {}, "one close, after a book was not revealed in time", "another");
    state.closedAt = time;
  },
};

/** The fund's events, as FUND_AUDIT has them, and what they say of the house's estates. */
const OF_FUND = Object.fromEntries(
  Object.entries(FUND_AUDIT.handlers.fund ?? {}).map(([name, handler]) => [
    name,
    (state: HouseState, fields: never, context: LoggedContext) => {
      handler(state.fund, fields, context);
      ON_FUND[name]?.(state, fields, context);
    },
  ]),
);

const ON_FUND: Partial<LoggedHandlers<HouseState, DefaultFundEvents>> &
  Record<string, LoggedHandler<HouseState, never> | undefined> = {
  LossAbsorbed: lossAbsorbed,
  AssessmentsCollected: assessmentsCollected,
  CapSet: (state: HouseState, { account }: DefaultFundEvents["CapSet"]) => state.capped.add(account),
  CapitalAdded(
    state: HouseState,
    { from, amount }: DefaultFundEvents["CapitalAdded"],
    context: LoggedContext,
  ) {
    if (from.toLowerCase() === state.defaults) paidBack(state, amount, context);
  },
};

/** An owner who owes the fund an assessment is paid nothing, and changes no book but by closing torn-up lines. */
function checkOwed(state: HouseState, { owner }: Account, about: About, report: Report): void {
  const { members } = state.fund.fund;
  const owed = members.get(checksummed(owner) ?? owner)?.owed ?? 0n;
  if (owed !== 0n) report("clearing-owed", about, "nothing owed to the fund", `${owed} units`);
}

/** Adds what a payment explains to the change of its transaction. */
function explain(
  state: HouseState,
  account: string,
  amount: bigint,
  { report }: LoggedContext,
): Change | undefined {
  const change = state.changes.findLast((one) => one.account === account);
  if (change === undefined)
    report("event-missing", { account }, "the change of the book that it pays", "none");
  else change.explained += amount;
  return change;
}

/** After a transaction: each note has two sides, and each delta is explained. */
function endTransaction(state: HouseState, context: LoggedContext): void {
  endSettlements(state, context);
  endTogether(state, context);
  if (context.transaction.events.some(({ role }) => role === "fund"))
    FUND_AUDIT.endTransaction?.(state.fund, context);
  const uses = new Map<bigint, { readonly side: string; readonly change: Change }[]>();
  for (const change of state.changes) {
    const { read, about, report, explained, taken } = change;
    for (const note of read.notes)
      if (note !== null)
        uses.set(note.digest, [...(uses.get(note.digest) ?? []), { side: note.side, change }]);
    const moved = read.deltaPerp.some((delta, u) => delta !== (taken[u] ?? 0n));
    if (read.deltaBasis !== explained || moved)
      report(
        "clearing-delta",
        about,
        `a basis changed by ${explained} attodollars, and the perpetuals of a takeover`,
        `by ${read.deltaBasis}${moved ? ", and other perpetuals" : ""}`,
      );
  }
  for (const [digest, sides] of uses) {
    const [one, two, ...more] = sides;
    state.counts.notes++;
    if (sides.every(({ change: { account } }) => state.accounts.get(account)?.opening !== undefined))
      state.counts.matched++;
    const paired = two !== undefined && more.length === 0 && one?.side !== two.side;
    if (!paired || one?.change.account === two?.change.account)
      one?.change.report(
        "clearing-note",
        one.change.about,
        `two sides of the note ${digest}`,
        `${sides.length}`,
      );
  }
  [state.changes, state.renewed, state.settled, state.boxRounds] = [[], [], [], undefined];
  state.capped.clear();
  if (state.pending.length >= BATCH) verifyPending(state);
}

/** What the house, its defaults and its fund tell together. */
function endTogether(state: HouseState, { report }: LoggedContext): void {
  const { numberOf } = state.fund.fund;
  const missing = (account: string, what: string) => report("event-missing", { account }, what, "none");
  for (const account of state.starting) missing(account, "the start of a default that freezes a book");
  state.starting.clear();
  for (const account of state.estates.keys()) {
    const stage = state.accounts.get(account)?.stage;
    const open = stage === "frozen" || stage === "revealed";
    if (open && state.ended === undefined && !numberOf.has(account) && !state.settled.includes(account))
      missing(account, "a default that the fund has noted");
  }
  for (const account of state.settled)
    if (numberOf.has(account)) missing(account, "the end of a default in the fund");
  if (state.takeover !== undefined)
    missing(state.takeover.account, "the change of book that takes parts over");
  state.takeover = undefined;
  const kept = (account: string) => {
    const owner = state.accounts.get(account)?.owner ?? "";
    return (state.fund.fund.members.get(checksummed(owner) ?? owner)?.owed ?? 0n) !== 0n;
  };
  for (const account of [...state.changes.map((change) => change.account), ...state.renewed])
    if (!state.capped.has(account) && !kept(account)) missing(account, "the cap of a book that changes");
}
