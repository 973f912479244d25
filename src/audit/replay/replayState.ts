import type { LogHead } from "../../chain/eventLog/record.js";
import type { Coverage } from "../result.js";
import type { AccountLog, EpochList } from "./accountLog.js";
import type { AccountState } from "./accountState.js";
import { newGrowing } from "./bounded.js";
import { type FindingLog, newFindingLog } from "./findingLog.js";
import { type GovernanceState, newGovernance } from "./governanceState.js";
import { type LedgerState, newLedger, type Quote } from "./ledgerState.js";
import type { OpeningFate } from "./openings.js";
import type { PriceSeries } from "./priceSeries.js";
import { newProfile, type ProfileState } from "./profileState.js";
import { newSeries } from "./stretches.js";
import { newVault, type VaultState } from "./vaultState.js";

/** Attested commitments remembered, of each attester, to see one counted twice. */
export const COMMITMENTS_KEPT = 65_536;

/** An event that must come next, as the contracts emit it together with the one before. */
export interface Expected {
  readonly name: "BookBroken" | "AuctionClosed";
  readonly account: string;
}

/** A lift of marks that its claim of health has yet to follow. */
export interface PendingLift {
  readonly account: string;
  readonly round: number;
  readonly breach: boolean;
  readonly call: boolean;
}

/**
 * Everything that a replay has come to: plain data, so that it can be written down and taken up again. It does not grow
 * with the length of history, only with the number of accounts.
 */
export interface ReplayState {
  /** The first and the newest block. */
  first: { readonly number: number; readonly time: number } | null;
  last: { readonly number: number; readonly hash: string; readonly time: number } | null;
  readonly profile: ProfileState;
  readonly ledger: LedgerState;
  readonly governance: GovernanceState;
  readonly vault: VaultState;
  readonly accounts: Map<string, AccountState>;
  readonly logs: Map<string, AccountLog>;
  /** Signer and commitment of the books attested last. */
  readonly commitments: Set<string>;
  /** Prices of the rounds that may still be proven against, where there are openings to hold proofs to. */
  readonly prices: Map<number, readonly Quote[]>;
  /** Prices of all rounds, for people to see. */
  readonly priceSeries: PriceSeries;
  readonly epochs: EpochList;
  readonly findings: FindingLog;
  readonly coverage: { -readonly [K in keyof Coverage]: Coverage[K] };
  fates: readonly (readonly [string, OpeningFate])[];
}

export function newReplay({ deployment }: LogHead): ReplayState {
  // Chainlink answers have no confidence; whatever else stands behind a feed may have one.
  const exact = deployment.listing.map(
    ({ symbol }) => deployment.sources[symbol]?.contract === "ChainlinkFeed",
  );
  return {
    first: null,
    last: null,
    profile: newProfile(),
    ledger: newLedger(exact),
    governance: newGovernance(),
    vault: newVault(),
    accounts: new Map(),
    logs: new Map(),
    commitments: new Set(),
    prices: new Map(),
    priceSeries: newSeries(),
    epochs: newGrowing(),
    findings: newFindingLog(),
    coverage: {
      blocks: 0,
      events: 0,
      rounds: 0,
      roundsWithFeeds: 0,
      proofs: 0,
      proofsVerified: 0,
      books: 0,
      booksWithSignatures: 0,
      contractSignatures: 0,
      openings: 0,
      openingsMatched: 0,
      statusesCompared: 0,
    },
    fates: [],
  };
}
