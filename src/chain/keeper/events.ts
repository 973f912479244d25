import type { Claim } from "../../protocol/claim.js";
import { isOutage, type StatusName } from "../../protocol/status.js";
import type { MarketStatus, SourceFault } from "../status.js";
import type { Action, BookState, Reason } from "./decide.js";

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
}: Pick<
  MarketStatus,
  "round" | "usable" | "paused" | "expired" | "epoch" | "time" | "maxRoundAge"
>): MarketState {
  if (usable) return "usable";
  if (paused) return "paused";
  if (expired) return "expired";
  if (round === null) return "no-round";
  if (round.epoch !== epoch) return "other-epoch";
  return isOutage(round, time, maxRoundAge) ? "outage" : "stale";
}

/** How much an event matters: nothing to do, something to do soon, something to do now. */
export type Level = "info" | "warn" | "error";

/** Why no proof of an account is made although it needs one. */
export type Obstacle =
  /** The book is not healthy at this round, by the reference model. */
  | "unhealthy"
  /** It is healthy, but not above the health factor that lifts its margin call. */
  | "below-call"
  /** No round can be proven against now. */
  | "no-round"
  /** The gate accepts no better proof at the newest round; only a proof at a later round helps. */
  | "awaits-round";

/** What a trouble is of: looking at the chain, waiting for a transaction, or something that was to be done. */
export type Scope = "look" | "wait" | "resume" | Action["kind"];

/** What a keeper saw, did or could not do. Times of the chain are unix seconds, amounts wei. */
export type Happening =
  | { readonly event: "started"; readonly sender: string; readonly accounts: number }
  | {
      readonly event: "status";
      readonly account: string;
      readonly status: StatusName;
      /** Null at the first look. */
      readonly before: StatusName | null;
      /** When the account becomes liquidatable; null if no clock runs. */
      readonly deadline: bigint | null;
    }
  | {
      readonly event: "book";
      readonly account: string;
      readonly state: BookState;
      /** Of the attested book; null if there is none. */
      readonly attested: bigint | null;
      /** Of the book given. */
      readonly given: bigint;
      /** When the attested book ends; null if there is none. */
      readonly endsAt: bigint | null;
    }
  | {
      readonly event: "market";
      readonly state: MarketState;
      /** Of the newest round, seconds; null before the first. */
      readonly age: bigint | null;
      /** Sources that refuse, so that no round can be made now. */
      readonly sources: readonly string[];
    }
  | ({ readonly event: "source"; readonly state: "refuses" | "answers" } & SourceFault)
  | { readonly event: "epoch"; readonly epoch: bigint; readonly before: bigint }
  | { readonly event: "poked"; readonly gas: bigint | null }
  /** A median keeps its price; gas is null where somebody else had it do so. */
  | { readonly event: "recorded"; readonly asset: string; readonly gas: bigint | null }
  | { readonly event: "proven"; readonly account: string; readonly reason: Reason; readonly claim: Claim }
  | {
      readonly event: "unprovable";
      readonly account: string;
      readonly why: Obstacle;
    }
  | {
      readonly event: "submitted";
      readonly account: string;
      readonly outcome: "accepted" | "already";
      /** Of the whole batch; null where nothing was sent. */
      readonly transaction: string | null;
      readonly gas: bigint | null;
      readonly proofs: number;
    }
  | { readonly event: "refused"; readonly account: string; readonly reason: string | null }
  | {
      readonly event: "fee";
      readonly state: "above-cap" | "below-cap";
      readonly fee: bigint;
      readonly cap: bigint;
    }
  | {
      readonly event: "balance";
      readonly state: "low" | "enough";
      readonly balance: bigint;
      /** How many submissions it pays for at the present fee. */
      readonly submissions: bigint;
    }
  | {
      readonly event: "trouble";
      readonly scope: Scope;
      /** Class of the error. */
      readonly name: string;
      readonly message: string;
      readonly seen: number;
      /** Unix milliseconds. */
      readonly since: number;
    }
  | {
      readonly event: "trouble-over";
      readonly scope: Scope;
      readonly name: string;
      readonly seen: number;
      readonly since: number;
    }
  | { readonly event: "stopped"; readonly reason: "asked" | "failed" };

/** A happening, when it was seen, and where. */
export type KeeperEvent = Happening & {
  /** Unix milliseconds, by the clock that the keeper was given. */
  readonly time: number;
  readonly level: Level;
  /** Null where it is of no single account. */
  readonly account: string | null;
  /** The newest round then; of a proof its own. Null before the first. */
  readonly round: bigint | null;
};

const OF_STATUS: Readonly<Record<StatusName, Level>> = {
  healthy: "info",
  grace: "warn",
  marginCall: "warn",
  liquidatable: "error",
  unknown: "warn",
};

/** How much a happening matters. */
export function levelOf(happening: Happening): Level {
  switch (happening.event) {
    case "status":
      return OF_STATUS[happening.status];
    case "book":
      if (happening.state === "good") return "info";
      return happening.state === "expiring" || happening.state === "awaited" ? "warn" : "error";
    case "market":
      if (happening.state === "usable") return "info";
      return happening.state === "outage" ? "error" : "warn";
    case "source":
      return happening.state === "answers" ? "info" : "warn";
    case "fee":
      return happening.state === "below-cap" ? "info" : "warn";
    case "balance":
      if (happening.state === "enough") return "info";
      return happening.submissions === 0n ? "error" : "warn";
    case "unprovable":
      return happening.why === "unhealthy" || happening.why === "below-call" ? "error" : "warn";
    case "epoch":
    case "refused":
    case "trouble":
      return "warn";
    case "stopped":
      return happening.reason === "failed" ? "error" : "info";
    default:
      return "info";
  }
}
