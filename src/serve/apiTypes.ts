import type { StageName } from "../chain/generated/enums.js";
import type { StatusName } from "../protocol/status.js";

/**
 * What the service answers, as JSON. Times are unix seconds; shares are basis points; amounts that may exceed 2^53 are decimal
 * texts. All of it is public: it follows from the chain alone.
 */

/** A claim of health on record, and how much of it is left. */
export interface ClaimView {
  readonly round: number;
  readonly time: number;
  readonly sequence: number;
  readonly epoch: number;
  /** Proven health factor, basis points. */
  readonly theta: number;
  /** Basis points. */
  readonly envelope: number;
  /** Share of the envelope that the market has not used up; 0 once it is left. */
  readonly envelopeLeft: number;
  /** Share of the greatest age that has not passed. */
  readonly ageLeft: number;
  /** Last second of its greatest age. */
  readonly endsAt: number;
  /** Null without a sleeve: the share of its band that is left, and when it ends. */
  readonly sleeve: { readonly bandLeft: number; readonly until: number } | null;
}

/** An account of `/v1/accounts`. */
export interface AccountView {
  readonly account: string;
  readonly owner: string;
  /** What the operator calls it; null without a name. */
  readonly name: string | null;
  readonly status: StatusName;
  /** Last second before it is liquidatable; null if no clock runs. */
  readonly deadline: number | null;
  /** When and why the claim of health lapsed; null if it holds. */
  readonly lapse: { readonly at: number; readonly cause: string | null } | null;
  readonly isolated: boolean;
  /** Null unless the watched clearing house clears it: its gate then says the status. */
  readonly cleared: {
    readonly stage: StageName;
    /** Whether its book has all tear-ups and its cap is proven: without that, being healthy is not enough. */
    readonly current: boolean;
  } | null;
  /** Null if no book was ever attested. */
  readonly book: {
    readonly sequence: number;
    readonly commitment: string;
    readonly asOf: number;
    readonly endsAt: number;
    readonly brokenAt: number | null;
    /** Null without one: basis points, and when it ends. */
    readonly sleeve: {
      readonly band: number;
      readonly until: number;
      readonly voidedAt: number | null;
    } | null;
  } | null;
  readonly claim: ClaimView | null;
  /** Rounds of the proofs of ill health that stand; null where none does. */
  readonly breachRound: number | null;
  readonly callRound: number | null;
  /** Health factor that lifts the margin call, basis points. */
  readonly callTheta: number | null;
  /** Claims with dollars added or taken: cents, and basis points. */
  readonly supports: readonly { readonly support: string; readonly theta: number; readonly round: number }[];
}

/** A round of `/v1/rounds`. */
export interface RoundView {
  readonly number: number;
  readonly epoch: number;
  readonly time: number;
  /** Readings, units of 10^-8. */
  readonly odometer: string;
  readonly sleeveOdometer: string;
  /** Since the round before, likewise; null of the first that is known. */
  readonly moved: string | null;
  /** Dollars a unit. `average` is of the midpoints of rounds over the TWAP window, weighted by time. */
  readonly prices: readonly {
    readonly asset: string;
    readonly low: string;
    readonly high: string;
    readonly average: string;
    /** Cumulative, dollars a unit. */
    readonly funding: string;
  }[];
}

/** An auction of `/v1/auctions`. Amounts are units of the tokens, as decimal numbers. */
export interface AuctionView {
  readonly account: string;
  readonly token: string;
  readonly symbol: string;
  readonly settlement: string;
  readonly keeper: string;
  readonly startedAt: number;
  readonly startBlock: number;
  readonly offered: string;
  readonly left: string;
  /** Asked for all that was offered at the start, and for what is left now. */
  readonly startCost: string;
  readonly price: string;
  /** The price now, basis points of the start's. */
  readonly factor: number;
  /** To be raised by the account's auctions together. */
  readonly due: string;
  readonly terms: { readonly auctionPeriod: number; readonly floor: number; readonly blockTime: number };
}

/** How many accounts have each status. */
export type StatusCounts = Readonly<Record<StatusName, number>>;

/** When an answer is of. */
export interface AsOf {
  /** Newest block that was read; null before the first. */
  readonly block: number | null;
  /** The chain's time now. */
  readonly time: number;
  /** Seconds since the chain was last read; null before the first time. */
  readonly age: number | null;
}

