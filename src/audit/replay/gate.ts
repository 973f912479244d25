import type { MarginGateEvents } from "../../chain/generated/MarginGate.js";
import { InputError } from "../../errors.js";
import { BPS } from "../../protocol/bounds.js";
import { type Claim, unpackClaim } from "../../protocol/claim.js";
import { odometerLimit } from "../../protocol/odometer.js";
import { bookTerms, endOfBookAge, graceSince, isMarked, statusAt } from "../../protocol/status.js";
import {
  type AccountContext,
  type AccountLog,
  type AccountState,
  type ClaimEntry,
  isLive,
  isWitness,
  recordClaim,
  recordLapse,
} from "./account.js";
import { batchItem, type PendingProof, proofsOf } from "./callData.js";
import { type CoverageCount, countOf, type EventContext, type Handlers, type Report } from "./context.js";
import type { ReplayedMarket, RoundHead } from "./ledger.js";

type ProofAccepted = MarginGateEvents["ProofAccepted"];

/** Which marks a claim of health lifts; what MarksLifted has to say. */
interface Lift {
  readonly breach: boolean;
  readonly call: boolean;
}

/** A lift of marks that its claim of health has yet to follow. */
export interface AwaitedClaim extends Lift {
  readonly account: string;
  readonly round: number;
}

/** What events of the gate change, beside the account and its log. */
interface GatePart {
  readonly coverage: CoverageCount;
}

interface GateContext extends AccountContext {
  readonly market: ReplayedMarket;
  readonly awaited: { event: EventContext["awaited"]["event"]; claim: AwaitedClaim | null };
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
    checkLift(event, accepted?.lift ?? { breach: false, call: false }, context);
    const candidates = proofsOf(event, block.calls, tx, report);
    if (accepted === null) return;
    const { claim, round } = accepted;
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

  MarksLifted(_, { account, round, breach, call }, { awaited }) {
    awaited.claim = { account, round: countOf(round), breach, call };
  },

  /** A lapse that was recorded on chain must be the one that is found. */
  LapseNoted(_, event, { market, account, block, report }) {
    const lapsedAt = countOf(event.lapsedAt);
    const found = statusAt(market, account, block.time).lapsedAt;
    if (found !== lapsedAt)
      report(
        "note-mismatch",
        { account: account.account },
        found === 0 ? "no lapse" : `a lapse at ${found}`,
        `one at ${lapsedAt}`,
      );
    account.marks.lapsedAt = lapsedAt;
  },

  /** A default that was recorded on chain must be one: liquidatable, and by no breach but one that had to wait for a grace. */
  DefaultNoted(_, event, { market, account, block: { time }, report }) {
    const { marks } = account;
    const round = countOf(event.round);
    const { status } = statusAt(market, account, time);
    const newest = market.ledger.newest?.number ?? 0;
    const expected = marks.breachRound === 0 ? newest : marks.breachRound;
    const counts = marks.breachRound !== 0 && marks.graceSince === 0;
    if (status !== "liquidatable" || counts || round !== expected)
      report(
        "note-mismatch",
        { account: account.account, round },
        `a default noted at round ${expected} of an account that is in default`,
        `one at round ${round} of an account that is ${status}`,
      );
    if (marks.breachRound === 0) marks.breachSince = time;
    Object.assign(marks, { breachRound: round, graceSince: 0 });
  },
};

