import type { Claim } from "../../protocol/claim.js";
import { type GateMarket, type ProvenSleeve } from "../../protocol/gate.js";
import { type GateStatus, nextStatusChange, type StatusName, statusAt } from "../../protocol/status.js";
import type { AuctionRecord, ClaimRecord, Composition, LapseCause, StatusChange } from "../accountRecord.js";
import { type Growing, type HealthSeries, newGrowing, newSeries, push } from "./bounded.js";
import type { EventContext } from "./context.js";

/** For which market a book's sleeve holds, as SleeveTerms. */
export interface AttestedSleeve {
  readonly ledger: string;
  readonly pricedAt: number;
  /** Basis points. */
  readonly band: number;
  /** Unix seconds. */
  readonly until: number;
  readonly shocks: string;
}

/** The newest book of an account, as BookRegistry.bookStateOf. Times in unix seconds, 0 where there is none. */
export interface NewestBook {
  sequence: number;
  commitment: bigint;
  asOf: number;
  expiresAt: number;
  attestedAt: number;
  brokenAt: number;
  /** When its sleeve was voided; 0 if it was not, or if there is none. */
  sleeveVoidedAt: number;
  /** Null without a sleeve. */
  sleeve: AttestedSleeve | null;
  /** Who signed it and still is an attester. */
  signers: readonly string[];
}

/** The claim of health on record. */
export interface HealthRecord {
  readonly claim: Claim;
  readonly round: number;
  readonly time: number;
  readonly sequence: number;
  readonly epoch: number;
  readonly odometer: bigint;
  /** How long the book's sleeve holds; null without one. */
  readonly sleeve: ProvenSleeve | null;
}

/** What stands against an account, as IMarginGate.Marks; 0 where nothing does. */
export interface Marks {
  breachRound: number;
  callRound: number;
  callSince: number;
  lapsedAt: number;
  callTheta: number;
  breachSince: number;
  breachProven: boolean;
  graceSince: number;
}

/** Something that is to be released. */
export interface Request {
  readonly amount: bigint;
  readonly requestedAt: number;
  readonly sequence: number;
}

/** An auction of an account's collateral in one token. */
export interface AuctionState {
  readonly keeper: string;
  readonly startedAt: number;
  readonly startBlock: number;
  /** Whether the vault counts the blocks of the log, and not those of another chain. */
  readonly ownBlocks: boolean;
  readonly offered: bigint;
  left: bigint;
  readonly startCost: bigint;
  /** It has sold everything, or raised all that was due. */
  done: boolean;
}

/** What the auctions of an account raise together. */
export interface LiquidationState {
  due: bigint;
  readonly startedAt: number;
  /** Basis points. */
  readonly penalty: number;
}

/** What the vault has of an account. */
export interface VaultEntry {
  creditor: string | null;
  debt: bigint;
  soldAt: number;
  toppedUpAt: number;
  reliefUntil: number;
  loan: Request | null;
  liquidation: LiquidationState | null;
  /** By token. */
  readonly auctions: Map<string, AuctionState>;
  readonly balances: Map<string, bigint>;
  readonly withdrawals: Map<string, Request>;
}

/** Everything of an account that later events depend on. */
export interface AccountState {
  readonly account: string;
  readonly owner: string;
  readonly isolated: boolean;
  attesters: readonly string[];
  threshold: number;
  proposal: {
    readonly attesters: readonly string[];
    readonly threshold: number;
    readonly effectiveAt: number;
  } | null;
  /** Unix seconds at which an attester was removed, since the newest book. */
  readonly removedAt: Map<string, number>;
  readonly book: NewestBook;
  health: HealthRecord | null;
  /** The claims of health with dollars taken or added on record; their claims have the support. */
  readonly supports: { taken: HealthRecord | null; added: HealthRecord | null };
  readonly marks: Marks;
  /** Block and transaction that last recorded a default; null before the first. */
  defaultIn: { readonly block: number; readonly tx: number } | null;
  readonly vault: VaultEntry;
}

export function newAccount(
  opened: Pick<AccountState, "account" | "owner" | "isolated" | "attesters" | "threshold">,
): AccountState {
  const none = {
    sequence: 0,
    commitment: 0n,
    asOf: 0,
    expiresAt: 0,
    attestedAt: 0,
    brokenAt: 0,
    sleeveVoidedAt: 0,
    sleeve: null,
    signers: [],
  };
  return {
    ...opened,
    proposal: null,
    removedAt: new Map(),
    book: none,
    health: null,
    supports: { taken: null, added: null },
    marks: {
      breachRound: 0,
      callRound: 0,
      callSince: 0,
      lapsedAt: 0,
      callTheta: 0,
      breachSince: 0,
      breachProven: false,
      graceSince: 0,
    },
    defaultIn: null,
    vault: {
      creditor: null,
      debt: 0n,
      soldAt: 0,
      toppedUpAt: 0,
      reliefUntil: 0,
      loan: null,
      liquidation: null,
      auctions: new Map(),
      balances: new Map(),
      withdrawals: new Map(),
    },
  };
}

/** Whether a book counts: there is one, it has its signers, and it has not expired. */
export function isLive(book: NewestBook, time: number): boolean {
  return book.sequence !== 0 && book.brokenAt === 0 && time < book.expiresAt;
}

/** As IBookRegistry.isWitness: an attester, or one that was removed since the newest book. */
export function isWitness({ attesters, removedAt, book }: AccountState, who: string): boolean {
  const removed = removedAt.get(who) ?? 0;
  return attesters.includes(who) || (removed !== 0 && removed >= book.attestedAt);
}

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
  const claim = claims.items.findLast(({ healthy, asItIs }) => healthy && asItIs);
  if (lapsedAt === 0 || claim === undefined || claim.lapsedAt !== null) return;
  claim.lapsedAt = lapsedAt;
  claim.lapsedBy = cause;
}

/** Records an accepted claim, and that one of health of the account as it is takes the place of the one before. */
export function recordClaim(log: AccountLog, claim: ClaimEntry, time: number): void {
  if (claim.healthy && claim.asItIs) {
    const before = log.claims.items.findLast(({ healthy, asItIs }) => healthy && asItIs);
    if (before !== undefined && before.lapsedAt === null) {
      before.lapsedAt = time;
      before.lapsedBy = "replaced" satisfies LapseCause;
    }
  }
  push(log.claims, claim);
  const epoch = epochOf(log);
  if (epoch === undefined) return;
  if (!claim.healthy) epoch.proofsOfIllHealth++;
  else if (claim.asItIs) epoch.proofsOfHealth++;
}

/** The auction of a token's collateral that runs. */
export function runningAuction({ auctions }: AccountLog, of: string): AuctionEntry | undefined {
  return auctions.items.findLast(({ token, closedAt }) => token === of && closedAt === null);
}
