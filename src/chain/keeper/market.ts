import type { MarketStatus } from "../status.js";

/** Whether proofs can be made now, and why not. */
export type MarketState =
  | "usable"
  /** Nobody has poked yet. */
  | "no-round"
  | "paused"
  /** The profile has expired; a poke replaces it by its fallback. */
  | "expired"
  /** The newest round is of an epoch before. */
  | "other-epoch"
  /** The newest round is past the proving window. */
  | "stale"
  /** The newest round is so old that the gate calls every account unknown. */
  | "outage";

/** What the ledger and the profile say of the market. */
export function marketState({
  round,
  usable,
  paused,
  expired,
  epoch,
  time,
  maxRoundAge,
}: MarketStatus): MarketState {
  if (usable) return "usable";
  if (paused) return "paused";
  if (expired) return "expired";
  if (round === null) return "no-round";
  if (round.epoch !== epoch) return "other-epoch";
  return time - round.time > maxRoundAge ? "outage" : "stale";
}
