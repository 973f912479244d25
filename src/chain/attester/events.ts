import type { Happening, Level } from "../keeper/events.js";
import type { TroubleNews } from "../keeper/watch.js";
import type { RefusalCode, SigningReason } from "./nextBook.js";

/** What an attester's service tells. None holds a position, a salt or an amount. */
export type AttesterHappening =
  | { readonly event: "started"; readonly attester: string; readonly accounts: number }
  | {
      readonly event: "signed";
      readonly account: string;
      /** The answer's name: that of its request, and the sequence. */
      readonly answer: string;
      readonly reason: SigningReason;
      readonly sequence: bigint;
      readonly asOf: bigint;
      readonly expiresAt: bigint;
      /** Of its sleeve: the round, and the end. Null without one. */
      readonly pricedAt: bigint | null;
      readonly until: bigint | null;
    }
  | {
      readonly event: "refused";
      /** Null of a request that cannot be read. */
      readonly account: string | null;
      readonly request: string;
      readonly code: RefusalCode;
      readonly message: string;
    }
  /** An account needs a new book, and there is no request. */
  | { readonly event: "unasked"; readonly account: string; readonly reason: SigningReason }
  | TroubleNews
  | Extract<Happening, { readonly event: "stopped" }>;

/** A happening, when it was seen, and of which account. */
export type AttesterEvent = AttesterHappening & {
  /** Unix milliseconds, by the clock that the service was given. */
  readonly time: number;
  readonly level: Level;
  /** Null where it is of no single account. */
  readonly account: string | null;
};

/** How much a happening matters. */
export function levelOf(happening: AttesterHappening): Level {
  if (happening.event === "refused") return "error";
  if (happening.event === "unasked" || happening.event === "trouble") return "warn";
  return happening.event === "stopped" && happening.reason === "failed" ? "error" : "info";
}