/** An event of `/v1/events`. */
export interface EventView {
  /** Block and place in it: sorts as the chain does. */
  readonly id: string;
  readonly block: number;
  /** Of the block at which it was seen, no earlier than its own; null for an event from before the start. */
  readonly time: number | null;
  readonly event: string;
  /** Role of the contract. */
  readonly contract: string;
  readonly account: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A member of a default fund. Dollars. */
export interface FundMemberView {
  readonly member: string;
  /** What the operator calls it; null without a name. */
  readonly name: string | null;
  /** 0 once it has left. */
  readonly group: number;
  /** Of its accounts together. */
  readonly caps: string;
  readonly contribution: string;
  /** By assessments. */
  readonly owed: string;
  /** Asked back, and liable until it is paid. */
  readonly requested: string;
}

/** Its book is secret; it is for sale; it waits for its settlement; members owe assessments for it. */
export const ESTATE_STAGES = ["frozen", "auction", "settling", "assessments"] as const;

/** An open default of a clearing house. A revealed book is public, and so are its prices. Dollars. */
export interface EstateView {
  readonly account: string;
  readonly stage: (typeof ESTATE_STAGES)[number];
  readonly startedAt: number;
  /** Last second for a reveal, of the auction, or in which members can pay assessments; null if no clock runs. */
  readonly until: number | null;
  /** What members still owe of assessments for it. */
  readonly owed: string;
  /** Hundredths that are not sold. */
  readonly left: number;
  /** Prices of all that is left, from the reveal to the end; negative where the buyer is paid. Null without prices. */
  readonly auction: {
    readonly from: number;
    /** Seconds. */
    readonly period: number;
    readonly first: string;
    readonly last: string;
    readonly price: string;
  } | null;
}

/** A clearing house: its default fund, what that must cover, and its defaults. Dollars. */
export interface ClearingView {
  readonly house: string;
  readonly defaultFund: string;
  readonly symbol: string;
  /** Whether the market takes any transition, those that reduce alone, or none. */
  readonly state: "open" | "closed" | "ended";
  /** When anybody may end a closed market, or the last second for claims in one that has ended; null while it is open. */
  readonly until: number | null;
  /** Contributions and the house's capital, in whole cents. */
  readonly fund: string;
  readonly contributions: string;
  readonly capital: string;
  readonly required: string;
  /** What must be left after a withdrawal. */
  readonly remembered: string;
  readonly covered: boolean;
  /** The fund, of what is required; basis points. Null if nothing is required. */
  readonly ratio: number | null;
  /** Groups with caps, the largest first. */
  readonly cover: readonly { readonly group: string; readonly cap: string }[];
  readonly members: readonly FundMemberView[];
  /** Accounts with a cap, which may be 0. */
  readonly caps: number;
  readonly lapsed: readonly {
    readonly account: string;
    readonly owner: string;
    readonly cap: string;
    /** When the lapse was put on record, and when the grace is over; null if nobody has recorded it. */
    readonly recordedAt: number | null;
    readonly overdueFrom: number | null;
    readonly overdue: boolean;
  }[];
  readonly defaults: readonly EstateView[];
}

/** `/v1/market`. */
export interface MarketView extends AsOf {
  readonly chainId: string;
  readonly gate: string;
  readonly version: number;
  readonly state: string;
  readonly epoch: number;
  readonly round: RoundView | null;
  /** Seconds. */
  readonly terms: Readonly<
    Record<
      "maxProofAge" | "gracePeriod" | "callPeriod" | "maxRoundAge" | "provingWindow" | "twapWindow",
      number
    >
  > | null;
  readonly accounts: StatusCounts;
  readonly sources: readonly { readonly source: string; readonly fault: string | null }[];
  readonly failure: string | null;
  readonly clockAhead: number | null;
  readonly senders: readonly {
    readonly address: string;
    readonly balance: string;
    readonly submissions: string | null;
  }[];
  readonly queue: {
    readonly answers: boolean;
    readonly waiting: number;
    readonly active: number;
    readonly failed: number;
    readonly ready: number;
    readonly keeper: boolean;
  } | null;
  readonly insurance: readonly {
    readonly creditor: string;
    readonly amount: string;
    readonly symbol: string;
  }[];
  /** Whether the service has an institution's own books. */
  readonly own: boolean;
  /** Absent without --clearing. */
  readonly clearing?: ClearingView;
}

/** `/v1/accounts`. */
export interface AccountsAnswer extends AsOf {
  readonly version: number;
  readonly more: boolean;
  readonly accounts: readonly AccountView[];
}

/** An alert of `/v1/alerts`. */
export interface AlertView {
  readonly rule: string;
  readonly severity: "warning" | "critical";
  readonly subject: string;
  readonly detail: string | null;
  /** Unix milliseconds. */
  readonly since: number;
  readonly says: string;
  readonly todo: string;
}

/** What an institution sees of its own account: private, for the holder of the token alone. */
export interface OwnHealth {
  readonly account: string;
  /** Of the newest attested book. */
  readonly sequence: number;
  readonly round: number;
  /** Basis points, rounded down; null is infinite. */
  readonly healthFactor: number | null;
  readonly healthy: boolean;
  /** Largest health factor that can be proven now, and the largest envelope above 1; basis points. */
  readonly largestTheta: number;
  readonly largestEnvelope: number | null;
}
