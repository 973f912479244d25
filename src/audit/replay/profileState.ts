import type { Point } from "../../protocol/folding.js";

/** Everything of the risk profile that later events depend on. */
export interface ProfileState {
  /** 0 before the first. */
  epoch: number;
  /** Unix seconds. */
  epochSince: number;
  /** Unix seconds at which each epoch began, from the first on. */
  readonly epochStarts: number[];
  /** Unix seconds of the last tightening; 0 if there was none. */
  tightenedAt: number;
  /** 0 if it does not expire. */
  expiresAt: number;
  paused: boolean;
  resumedAt: number;
  words: readonly bigint[];
  fallback: readonly bigint[];
  /** Seconds. */
  bookMaxAge: number;
  /** IC₀ and the listing's and the profile's signals, folded here. */
  folded: Point | null;
}

export function newProfile(): ProfileState {
  return {
    epoch: 0,
    epochSince: 0,
    epochStarts: [],
    tightenedAt: 0,
    expiresAt: 0,
    paused: false,
    resumedAt: 0,
    words: [],
    fallback: [],
    bookMaxAge: 0,
    folded: null,
  };
}
