import { GATE_LAPSES, type StatusName } from "../protocol/status.js";
import type { Finding, FindingCode, Severity } from "./findings.js";

/**
 * What an audit found: `zkmargin/audit@3`. Its size does not depend on the length of history: lists that could grow are
 * bounded, and say how much they leave out. Times are unix seconds, health factors and thresholds basis points, odometer
 * units 10^-8.
 */
export interface Audit {
  readonly deployment: AuditedDeployment;
  readonly range: AuditRange;
  readonly statement: AuditStatement;
  readonly coverage: Coverage;
  /** Oldest first; at most 256, whatever the number of rounds. */
  readonly prices: readonly PriceStretch[];
  /** Oldest first. */
  readonly epochs: Bounded<EpochRecord>;
  /** In order of opening. */
  readonly accounts: readonly AccountRecord[];
  readonly findings: FindingSummary;
}

/** The newest of a list, oldest first, and how many older ones are left out. */
export interface Bounded<T> {
  readonly omitted: number;
  readonly items: readonly T[];
}

/** What was audited, and under which key. */
export interface AuditedDeployment {
  readonly chainId: string;
  /** Whether the chain is one on which a development key may stand. */
  readonly local: boolean;
  readonly tier: string;
  /** Symbols, in the listing's order. */
  readonly assets: readonly string[];
  /** Tokens that the vault listed, also those that it no longer does. */
  readonly tokens: readonly AuditedToken[];
  /** The token that is lent and that auctions are paid in; null where the deployment has no vault. */
  readonly settlement: string | null;
  /** Address of each contract, by role. */
  readonly contracts: Readonly<Record<string, string>>;
  readonly key: AuditedKey;
  readonly terms: AuditedTerms;
}

/** How a token is counted. */
export interface AuditedToken {
  readonly token: string;
  /** Of the listed asset that it is; null where the record names none. */
  readonly symbol: string | null;
  /** Smallest units in a unit, as a power of ten; null where the record does not say. */
  readonly decimals: number | null;
}

/** The verification key, and what a proof under it is worth. */
export interface AuditedKey {
  /** SHA-256 of its canonical JSON, hex. */
  readonly hash: string;
  readonly kind: "development" | "ceremony";
  /** What proofs under it are worth, in words. */
  readonly warning: string;
  /** How it came about, a sentence for each step, oldest first; of phase 1, then of every contribution to phase 2. */
  readonly lineage: readonly string[];
}

/** What the deployment was made with, for its whole life; seconds and basis points. */
export interface AuditedTerms {
  readonly twapWindow: number;
  readonly minInterval: number;
  readonly provingWindow: number;
  readonly maxRoundAge: number;
  readonly maxProofAge: number;
  readonly gracePeriod: number;
  readonly callPeriod: number;
  readonly callMargin: number;
  readonly rotationDelay: number;
  /** Null where the deployment has no vault. */
  readonly initialMargin: number | null;
}

/** How far the record reaches. */
export interface AuditRange {
  readonly fromBlock: number;
  readonly toBlock: number;
  readonly fromTime: number;
  readonly toTime: number;
  /** SHA-256 that names the record: of the text of its log, hex. */
  readonly log: string;
}

/** What was proven, in words. */
export interface AuditStatement {
  /** The exact statement, with θ and envelope left as letters. */
  readonly words: string;
  /** "complete with respect to the registered attesters" */
  readonly qualifier: string;
  /** What none of it says, a sentence each. */
  readonly doesNotSay: readonly string[];
}

/** What was looked at, in numbers: of how many, how many could be checked. */
export interface Coverage {
  readonly blocks: number;
  readonly events: number;
  readonly rounds: number;
  /** Rounds that were compared with what their feeds said. */
  readonly roundsWithFeeds: number;
  readonly proofs: number;
  /** Proofs whose call is in the record, so that they were verified. */
  readonly proofsVerified: number;
  readonly books: number;
  /** Books whose signatures are in the record, so that their signers were recovered. */
  readonly booksWithSignatures: number;
  /** Signatures of contracts (EIP-1271), for which the chain's word is taken. */
  readonly contractSignatures: number;
  /** Openings disclosed, and those of them that are of a book on the chain. */
  readonly openings: number;
  readonly openingsMatched: number;
  /** Answers of the gate that were compared with the replayed status. */
  readonly statusesCompared: number;
}

/** Prices at the rounds of a stretch, attodollars a unit, decimal, in the listing's order. */
export interface PriceStretch {
  readonly fromRound: number;
  readonly toRound: number;
  readonly fromTime: number;
  readonly toTime: number;
  /** The least low of each asset. */
  readonly least: readonly string[];
  /** The greatest high of each asset. */
  readonly greatest: readonly string[];
}

/** One epoch of the risk profile. */
export interface EpochRecord {
  readonly epoch: number;
  readonly change: "set" | "tightened" | "expired";
  readonly block: number;
  readonly since: number;
  /** Null while it is the newest. */
  readonly until: number | null;
  readonly rounds: number;
  readonly pnlFactor: number;
  readonly shockCap: number;
  readonly bookMaxAge: number;
  /** Null if it does not expire. */
  readonly expiresAt: number | null;
}

