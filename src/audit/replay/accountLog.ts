import {
  type GateMarket,
  type GateStatus,
  nextStatusChange,
  type StatusName,
  statusAt,
} from "../../protocol/status.js";
import type { AuctionRecord, ClaimRecord, Composition, LapseCause, StatusChange } from "../result.js";
import type { AccountState } from "./account.js";
import { type Growing, type HealthSeries, newGrowing, newSeries, push } from "./bounded.js";
import type { EventContext } from "./context.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** A claim on record, of which it is yet to be seen when it lapses and whether its proof is valid. */
export type ClaimEntry = Mutable<ClaimRecord>;
/** An auction as it goes on. */
type AuctionEntry = Mutable<AuctionRecord>;

/** What an epoch came to so far. */
export interface EpochLog {
  readonly epoch: number;
  contradicted: boolean;
  liquidatable: boolean;
  called: boolean;
  lapsed: boolean;
  proofsOfHealth: number;
  proofsOfIllHealth: number;
  books: number;
  disclosed: "none" | "confirmed" | "contradicted";
  /** Basis points; null where none is known, or it is infinite. */
  least: bigint | null;
}

/** Everything that a result says of an account and that later events do not depend on. */
export interface AccountLog {
  readonly subaccount: string;
  /** Its name in a disclosure. */
  name: string | null;
  readonly openedAt: number;
  attested: number;
  firstSequence: number;
  disclosed: number;
  /** Sequence of a disclosed book whose positions are yet to be told; 0 if none is. */
  describes: number;
  withdrawals: number;
  loans: number;
  readonly secondsIn: Record<StatusName, number>;
  /** Where time has come to, and how the account stood then. */
  seenAt: number;
  seen: { status: StatusName; deadline: number };
  readonly epochs: Growing<EpochLog>;
  readonly claims: Growing<ClaimEntry>;
  readonly statuses: Growing<StatusChange>;
  readonly headroom: HealthSeries;
  readonly composition: Growing<Composition>;
  readonly auctions: Growing<AuctionEntry>;
}

/** What a handler of an event about an open account is given. */
export interface AccountContext extends EventContext {
  readonly account: AccountState;
  readonly log: AccountLog;
}

/** Books whose composition a result keeps of each account. */
export const COMPOSITIONS = 32;

export function newAccountLog(subaccount: string, openedAt: number, epoch: number): AccountLog {
  const log: AccountLog = {
    subaccount,
    name: null,
    openedAt,
    attested: 0,
    firstSequence: 0,
    disclosed: 0,
    describes: 0,
    withdrawals: 0,
    loans: 0,
    secondsIn: { unknown: 0, liquidatable: 0, marginCall: 0, grace: 0, healthy: 0 },
    seenAt: openedAt,
    seen: { status: "unknown", deadline: 0 },
    epochs: newGrowing(),
    claims: newGrowing(),
    statuses: newGrowing(),
    headroom: newSeries(),
    composition: newGrowing(),
    auctions: newGrowing(),
  };
  beginEpoch(log, epoch);
  return log;
}

export function beginEpoch({ epochs }: AccountLog, epoch: number): void {
  push(epochs, {
    epoch,
    contradicted: false,
    liquidatable: false,
    called: false,
    lapsed: false,
    proofsOfHealth: 0,
    proofsOfIllHealth: 0,
    books: 0,
    disclosed: "none",
    least: null,
  });
}

/** The log of an epoch; the newest one's by default. */
export function epochOf({ epochs }: AccountLog, epoch?: number): EpochLog | undefined {
  return epoch === undefined ? epochs.items.at(-1) : epochs.items.find((each) => each.epoch === epoch);
}

/**
 * Lets time pass until `until`, exclusive: with the state as it is, the status changes at exact seconds of its own. Then
 * {@link recordStatus} records how the account stands at `until`.
 */
export function passTime(market: GateMarket, account: AccountState, log: AccountLog, until: number): void {
  for (let time = nextStatusChange(market, account, log.seenAt); time < until; ) {
    recordStatus(market, account, log, time);
    time = nextStatusChange(market, account, time);
  }
}

/** Records the status of an account at a time, with the state as it is: what changes, in which epoch, and a lapse. */
export function recordStatus(market: GateMarket, account: AccountState, log: AccountLog, time: number): void {
  const found = statusAt(market, account, time);
  log.secondsIn[log.seen.status] += time - log.seenAt;
  const { status, deadline } = found;
  if (status !== log.seen.status || deadline !== log.seen.deadline) {
    const change = { time, status, deadline: deadline === 0 ? null : deadline };
    const newest = log.statuses.items.at(-1);
    // Of several within a second the last counts: a status is one at a time.
    if (newest?.time === time) log.statuses.items.pop();
    const before = log.statuses.items.at(-1);
    if (before?.status !== status || before.deadline !== change.deadline) push(log.statuses, change);
  }
  log.seenAt = time;
  log.seen = { status, deadline };
  const epoch = epochOf(log);
  if (epoch !== undefined) {
    if (status === "liquidatable") epoch.liquidatable = true;
    else if (status === "marginCall") epoch.called = true;
    else if (status === "grace") epoch.lapsed = true;
  }
  recordLapse(log, found);
}

/** Records when and why the newest claim of health lapsed, if it has. */
export function recordLapse({ claims }: AccountLog, { lapsedAt, cause }: GateStatus): void {
  const claim = claims.items.findLast(({ healthy }) => healthy);
  if (lapsedAt === 0 || claim === undefined || claim.lapsedAt !== null) return;
  claim.lapsedAt = lapsedAt;
  claim.lapsedBy = cause;
}

/** Records an accepted claim, and that one of health takes the place of the one before. */
export function recordClaim(log: AccountLog, claim: ClaimEntry, time: number): void {
  if (claim.healthy) {
    const before = log.claims.items.findLast(({ healthy }) => healthy);
    if (before !== undefined && before.lapsedAt === null) {
      before.lapsedAt = time;
      before.lapsedBy = "replaced" satisfies LapseCause;
    }
  }
  push(log.claims, claim);
  const epoch = epochOf(log);
  if (epoch === undefined) return;
  if (claim.healthy) epoch.proofsOfHealth++;
  else epoch.proofsOfIllHealth++;
}

/** The auction of a token's collateral that runs. */
export function runningAuction({ auctions }: AccountLog, of: string): AuctionEntry | undefined {
  return auctions.items.findLast(({ token, closedAt }) => token === of && closedAt === null);
}
