import type { MarginGateEvents } from "../../chain/generated/MarginGate.js";
import { InputError } from "../../errors.js";
import { BPS } from "../../protocol/bounds.js";
import { type Claim, unpackClaim } from "../../protocol/claim.js";
import { type ProvenSleeve } from "../../protocol/gate.js";
import { bookTerms, endOfBookAge } from "../../protocol/lapse.js";
import { odometerLimit } from "../../protocol/odometer.js";
import { graceSince, isMarked } from "../../protocol/status.js";
import { type AccountContext, type AccountState, type HealthRecord, isLive, isWitness } from "./account.js";
import { countOf, type Report } from "./context.js";
import type { ReplayedMarket, RoundHead } from "./ledger.js";
import { acceptSleeve } from "./sleeves.js";

/** Which marks a claim of health lifts; what MarksLifted has to say. */
export interface Lift {
  readonly breach: boolean;
  readonly call: boolean;
}

/** What a claim is accepted by. */
interface ClaimContext extends Pick<AccountContext, "account" | "report"> {
  readonly block: { readonly time: number };
  readonly market: ReplayedMarket;
}

/** An accepted claim. */
export interface Accepted {
  readonly claim: Claim;
  /** Null if the round is not in the ring. */
  readonly round: RoundHead | null;
  readonly lift: Lift;
  /** Whether it stands as a claim of the account as it is: false with dollars added, or beside a better one. */
  readonly asItIs: boolean;
}

/** Takes an accepted claim in, by every rule of MarginGate but the proof itself. Null if its word is no claim. */
export function acceptClaim(
  event: MarginGateEvents["ProofAccepted"],
  { market, account, block: { time }, report }: ClaimContext,
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

export const NO_LIFT: Lift = { breach: false, call: false };

interface Submitted {
  readonly claim: Claim;
  readonly round: RoundHead | null;
  readonly number: number;
  readonly sequence: number;
  readonly time: number;
  /** How long its sleeve holds; null without one. */
  readonly sleeve: ProvenSleeve | null;
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
  // Of a round outside the band itself it is told already.
  const wasInBand = sleeve !== null && (round?.sleeveOdometer ?? 0n) <= sleeve.limit;
  const inBand = !wasInBand || nowOfSleeves <= sleeve.limit;
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
