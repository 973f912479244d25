import type { LogBlock } from "../../chain/eventLog/record.js";
import type { MarginGateEvents } from "../../chain/generated/MarginGate.js";
import type { Claim } from "../../protocol/claim.js";
import { lapseOf } from "../../protocol/lapse.js";
import { isOutage, liveEpoch, statusAt } from "../../protocol/status.js";
import { acceptClaim, type Lift, NO_LIFT } from "./acceptClaim.js";
import {
  type AccountContext,
  type AccountLog,
  type AccountState,
  type ClaimEntry,
  type HealthRecord,
  recordClaim,
  recordLapse,
} from "./account.js";
import { batchItem, type PendingProof, proofsOf } from "./callData.js";
import { type CoverageCount, countOf, type EventContext, type Handlers, type Report } from "./context.js";
import type { ReplayedMarket, RoundHead } from "./ledger.js";

type ProofAccepted = MarginGateEvents["ProofAccepted"];

/** A lift of marks that its claim of health has yet to follow. */
export interface AwaitedClaim extends Lift {
  readonly account: string;
  readonly round: number;
}

/** What SupportRecorded says that the claim of health that follows puts on record. */
export interface AwaitedSupport {
  readonly account: string;
  readonly round: number;
  readonly sequence: number;
  /** Cents. */
  readonly support: bigint;
}

/** What the events so far of a block say that a claim of health must follow for. */
export interface AwaitedHealth {
  claim: AwaitedClaim | null;
  support: AwaitedSupport | null;
}

/** What events of the gate change, beside the account and its log. */
interface GatePart {
  readonly coverage: Pick<CoverageCount, "proofs">;
}

/** What a handler of the gate's events is given. */
export interface GateContext extends Omit<AccountContext, "basis" | "block" | "waited"> {
  readonly block: Pick<LogBlock, "number" | "time" | "calls">;
  readonly market: ReplayedMarket;
  readonly awaited: EventContext["awaited"] & AwaitedHealth;
  readonly disclosed: {
    checkClaim(account: AccountState, log: AccountLog, claim: Claim, round: RoundHead, report: Report): void;
  };
  /** Has a proof that is in the record verified, together with others. */
  readonly verifyLater: (proof: PendingProof) => void;
}

export const gateHandlers: Handlers<MarginGateEvents, GatePart, GateContext, GateContext> = {
  ProofAccepted({ coverage }, event, context) {
    const { market, account, log, block, tx, report } = context;
    // How the claim before stood until now, before it is replaced.
    recordLapse(log, statusAt(market, account, block.time));
    coverage.proofs++;
    const accepted = acceptClaim(event, context);
    checkSupport(event, accepted?.claim ?? null, context);
    checkLift(event, accepted?.lift ?? NO_LIFT, context);
    const candidates = proofsOf(event, block.calls, tx, report);
    if (accepted === null) return;
    const { claim, round, asItIs } = accepted;
    const entry: ClaimEntry = {
      time: block.time,
      block: block.number,
      round: countOf(event.round),
      roundTime: round?.time ?? block.time,
      sequence: countOf(event.sequence),
      epoch: round?.epoch ?? market.profile.epoch,
      healthy: claim.healthy,
      theta: claim.theta,
      envelope: claim.envelope,
      support: (claim.support ?? 0n).toString(),
      sleeve: claim.sleeve ?? false,
      asItIs,
      lapsedAt: null,
      lapsedBy: null,
      verified: false,
    };
    recordClaim(log, entry, block.time);
    if (round === null) return;
    context.disclosed.checkClaim(account, log, claim, round, report);
    if (candidates.length === 0) return;
    context.verifyLater({
      candidates: candidates.map((each) => batchItem(each, account.book.commitment, round.folded)),
      place: { block: block.number, time: block.time, logIndex: context.logIndex },
      about: {
        account: account.account,
        epoch: round.epoch,
        round: round.number,
        sequence: entry.sequence,
      },
      verified: () => {
        entry.verified = true;
      },
    });
  },

  /** The gate has recorded nothing of it. */
  ProofSkipped() {},

  SupportRecorded(_, { account, round, sequence, support }, { awaited }) {
    awaited.support = { account, round: countOf(round), sequence: countOf(sequence), support };
  },

  MarksLifted(_, { account, round, breach, call }, { awaited }) {
    awaited.claim = { account, round: countOf(round), breach, call };
  },

  /** A lapse that was recorded on chain must be the one that is found. */
  LapseRecorded(_, event, { market, account, block, report }) {
    const lapsedAt = countOf(event.lapsedAt);
    const found = statusAt(market, account, block.time).lapsedAt;
    if (found !== lapsedAt)
      report(
        "record-mismatch",
        { account: account.account },
        found === 0 ? "no lapse" : `a lapse at ${found}`,
        `one at ${lapsedAt}`,
      );
    account.marks.lapsedAt = lapsedAt;
  },

  /** A default that was recorded on chain must be one: liquidatable, and by no breach but one that had to wait for a grace. */
  DefaultRecorded(_, event, { market, account, block: { number, time }, tx, report }) {
    const { marks } = account;
    account.defaultIn = { block: number, tx };
    const round = countOf(event.round);
    const { status } = statusAt(market, account, time);
    const newest = market.ledger.newest?.number ?? 0;
    const expected = marks.breachRound === 0 ? newest : marks.breachRound;
    const counts = marks.breachRound !== 0 && marks.graceSince === 0;
    if (status !== "liquidatable" || counts || round !== expected)
      report(
        "record-mismatch",
        { account: account.account, round },
        `a default recorded at round ${expected} of an account that is in default`,
        `one at round ${round} of an account that is ${status}`,
      );
    if (marks.breachRound === 0) marks.breachSince = time;
    Object.assign(marks, { breachRound: round, graceSince: 0 });
  },
};

