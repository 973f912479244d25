import type { LogHead } from "../../chain/eventLog/record.js";
import type { AccountLog, AccountState } from "./account.js";
import { newGrowing, newSeries, type PriceSeries } from "./bounded.js";
import { type CoverageCount, type FindingLog, newFindingLog } from "./context.js";
import type { CreditState } from "./creditLines.js";
import { type DaoState, newDao } from "./dao.js";
import { type GovernanceState, newGovernance } from "./governanceState.js";
import { type LedgerState, newLedger } from "./ledger.js";
import type { MedianState } from "./medians.js";
import type { OpeningFate } from "./openings.js";
import type { Quote } from "./prices.js";
import { type EpochList, newProfile, type ProfileState } from "./profile.js";
import { newVault, type VaultState } from "./vault.js";

/**
 * Everything that a replay has come to: plain data, so that it can be written down and taken up again. It does not grow
 * with the length of history, only with the number of accounts.
 */
export interface ReplayState {
  /** The first and the newest block. */
  first: { readonly number: number; readonly time: number } | null;
  last: { readonly number: number; readonly hash: string; readonly time: number } | null;
  /** The gate's. */
  readonly profile: ProfileState;
  /** Of a derived market: the profile that its base folds rounds with, and its registry goes by. Null of any other. */
  readonly baseProfile: ProfileState | null;
  readonly ledger: LedgerState;
  readonly governance: GovernanceState;
  readonly vault: VaultState;
  readonly credit: CreditState;
  readonly medians: Map<string, MedianState>;
  readonly dao: DaoState;
  readonly accounts: Map<string, AccountState>;
  readonly logs: Map<string, AccountLog>;
  /** Signer and commitment of the books attested last. */
  readonly commitments: Set<string>;
  /** Prices of the rounds that may still be proven against, where there are openings to hold proofs to. */
  readonly prices: Map<number, readonly Quote[]>;
  /** Parameters of the epochs that these rounds are of, by epoch; of a derived market, of the base's. */
  readonly profiles: Map<number, readonly bigint[]>;
  /** Prices of all rounds, for people to see. */
  readonly priceSeries: PriceSeries;
  readonly epochs: EpochList;
  readonly findings: FindingLog;
  readonly coverage: CoverageCount;
  fates: readonly (readonly [string, OpeningFate])[];
}

export function newReplay({ deployment, derived }: LogHead): ReplayState {
  // Chainlink answers have no confidence; whatever else stands behind a feed may have one.
  const exact = deployment.listing.map(
    ({ symbol }) => deployment.sources[symbol]?.contract === "ChainlinkFeed",
  );
  return {
    first: null,
    last: null,
    profile: newProfile(),
    baseProfile: derived === undefined ? null : newProfile(),
    ledger: newLedger(exact),
    governance: newGovernance(),
    vault: newVault(),
    credit: { lines: new Map() },
    medians: new Map(),
    dao: newDao(),
    accounts: new Map(),
    logs: new Map(),
    commitments: new Set(),
    prices: new Map(),
    profiles: new Map(),
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
      sleeves: 0,
      sleevesComputed: 0,
      statusesCompared: 0,
    },
    fates: [],
  };
}
