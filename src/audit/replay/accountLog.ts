import { type GateStatus, nextStatusChange, type StatusName, statusAt } from "../../protocol/status.js";
import type {
  AuctionRecord,
  ClaimRecord,
  Composition,
  EpochRecord,
  LapseCause,
  StatusChange,
} from "../result.js";
import type { AccountState } from "./accountState.js";
import { type Growing, newGrowing, push } from "./bounded.js";
import type { Market } from "./context.js";
import { type HeadroomSeries, newHeadroom } from "./headroom.js";

/** An epoch of the profile, as it goes on. */
export type EpochEntry = { -readonly [K in keyof EpochRecord]: EpochRecord[K] };

/** Epochs that a result keeps. */
export const EPOCHS_KEPT = 1_000;

export type EpochList = Growing<EpochEntry>;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

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
  readonly claims: Growing<Mutable<ClaimRecord>>;
  readonly statuses: Growing<StatusChange>;
  readonly headroom: HeadroomSeries;
  readonly composition: Growing<Composition>;
  readonly auctions: Growing<Mutable<AuctionRecord>>;
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
    headroom: newHeadroom(),
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
 * {@link look} says how the account stands at `until`.
 */
export function passTime(market: Market, account: AccountState, log: AccountLog, until: number): void {
  for (let time = nextStatusChange(market, account, log.seenAt); time < until; ) {
    look(market, account, log, time);
    time = nextStatusChange(market, account, time);
  }
}

/** How the account stands at a time, with the state as it is. */
export function look(market: Market, account: AccountState, log: AccountLog, time: number): GateStatus {
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
  noteStatus(log, found);
  noteLapse(log, found);
  return found;
}

function noteStatus(log: AccountLog, { status }: GateStatus): void {
  const epoch = epochOf(log);
  if (epoch === undefined) return;
  if (status === "liquidatable") epoch.liquidatable = true;
  else if (status === "marginCall") epoch.called = true;
  else if (status === "grace") epoch.lapsed = true;
}

/** When and why the claim of health on record lapsed, if it has. */
export function noteLapse({ claims }: AccountLog, { lapsedAt, cause }: GateStatus): void {
  const claim = claims.items.findLast(({ healthy }) => healthy);
  if (lapsedAt === 0 || claim === undefined || claim.lapsedAt !== null) return;
  claim.lapsedAt = lapsedAt;
  claim.lapsedBy = cause;
}

/** Another claim of health takes the place of the one before. */
export function replaceClaim({ claims }: AccountLog, time: number): void {
  const claim = claims.items.findLast(({ healthy }) => healthy);
  if (claim === undefined || claim.lapsedAt !== null) return;
  claim.lapsedAt = time;
  claim.lapsedBy = "replaced" satisfies LapseCause;
}