/** Whether a claim on record says that much of the newest book now: it has not lapsed, and the market is live. As GateStatus._holds. */
export function claimHolds(
  market: ReplayedMarket,
  { marks, book }: Pick<AccountState, "marks" | "book">,
  claim: HealthRecord | null,
  theta: number,
  time: number,
): boolean {
  const { newest } = market.ledger;
  if (claim === null || claim.claim.theta < theta) return false;
  if (newest === null || newest.epoch !== liveEpoch(market.profile, time)) return false;
  if (isOutage(newest, time, market.constants.ledger.maxRoundAge)) return false;
  return lapseOf(market, { marks: { ...marks, lapsedAt: 0 }, book }, claim, time).at === 0;
}

/** What comes next, or the end of the block, is no claim of health: a lift of marks should have been followed by one. */
export function noClaimFollows({ awaited, report }: Pick<GateContext, "awaited" | "report">): void {
  if (awaited.claim !== null)
    report(
      "event-missing",
      { account: awaited.claim.account },
      "the claim of health that lifts marks",
      "none",
    );
  if (awaited.support !== null)
    report(
      "event-missing",
      { account: awaited.support.account },
      "the claim of health whose support is on record",
      "none",
    );
  Object.assign(awaited, { claim: null, support: null });
}

/** SupportRecorded must have told of a claim of health with a support, and of no other. */
function checkSupport(
  { account, round, sequence }: ProofAccepted,
  claim: Claim | null,
  { awaited, report }: GateContext,
): void {
  const said = awaited.support;
  awaited.support = null;
  const support = claim?.healthy ? (claim.support ?? 0n) : 0n;
  const about = { account, round: countOf(round), sequence: countOf(sequence) };
  if (said === null) {
    if (support !== 0n) report("event-missing", about, "that the support is on record", "no word of it");
  } else if (
    said.account !== account ||
    said.round !== about.round ||
    said.sequence !== about.sequence ||
    said.support !== support
  )
    report("event-impossible", about, "the support that the claim has", "another");
}

function checkLift({ account, round }: ProofAccepted, lift: Lift, { awaited, report }: GateContext): void {
  const said = awaited.claim;
  awaited.claim = null;
  const about = { account, round: countOf(round) };
  if (said === null) {
    if (lift.breach || lift.call)
      report("event-missing", about, "that the claim lifts marks", "no word of it");
  } else if (
    said.account !== account ||
    said.round !== countOf(round) ||
    said.breach !== lift.breach ||
    said.call !== lift.call
  )
    report("event-impossible", about, "marks lifted by what the claim is", "others");
}
