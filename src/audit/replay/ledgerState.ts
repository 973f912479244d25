import { OBSERVATIONS, ROUNDS } from "../../protocol/bounds.js";
import type { Point } from "../../protocol/folding.js";

/** A committed round. */
export interface RoundHead {
  readonly number: number;
  /** Unix seconds. */
  readonly time: number;
  readonly epoch: number;
  /** Units of 10^-8. */
  readonly odometer: bigint;
  /** Folded here from prices and profile, independently of the chain. */
  readonly folded: Point;
}

/** A whole number that is known to lie between two, mostly the same. */
export interface Interval {
  readonly least: bigint;
  readonly most: bigint;
}

/** What a round says of an asset; attodollars per quantum. */
export interface Quote {
  readonly low: bigint;
  readonly high: bigint;
  readonly funding: bigint;
  /** Follows from low, high and the average, but for a tie of two neighbours. */
  readonly spot: Interval;
}

/** Everything of the market ledger that later events depend on. */
export interface LedgerState {
  newest: RoundHead | null;
  /** The rounds in the ring, by number modulo ROUNDS. */
  readonly ring: (RoundHead | null)[];
  anchor: number;
  liveSince: number;
  quotes: readonly Quote[];
  /** Σ spot · seconds up to each observation, by number modulo OBSERVATIONS. */
  readonly sums: (readonly Interval[] | null)[];
  /** The oldest observation since the last gap in the record: earlier averages are not known. */
  knownFrom: number;
  /** Whether each feed answers without a confidence; null once the sources were replaced. */
  exact: readonly boolean[] | null;
}

export function newLedger(exact: readonly boolean[]): LedgerState {
  return {
    newest: null,
    ring: Array.from({ length: ROUNDS }, () => null),
    anchor: 0,
    liveSince: 0,
    quotes: [],
    sums: Array.from({ length: OBSERVATIONS }, () => null),
    knownFrom: 1,
    exact,
  };
}

/** The round of that number if it is still in the ring. */
export function roundIn({ ring }: LedgerState, number: number): RoundHead | null {
  const head = ring[number % ROUNDS] ?? null;
  return head?.number === number ? head : null;
}
