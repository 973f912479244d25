/**
 * What a deployment is run by: how its ledger keeps time, what its gate and its vault ask for. A plan, a local chain and a simulation
 * share these types and their defaults.
 */

/** Seconds: of the average, between two rounds, for proving a round, until the newest is stale. */
export interface LedgerTiming {
  readonly twapWindow: number;
  readonly minInterval: number;
  readonly provingWindow: number;
  readonly maxRoundAge: number;
}

/** Seconds, and callMargin in basis points: as GateTerms in contracts/types/Gate.sol. */
export interface GatePlan {
  readonly maxProofAge: number;
  readonly gracePeriod: number;
  readonly callPeriod: number;
  readonly callMargin: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Times that fit each other. */
export const DEFAULT_TIMING: LedgerTiming = {
  twapWindow: 30 * MINUTE,
  minInterval: MINUTE,
  provingWindow: 30 * MINUTE,
  maxRoundAge: 2 * HOUR,
};
export const DEFAULT_TERMS: GatePlan = {
  maxProofAge: DAY,
  gracePeriod: 4 * HOUR,
  callPeriod: 12 * HOUR,
  callMargin: 11_000,
};
/** Seconds from one block to the next on Ethereum. */
export const DEFAULT_BLOCK_TIME = 12;

/**
 * A vault's terms but its initial margin, block time and least close: basis points and seconds. The floor is what the simulation finds
 * (docs/SIMULATION.md): at a lower one, an auction that a single bidder waits for does not raise its debt.
 */
export const DEFAULT_VAULT = {
  penalty: 500,
  incentive: 2_000,
  closeFactor: 5_000,
  premium: 500,
  floor: 9_000,
  auctionPeriod: HOUR,
  reliefPeriod: HOUR,
} as const;
