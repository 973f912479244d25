import { interfaceOf } from "../../chain/binding.js";
import type { ContractLogHead, LoggedTransaction } from "../../chain/contractLog.js";
import { bookRegistry } from "../../chain/generated/BookRegistry.js";
import { clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { type ClearingHouseEvents, clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { type DefaultFundEvents, defaultFund } from "../../chain/generated/DefaultFund.js";
import { STAGE_NAMES } from "../../chain/generated/enums.js";
import { marginGate } from "../../chain/generated/MarginGate.js";
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
import { queueProof, revealedBook, verifyPending } from "./clearedProofs.js";
import { FUND_AUDIT } from "./defaultFund.js";
import { auctionHandlers, isClosed, newEstate } from "./estates.js";
import { checkSums, houseAnswers } from "./houseAnswers.js";
import {
  brokenBook,
  marginGateHandlers,
  openAtGates,
  stressGateHandlers,
  stressProfileHandlers,
} from "./houseGates.js";
import {
  capSet,
  changeAtGates,
  hasMargin,
  isCapOverdue,
  isCurrent,
  isLiquidatable,
  recordCapLapse,
} from "./houseHealth.js";
import {
  type Account,
  type Change,
  type ClearingEvidence,
  type HouseState,
  newHouse,
  SLOTS,
  WHOLE,
} from "./houseState.js";
import { checkOwed, endTransaction, explain } from "./houseTransactions.js";
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
 * prices, and the fund is rebuilt beside them. Claims of health at both gates are replayed too: each proof against the market that is
 * folded here again, and what each change, payment and default needs of them. With disclosed openings, each book follows from the one before and its notes, to the
 * last unit.
 *
 * @example
 * ```ts
 * import { replayContracts } from "zkmargin/audit";
 * import { clearingAudit } from "zkmargin/clearing";
 *
 * const keys = { key: transitionKey, reveal: revealKey, margin: marginKey };
 * const audit = clearingAudit({ ...keys, disclosed: clearedBooks });
 * console.log(replayContracts(clearingLog, audit).coverage["opened"]); // 1
 * ```
 */
export function clearingAudit({
  key,
  margin,
  reveal,
  disclosed,
}: ClearingEvidence): ContractAudit<HouseState> {
  const ofMarket = { marketLedger: ledgerHandlers, riskProfile: profileHandlers };
  const ofGates = {
    ...{ marginGate: marginGateHandlers, stressGate: stressGateHandlers },
    ...{ stressProfile: stressProfileHandlers, bookRegistry: brokenBook },
  };
  const ofHouse = {
    clearingHouse: HANDLERS,
    clearingDefaults: { ...auctionHandlers, ...settlementHandlers },
    fund: OF_FUND,
  };
  return {
    of: "clearing",
    bindings: {
      ...{ clearingHouse, clearingDefaults, fund: defaultFund, marketLedger, riskProfile },
      ...{ marginGate, stressGate: marginGate, stressProfile: riskProfile, bookRegistry },
    },
    handlers: { ...ofHouse, ...ofMarket, ...ofGates } as never,
    begin: (head, report) => newHouse(head, { key, margin, reveal, disclosed }, report),
    endTransaction,
    end(state, answers, report) {
      verifyPending(state);
      compareAnswers(answers, houseAnswers(state, answers), report);
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
  ClearingAccountOpened(state, { account, owner }, { report, transaction }) {
    if (state.accounts.has(account))
      report("event-impossible", { account }, "a new account", "one that is open");
    state.accounts.set(account, {
      owner: owner.toLowerCase(),
      ...{ sequence: 0n, commitment: 0n, emptyAt: 0n, stage: "open", tearUps: state.tearUps.length },
      asked: { shares: 0n, due: 0n, era: state.era },
      opening: { perp: new Array<bigint>(SLOTS).fill(0n), basis: 0n, salt: 0n },
    });
    openAtGates(state.gates, account, transaction.time);
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
    const opens = taken !== undefined || (uses && !read.reduces);
    changeAtGates(state, { account, ...known }, { opens, about, report }, context);
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
    const { report } = context;
    const about = { account, sequence: countOf(sequence) };
    changeAtGates(state, { account, ...known }, { opens: false, about, report }, context);
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
    const claiming = state.gates.claiming.get(account);
    if (claiming !== undefined) claiming.opens = true;
    if (isClosed(state, change?.exited !== true))
      context.report("clearing-end", { account }, "no withdrawal from a closed market", "one");
  },

  Exited(state, { account, sequence, dust }, context) {
    state.dust += dust;
    const change = explain(state, account, -dust, context);
    if (change === undefined) return;
    change.exited = true;
    // An empty book is healthy without a claim.
    state.gates.claiming.delete(account);
    const known = state.accounts.get(account);
    if (known !== undefined) known.emptyAt = sequence;
    revealedBook(state, { account, sequence, commitment: change.read.newCommitment }, context, true);
  },

  WithdrawalPaid(state, { account, amount }, context) {
    const known = accountOf(state, account, context);
    if (known === undefined) return;
    const { time } = context.transaction;
    const { due } = known.asked;
    const worth = takeAsked(state, known);
    const proven = state.ended !== undefined || known.stage !== "open" || known.emptyAt === known.sequence;
    const { initialMargin } = state.gates;
    if (!proven && !(isCurrent(state, account, time) && hasMargin(state.gates, account, initialMargin, time)))
      context.report(
        "release-unhealthy",
        { account },
        `a book that is current, and a claim of ${initialMargin} basis points`,
        "none that holds",
      );
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
    const { time } = context.transaction;
    if (!isLiquidatable(state.gates, account, time) && !isCapOverdue(state, account, time))
      context.report(
        "clearing-due",
        { account },
        "a liquidatable account, or a cap that is overdue",
        "neither of them",
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
  CapSet(state: HouseState, { account }: DefaultFundEvents["CapSet"], context: LoggedContext) {
    state.capped.add(account);
    capSet(state, account, state.accounts.get(account)?.stage === "open", context);
  },
  CapLapsed: (state: HouseState, { account }: DefaultFundEvents["CapLapsed"], context: LoggedContext) =>
    recordCapLapse(state, account, true, context),
  CapRestored: (state: HouseState, { account }: DefaultFundEvents["CapRestored"], context: LoggedContext) =>
    recordCapLapse(state, account, false, context),
  CapitalAdded(
    state: HouseState,
    { from, amount }: DefaultFundEvents["CapitalAdded"],
    context: LoggedContext,
  ) {
    if (from.toLowerCase() === state.defaults) paidBack(state, amount, context);
  },
};