/** What comes next, or the end of the block, is no claim of health: a lift of marks should have been followed by one. */
export function noClaimFollows({ awaited, report }: Pick<GateContext, "awaited" | "report">): void {
  if (awaited.claim !== null)
    report(
      "event-missing",
      { account: awaited.claim.account },
      "the claim of health that lifts marks",
      "none",
    );
  awaited.claim = null;
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

/** An accepted claim. */
interface Accepted {
  readonly claim: Claim;
  /** Null if the round is not in the ring. */
  readonly round: RoundHead | null;
  readonly lift: Lift;
}

/** Takes an accepted claim in, by every rule of MarginGate but the proof itself. Null if its word is no claim. */
function acceptClaim(
  event: ProofAccepted,
  { market, account, block: { time }, report }: GateContext,
): Accepted | null {
  const [number, sequence] = [countOf(event.round), countOf(event.sequence)];
  const about = { account: account.account, round: number, sequence };
  const claim = claimOf(event.claim);
  if (claim === null) {
    report("proof-terms", about, "a word that packs a claim", "another word");
    return null;
  }
  const round = market.roundAt(number);
  if (!market.isUsable(number, time))
    report("proof-round", about, "a usable round", round === null ? "an unknown one" : "one that is not");
  const { book } = account;
  if (sequence !== book.sequence)
    report("proof-book", about, `a proof of book ${book.sequence}, the newest`, `of book ${sequence}`);
  const dead = claim.healthy ? !isLive(book, time) : time >= book.expiresAt;
  if (dead) report("proof-dead-book", about, "a book that is live", "one that is not");
  if (claim.isolated !== account.isolated)
    report(
      "proof-terms",
      about,
      account.isolated ? "an isolated claim" : "a claim of cross margin",
      "the other",
    );

  const lift = claim.healthy
    ? recordHealth(market, account, { claim, round, number, sequence, time }, report)
    : recordIllHealth(market, account, { claim, round, number, sequence, time, by: event.submitter }, report);
  return { claim, round, lift };
}

interface Submitted {
  readonly claim: Claim;
  readonly round: RoundHead | null;
  readonly number: number;
  readonly sequence: number;
  readonly time: number;
}

function recordHealth(
  market: ReplayedMarket,
  account: AccountState,
  { claim, round, number, sequence, time }: Submitted,
  report: Report,
): Lift {
  const { marks, book, health: last } = account;
  const about = { account: account.account, round: number, sequence };
  if (claim.theta < Number(BPS))
    report("proof-terms", about, `a health factor of at least ${BPS}`, String(claim.theta));
  if (last !== null) {
    const epoch = round?.epoch ?? market.profile.epoch;
    const same = number === last.round && sequence === last.sequence && epoch === last.epoch;
    const worse = claim.theta < last.claim.theta || claim.envelope < last.claim.envelope;
    const equal = claim.theta === last.claim.theta && claim.envelope === last.claim.envelope;
    if (number < last.round)
      report("proof-order", about, `a proof at round ${last.round} or later`, `at round ${number}`);
    else if (same && (worse || equal))
      report("proof-order", about, "a proof that is stronger than the one on record", "one that is not");
  }
  const marked = isMarked(account);
  const odometer = round?.odometer ?? market.ledger.newest?.odometer ?? 0n;
  const health = {
    claim,
    round: number,
    time: round?.time ?? time,
    sequence,
    epoch: round?.epoch ?? market.profile.epoch,
    odometer,
  };
  account.health = health;
  const now = market.ledger.newest?.odometer ?? 0n;
  const inside = now <= odometerLimit(health);
  if (!inside && health.time < book.asOf)
    report("proof-terms", about, "a round that is no older than the book, or a claim that holds", "neither");
  else if (!inside)
    report("proof-outside-envelope", about, "a market inside the claim's envelope", "one outside it");
  if (!marked) return { breach: false, call: false };

  const holds = inside && time < endOfBookAge(bookTerms(market.profile), book.asOf);
  const isAfter = (mark: number, since: number) =>
    holds && mark !== 0 && (number > mark || (number === mark && book.asOf > since));
  const breach = isAfter(marks.breachRound, marks.breachSince);
  const call = isAfter(marks.callRound, marks.callSince) && claim.theta >= marks.callTheta;
  marks.lapsedAt = 0;
  if (breach) Object.assign(marks, { breachRound: 0, breachSince: 0, graceSince: 0, breachProven: false });
  if (call) Object.assign(marks, { callRound: 0, callSince: 0, callTheta: 0 });
  return { breach, call };
}

function recordIllHealth(
  market: ReplayedMarket,
  account: AccountState,
  { claim, round, number, sequence, time, by }: Submitted & { readonly by: string },
  report: Report,
): Lift {
  const { marks, health, book } = account;
  const about = { account: account.account, round: number, sequence };
  const { callMargin } = market.constants.gate;
  if (claim.theta > callMargin)
    report("proof-terms", about, `a denial of at most ${callMargin}`, String(claim.theta));
  if (round !== null && round.time < book.asOf)
    report("proof-terms", about, "a round that is no older than the book", "an older one");
  if (!isWitness(account, by))
    report("denial-stranger", about, "a proof from an attester of the account", `from ${by}`);
  if (health !== null && number < health.round)
    report("proof-order", about, `a proof at round ${health.round} or later`, `at round ${number}`);
  if (claim.theta <= Number(BPS)) {
    if (number <= marks.breachRound)
      report("proof-order", about, `a denial at a round after ${marks.breachRound}`, `at round ${number}`);
    if (marks.breachRound === 0) {
      marks.breachSince = time;
      marks.graceSince = graceSince(market, account, round?.epoch ?? market.profile.epoch, time);
    }
    marks.breachRound = number;
    marks.breachProven = true;
  } else {
    const weaker = number < marks.callRound || claim.theta < marks.callTheta;
    const same = number === marks.callRound && claim.theta === marks.callTheta;
    if (weaker || same)
      report("proof-order", about, "a denial that says more than the marks do", "one that does not");
    if (marks.callRound === 0) marks.callSince = time;
    marks.callRound = number;
    marks.callTheta = claim.theta;
  }
  return { breach: false, call: false };
}

function claimOf(word: bigint): Claim | null {
  try {
    return unpackClaim(word);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