/** An account and everything that was claimed of it. */
export interface AccountRecord {
  readonly account: string;
  readonly owner: string;
  /** The sub-account's name where it is text; else its 32 bytes, hex. Chosen by the owner: not to be trusted as text. */
  readonly name: string;
  readonly isolated: boolean;
  readonly attesters: readonly string[];
  readonly threshold: number;
  readonly openedAt: number;
  readonly books: BookSummary;
  /** At the end of the record. */
  readonly status: StatusName;
  readonly deadline: number | null;
  /** Seconds in each status since the account was opened. */
  readonly secondsIn: Readonly<Record<StatusName, number>>;
  /** One for each epoch in which the account was open, oldest first. */
  readonly verdicts: Bounded<EpochVerdict>;
  readonly claims: Bounded<ClaimRecord>;
  readonly statuses: Bounded<StatusChange>;
  /** Of disclosed books, oldest first; empty where nothing is disclosed. */
  readonly headroom: readonly HeadroomPoint[];
  /** Of disclosed books, where the auditor asked for it; empty otherwise. */
  readonly composition: Bounded<Composition>;
  readonly vault: VaultSummary | null;
}

export interface BookSummary {
  readonly attested: number;
  readonly disclosed: number;
  /** 0 if there is none. */
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/**
 * What an epoch came to for an account, from worst to best:
 *   contradicted  a critical or high finding is about the account in this epoch
 *   liquidatable  it was proven not above maintenance, or ran out of time
 *   called        it was under a margin call
 *   lapsed        its proof lapsed, and was renewed or not, within its grace
 *   unproven      no proof of health was accepted
 *   healthy       once proven it was healthy throughout, but for outages
 */
export const VERDICTS = ["contradicted", "liquidatable", "called", "lapsed", "unproven", "healthy"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The verdict on an account in an epoch. */
export interface EpochVerdict {
  readonly epoch: number;
  readonly verdict: Verdict;
  /** Accepted in this epoch. */
  readonly proofsOfHealth: number;
  readonly proofsOfIllHealth: number;
  readonly books: number;
  /** None; or what is disclosed confirms all that was proven; or something of it contradicts a proof. */
  readonly disclosed: "none" | "confirmed" | "contradicted";
  /** Least health factor of a disclosed book at a round of this epoch; null where none is disclosed or it is infinite. */
  readonly leastHealthFactor: string | null;
}

/** An accepted proof. */
export interface ClaimRecord {
  readonly time: number;
  readonly block: number;
  readonly round: number;
  readonly roundTime: number;
  readonly sequence: number;
  readonly epoch: number;
  readonly healthy: boolean;
  readonly theta: number;
  readonly envelope: number;
  /** When the claim of health ceased to hold; null while it holds, and for a claim of ill health. */
  readonly lapsedAt: number | null;
  /** Why it did: the first cause. */
  readonly lapsedBy: LapseCause | null;
  readonly verified: boolean;
}

/** What ended a claim of health: a lapse at the gate, or a claim that took its place. */
export const LAPSE_CAUSES = [...GATE_LAPSES, "replaced"] as const;
export type LapseCause = (typeof LAPSE_CAUSES)[number];

/** From `time` on the account has this status. */
export interface StatusChange {
  readonly time: number;
  readonly status: StatusName;
  readonly deadline: number | null;
}

/** Health factors of the disclosed books at the rounds of a stretch: exact, whatever the number of rounds. Decimal. */
export interface HeadroomPoint {
  readonly fromRound: number;
  readonly toRound: number;
  readonly fromTime: number;
  readonly toTime: number;
  /** Null is infinite: no debt and no margin. */
  readonly least: string | null;
  readonly greatest: string | null;
  /** What the proof on record at the end of the stretch claims it to exceed; null where there is none. */
  readonly theta: number | null;
}

/** A disclosed book at the first round in which it was the newest. Quantities in quanta, values in attodollars, decimal. */
export interface Composition {
  readonly sequence: number;
  readonly round: number;
  readonly time: number;
  readonly healthFactor: string | null;
  readonly basis: string;
  /** Only assets that it holds. */
  readonly positions: readonly CompositionPosition[];
}

export interface CompositionPosition {
  readonly asset: string;
  readonly decimals: number;
  readonly spot: string;
  readonly perp: string;
  /** Spot and perpetual at the round's low where owned, its high where owed; signed. */
  readonly spotValue: string;
  readonly perpValue: string;
}

/** What the vault did for an account; amounts in the smallest units of each token, decimal; debt of the settlement token. */
export interface VaultSummary {
  readonly creditor: string | null;
  readonly debt: string;
  readonly balances: readonly { readonly token: string; readonly amount: string }[];
  readonly withdrawals: number;
  readonly loans: number;
  readonly auctions: Bounded<AuctionRecord>;
}

export interface AuctionRecord {
  readonly token: string;
  readonly startedAt: number;
  readonly offered: string;
  readonly sold: string;
  readonly paid: string;
  readonly repaid: string;
  /** Null while it runs. */
  readonly closedAt: number | null;
}

/** All findings in numbers, and the first of each kind in full. */
export interface FindingSummary {
  readonly total: number;
  readonly bySeverity: Readonly<Record<Severity, number>>;
  /** Only kinds that were found. */
  readonly byCode: Partial<Readonly<Record<FindingCode, number>>>;
  /** In the order they were found; at most {@link FINDINGS_KEPT} of a kind. */
  readonly listed: readonly Finding[];
}

/** Findings of one kind that a result lists. */
export const FINDINGS_KEPT = 100;
