import type { MarginGateEvents } from "../../chain/generated/MarginGate.js";
import { InputError } from "../../errors.js";
import { BPS } from "../../protocol/bounds.js";
import { type Claim, unpackClaim } from "../../protocol/claim.js";
import { allowanceOf, odometerLimit } from "../../protocol/odometer.js";
import {
  bookTerms,
  endOfBookAge,
  graceSince,
  isMarked,
  liveEpoch,
  type ProvenSleeve,
  statusAt,
} from "../../protocol/status.js";
import {
  type AccountContext,
  type AccountLog,
  type AccountState,
  type ClaimEntry,
  type HealthRecord,
  isLive,
  isWitness,
  recordClaim,
  recordLapse,
} from "./account.js";
import { batchItem, type PendingProof, proofsOf } from "./callData.js";
import { type CoverageCount, countOf, type EventContext, type Handlers, type Report } from "./context.js";
import type { ReplayedMarket, RoundHead } from "./ledger.js";
import { roundIn } from "./prices.js";

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
  readonly coverage: CoverageCount;
}

interface GateContext extends AccountContext {
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
      lapsedAt: null,
      lapsedBy: null,
      verified: false,
    };
    if (asItIs) recordClaim(log, entry, block.time);
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
        "note-mismatch",
        { account: account.account },
        found === 0 ? "no lapse" : `a lapse at ${found}`,
        `one at ${lapsedAt}`,
      );
    account.marks.lapsedAt = lapsedAt;
  },

  /** A default that was recorded on chain must be one: liquidatable, and by no breach but one that had to wait for a grace. */
  DefaultRecorded(_, event, { market, account, block: { time }, report }) {
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
        `a default recorded at round ${expected} of an account that is in default`,
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

/** An accepted claim. */
interface Accepted {
  readonly claim: Claim;
  /** Null if the round is not in the ring. */
  readonly round: RoundHead | null;
  readonly lift: Lift;
  /** Whether it stands as a claim of the account as it is: false with dollars added, or beside a better one. */
  readonly asItIs: boolean;
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

  const sleeve = claim.sleeve ? acceptSleeve(market, account, { claim, round, number, time }, report) : null;
  const submitted = { claim, round, number, sequence, time, sleeve };
  if (!claim.healthy) {
    recordIllHealth(market, account, { ...submitted, by: event.submitter }, report);
    return { claim, round, lift: NO_LIFT, asItIs: true };
  }
  const lift = recordHealth(market, account, submitted, report);
  return { claim, round, lift: lift ?? NO_LIFT, asItIs: lift !== null };
}

const NO_LIFT: Lift = { breach: false, call: false };

interface Submitted {
  readonly claim: Claim;
  readonly round: RoundHead | null;
  readonly number: number;
  readonly sequence: number;
  readonly time: number;
  /** How long its sleeve holds; null without one. */
  readonly sleeve: ProvenSleeve | null;
}

/** How long the sleeve of a claim holds, by every rule of MarginGate._requireSleeve. */
function acceptSleeve(
  { constants, profile, ledger, ledgerAddress }: ReplayedMarket,
  { account, book }: AccountState,
  { claim, round, number, time }: Pick<Submitted, "claim" | "round" | "number" | "time">,
  report: Report,
): ProvenSleeve | null {
  const about = { account, round: number, sequence: book.sequence };
  const refuse = (expected: string, got: string) => report("sleeve-terms", about, expected, got);
  const { sleeve } = book;
  if (constants.ledger.sleeveSlots === 0) refuse("no sleeve, which nothing here carries", "one");
  if (sleeve === null) {
    refuse("a book with a sleeve", "one without");
    return null;
  }
  if (claim.healthy && book.sleeveVoidedAt !== 0) refuse("a sleeve that is not void", "one that is");
  if (sleeve.ledger !== ledgerAddress) refuse(`a sleeve priced at ${ledgerAddress}`, sleeve.ledger);
  if (sleeve.shocks !== profile.shocks) refuse("a sleeve for the profile's shocks", "one for others");
  if (time >= sleeve.until) refuse(`a sleeve that ends after ${time}`, String(sleeve.until));
  const priced = roundIn(ledger, sleeve.pricedAt);
  if (priced === null) {
    refuse("a sleeve priced at a round of the ring", `at round ${sleeve.pricedAt}`);
    return null;
  }
  const earliest = book.attestedAt - constants.ledger.provingWindow;
  if (priced.time < earliest || priced.time > book.attestedAt)
    refuse(`a sleeve priced from ${earliest} to ${book.attestedAt}`, `at ${priced.time}`);
  const allowance = allowanceOf(sleeve.band);
  const moved = (round ?? priced).sleeveOdometer - priced.sleeveOdometer;
  if (moved > allowance || -moved > allowance) refuse(`a move of at most ${allowance}`, String(moved));
  const limit = priced.sleeveOdometer + allowance;
  return { limit, until: sleeve.until, shocksSince: profile.shocksSince };
}

/**
 * Whether a claim of health says more than the one on record: it is of a newer round, of another book or epoch, or smaller
 * in nothing and better in something. As MarginGate._requireStronger.
 */
function isNews(last: HealthRecord | null, next: HealthRecord): boolean {
  if (last === null || next.round !== last.round) return next.round > (last?.round ?? 0);
  if (next.sequence !== last.sequence || next.epoch !== last.epoch) return true;
  const gains = [
    next.claim.theta - last.claim.theta,
    next.claim.envelope - last.claim.envelope,
    Number((last.claim.support ?? 0n) - (next.claim.support ?? 0n)),
    // A sleeve can only end a claim sooner.
    Number(last.sleeve !== null) - Number(next.sleeve !== null),
  ];
  return gains.every((gain) => gain >= 0) && gains.some((gain) => gain > 0);
}

/** Null where the claim does not replace the one of the account as it is. */
function recordHealth(
  market: ReplayedMarket,
  account: AccountState,
  { claim, round, number, sequence, time, sleeve }: Submitted,
  report: Report,
): Lift | null {
  const { marks, book, supports } = account;
  const about = { account: account.account, round: number, sequence };
  if (claim.theta < Number(BPS))
    report("proof-terms", about, `a health factor of at least ${BPS}`, String(claim.theta));
  const { support = 0n, ...asItIs } = claim;
  const sign = support < 0n ? "taken" : "added";
  const last = support === 0n ? account.health : supports[sign];
  const odometer = round?.odometer ?? market.ledger.newest?.odometer ?? 0n;
  const proven = {
    claim,
    round: number,
    time: round?.time ?? time,
    sequence,
    epoch: round?.epoch ?? market.profile.epoch,
    odometer,
    sleeve,
  };
  if (last !== null && number < last.round)
    report("proof-order", about, `a proof at round ${last.round} or later`, `at round ${number}`);
  else if (!isNews(last, proven))
    report("proof-order", about, "a proof that is stronger than the one on record", "one that is not");
  const now = market.ledger.newest?.odometer ?? 0n;
  const nowOfSleeves = market.ledger.newest?.sleeveOdometer ?? 0n;
  const inBand = sleeve === null || nowOfSleeves <= sleeve.limit;
  const inside = now <= odometerLimit(proven) && inBand;
  if (!inside && proven.time < book.asOf)
    report("proof-terms", about, "a round that is no older than the book, or a claim that holds", "neither");
  else if (!inside)
    report("proof-outside-envelope", about, "a market inside the claim's envelope", "one outside it");
  const health = { ...proven, claim: asItIs };
  if (support !== 0n) {
    supports[sign] = proven;
    // Dollars taken say more of the account as it is than none, and dollars added nothing.
    if (support > 0n || !isNews(account.health, health)) return null;
  }
  const marked = isMarked(account);
  account.health = health;
  if (!marked) return NO_LIFT;

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
): void {
  const { marks, health, book } = account;
  const about = { account: account.account, round: number, sequence };
  const { callMargin } = market.constants.gate;
  if (claim.theta > callMargin)
    report("proof-terms", about, `a denial of at most ${callMargin}`, String(claim.theta));
  if ((claim.support ?? 0n) < 0n)
    report("proof-terms", about, "a denial that takes no dollars", "one that does");
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
}

function claimOf(word: bigint): Claim | null {
  try {
    return unpackClaim(word);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
