import type { Claim } from "../../protocol/claim.js";

/** The newest book of an account, as BookRegistry.standingOf. Times in unix seconds, 0 where there is none. */
export interface NewestBook {
  sequence: number;
  commitment: bigint;
  asOf: number;
  expiresAt: number;
  attestedAt: number;
  brokenAt: number;
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
  readonly marks: Marks;
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
    signers: [],
  };
  return {
    ...opened,
    proposal: null,
    removedAt: new Map(),
    book: none,
    health: null,
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
