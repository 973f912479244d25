import type { LogConstants } from "../../chain/eventLog/record.js";
import type { StatusName } from "../../chain/generated/enums.js";
import { allowanceOf } from "../../protocol/odometer.js";
import type { LapseCause } from "../result.js";
import type { AccountState, HealthRecord } from "./accountState.js";
import { firstBeyond, type LedgerState } from "./ledgerState.js";
import { liveEpoch, type ProfileState } from "./profileState.js";

/** What the gate says of an account at one moment, as MarginGate computes it. */
export interface Assessment {
  readonly status: StatusName;
  /** Unix seconds; 0 if it has not lapsed. */
  readonly lapsedAt: number;
  /** Why it lapsed then; null if it has not. */
  readonly cause: LapseCause | null;
  /** Unix seconds; 0 if no clock runs. */
  readonly deadline: number;
}

/** What an assessment depends on beside the account. */
export interface Market {
  readonly constants: LogConstants;
  readonly profile: ProfileState;
  readonly ledger: LedgerState;
}

const NOTHING: Assessment = { status: "unknown", lapsedAt: 0, cause: null, deadline: 0 };

/** The odometer's reading up to which a claim of health holds. */
export function limitOf({ claim, odometer }: Pick<HealthRecord, "claim" | "odometer">): bigint {
  return odometer + allowanceOf(claim.envelope);
}

/** Whether the account has a mark. */
export function isMarked({ marks }: AccountState): boolean {
  return marks.breachRound !== 0 || marks.callRound !== 0 || marks.lapsedAt !== 0;
}

/** Unix seconds at which a book is too old for the live profile: not before the profile was. */
export function endOf({ bookMaxAge, epochSince }: ProfileState, asOf: number): number {
  return Math.max(asOf + bookMaxAge, epochSince);
}

/** Unix seconds at which an outage last ended, of the profile or of the market. */
function restartOf({ profile, ledger }: Market): number {
  return Math.max(profile.resumedAt, ledger.liveSince);
}

/**
 * As MarginGate._graceSince: when the epoch began if what is proven of an account now waits for the grace that it brought, else 0.
 * @param epoch of the round that it is proven at
 */
export function graceSince(market: Market, { health }: AccountState, epoch: number, time: number): number {
  const { profile, constants } = market;
  if (epoch === 1) return 0;
  const since = profile.epochSince;
  const from = health !== null && health.epoch !== epoch ? Math.max(since, restartOf(market)) : since;
  return time <= from + constants.gate.gracePeriod ? since : 0;
}

/** As MarginGate._putOff: a clock's deadline, put off by each change of parameters that it ran at. */
export function putOff(
  { epochStarts }: Pick<ProfileState, "epochStarts">,
  deadline: number,
  gracePeriod: number,
): number {
  return epochStarts.reduce(
    (end, start) => (end >= start ? Math.max(end, start + gracePeriod) : end),
    deadline,
  );
}

/** The status of an account at a time at or after the newest event, and before the next. */
export function assessAt(market: Market, account: AccountState, time: number): Assessment {
  const { constants, profile, ledger } = market;
  const { marks, health } = account;
  const latest = ledger.newest;
  if (health === null && !isMarked(account)) return NOTHING;
  if (latest === null || latest.epoch !== liveEpoch(profile, time)) return NOTHING;
  if (time > latest.time + constants.ledger.maxRoundAge) return NOTHING;

  const [lapsedAt, cause] = health === null ? [0, null] : lapse(market, account, health, time);
  const { callPeriod, gracePeriod } = constants.gate;
  const restart = restartOf(market);
  let deadline = Number.POSITIVE_INFINITY;
  if (marks.callRound !== 0) deadline = Math.max(marks.callSince, restart) + callPeriod;
  if (lapsedAt !== 0) deadline = Math.min(deadline, Math.max(lapsedAt, restart) + gracePeriod);
  if (marks.graceSince !== 0)
    deadline = Math.min(deadline, Math.max(marks.graceSince, restart) + gracePeriod);
  deadline = putOff(profile, deadline, gracePeriod);
  const breach = marks.breachRound !== 0;
  const status: StatusName =
    (breach && marks.graceSince === 0) || time > deadline
      ? "liquidatable"
      : breach || marks.callRound !== 0
        ? "marginCall"
        : lapsedAt === 0
          ? "healthy"
          : "grace";
  return { status, lapsedAt, cause, deadline: deadline === Number.POSITIVE_INFINITY ? 0 : deadline };
}

/** As MarginGate._lapse: the earliest moment, as far as can be known, at which the claim ceased to hold, and why. */
function lapse(
  { constants, profile, ledger }: Market,
  { marks, book }: AccountState,
  health: HealthRecord,
  time: number,
): [number, LapseCause | null] {
  let earliest: [number, LapseCause | null] = [Number.POSITIVE_INFINITY, null];
  const at = (when: number, cause: LapseCause | null) => {
    if (when < earliest[0]) earliest = [when, cause];
  };
  const latest = ledger.newest;
  const aged = health.time + constants.gate.maxProofAge;
  if (time > aged) at(aged, "age");
  if (latest !== null && health.epoch !== latest.epoch) at(profile.epochSince, "epoch");
  if (book.sequence !== health.sequence) at(book.attestedAt, "newBook");
  else {
    if (book.brokenAt !== 0) at(book.brokenAt, "brokenBook");
    const end = Math.min(book.expiresAt, endOf(profile, book.asOf));
    if (time >= end) at(end, "oldBook");
  }
  const limit = limitOf(health);
  if (latest !== null && latest.odometer > limit)
    at(firstBeyond(ledger, health.round, limit)?.time ?? latest.time, "price");
  if (marks.lapsedAt !== 0 && marks.lapsedAt <= earliest[0]) at(marks.lapsedAt, earliest[1]);
  return earliest[0] === Number.POSITIVE_INFINITY ? [0, null] : earliest;
}

/** The next second after `time` at which the status could change of itself; infinity if none. */
export function nextChange(market: Market, account: AccountState, time: number): number {
  const { constants, profile, ledger } = market;
  const { health, book } = account;
  const moments = [
    (ledger.newest?.time ?? Number.POSITIVE_INFINITY) + constants.ledger.maxRoundAge + 1,
    profile.expiresAt === 0 ? Number.POSITIVE_INFINITY : profile.expiresAt,
  ];
  if (health !== null) {
    moments.push(health.time + constants.gate.maxProofAge + 1);
    moments.push(Math.min(book.expiresAt, endOf(profile, book.asOf)));
  }
  const { deadline } = assessAt(market, account, time);
  if (deadline !== 0) moments.push(deadline + 1);
  return Math.min(...moments.filter((moment) => moment > time), Number.POSITIVE_INFINITY);
}
