import { DEFAULT_VAULT, type GatePlan, type LedgerTiming } from "../../protocol/deploymentTerms.js";
import type { Listing } from "../../protocol/listing.js";
import type { RiskProfile } from "../../protocol/profile.js";
import type { Tier } from "../../protocol/tiers.js";
import type { Deployed } from "../deployment.js";
import type { NamedKey } from "../verificationKey.js";

/** A price feed and its limits. Prices lie strictly between them, attodollars per quantum; times in seconds. */
export interface FeedPlan {
  readonly source:
    | {
        readonly kind: "chainlink";
        readonly aggregator: string;
        /** The feed's own description, where that is not the asset's symbol in USD. */
        readonly description?: string;
        /** Of an asset that is priced by another: its rate in the other, whose USD feed is `aggregator`. */
        readonly ratio?: RatioPlan;
      }
    | {
        readonly kind: "pyth";
        readonly pyth: string;
        readonly priceId: string;
        readonly maxConfidence: number;
      };
  readonly heartbeat: number;
  readonly least: bigint;
  readonly most: bigint;
  /** What the oracle calls the asset, where that is not its symbol: of "WBTC / USD" the WBTC. */
  readonly oracle?: string;
}

/** An asset's price from several feeds, of which any one may lie or be silent: see IMedianFeed for the rule. */
export interface MedianPlan {
  readonly source: {
    readonly kind: "median";
    /** In order: primaries first, then spares. 3 to 8. */
    readonly sources: readonly FeedPlan[];
    /** Answers that count, of the first sources that answer: 3 to the number of sources. */
    readonly seats: number;
    /** Answers without which there is no price: 2 to `seats` − 1. */
    readonly quorum: number;
    /** How far kept prices may be on the safe side, basis points, 0 to 500. */
    readonly deadBand: number;
    readonly check?: PoolPlan;
  };
}

/** Whether an asset has several sources. */
export function isMedian(feed: FeedPlan | MedianPlan): feed is MedianPlan {
  return feed.source.kind === "median";
}

/** A Uniswap v3 pool whose average checks a price, and changes none. */
export interface PoolPlan {
  readonly pool: string;
  /** The asset's token in the pool. */
  readonly token: string;
  /** Seconds of the average, above 0. */
  readonly window: number;
  /** How far the average may be from low and high, basis points, 0 to 10 000. */
  readonly tolerance: number;
  /** Least harmonic mean of the liquidity in range, in the pool's unit. */
  readonly leastLiquidity: bigint;
  /** USD feed of the pool's other token, of QUOTE_DECIMALS; one of it counts as one dollar if absent. */
  readonly quote?: FeedPlan;
}

/** Decimals of the quantum in which the feed of a pool's other token answers: prices of 10^-9 to 10^10 dollars. */
export const QUOTE_DECIMALS = 9;

/** The feed of a rate. Rates lie strictly between the limits, in 10^-decimals; times in seconds. */
export interface RatioPlan {
  readonly aggregator: string;
  readonly decimals: number;
  readonly heartbeat: number;
  readonly least: bigint;
  readonly most: bigint;
}

/** Who holds which role. Every act of the governor waits `delay` seconds, in which the guardian can cancel it. */
export interface GovernancePlan {
  /** With a DAO the zero address: the DAO's timelock is governor. */
  readonly governor: string;
  /** May tighten and pause at once, and nothing else. */
  readonly guardian: string;
  readonly delay: number;
}

/** A DAO that governs: votes of a token, and a timelock that does what passes. Votes are 10^-18 of a token, times seconds. */
export interface DaoPlan {
  /** A token with votes by the second (ERC-5805), or a new one: its name, its symbol, and its supply by holder. */
  readonly token:
    | string
    | {
        readonly name: string;
        readonly symbol: string;
        readonly holders: readonly { readonly holder: string; readonly amount: bigint }[];
      };
  /** From a proposal to the moment whose balances vote. */
  readonly votingDelay: number;
  readonly votingPeriod: number;
  /** Votes that a proposer has at least. */
  readonly threshold: bigint;
  /** Votes for and abstaining without which nothing passes, hundredths of the supply, 1 to 100. */
  readonly quorum: number;
  /** What passes waits so long in the timelock, before the access manager's own delay. */
  readonly timelock: number;
}

/** Cumulative funding that a venue posts, bounded: attodollars per quantum a post, and seconds. */
export interface FundingPlan {
  readonly poster: string;
  readonly steps: readonly bigint[];
  readonly interval: number;
  readonly heartbeat: number;
}

/** Collateral that is locked on another chain: see IRemoteCollateral. */
export interface RemotePlan {
  /** Symbol of its listed asset, which is nothing else's in the vault. */
  readonly asset: string;
  /** Id of the other chain. */
  readonly chain: bigint;
  /** The CollateralLock on it. */
  readonly lock: string;
  /** Decimals of the token there. */
  readonly decimals: number;
  /** The most that counts, smallest units of the token. */
  readonly cap: bigint;
  /** Seconds without word of the lock after which it counts nothing. */
  readonly maxAge: number;
  readonly source: MessageSourcePlan;
}

/** Who says what contracts on the other chain have said: a source that is deployed with the rest, or one that stands. */
export type MessageSourcePlan =
  | ({ readonly kind: "storage-proofs" } & StorageProofPlan)
  | { readonly kind: "deployed"; readonly address: string };

/** Who vouches for another chain's blocks, and for how long nobody believes it. Seconds. */
export interface StorageProofPlan {
  /** 1 to 16. */
  readonly attesters: readonly string[];
  /** How many of them must sign a block, 1 to their number. */
  readonly threshold: number;
  /** How long a block waits before it counts, in which any attester can stop it. */
  readonly wait: number;
  /** How long a message must have stood on its chain. */
  readonly finality: number;
}

/** The vault's terms, basis points and seconds: see VaultTerms. */
export interface VaultPlan {
  /** Token that is lent and paid in. */
  readonly settlement: string;
  /** Symbol of its listed asset. */
  readonly asset: string;
  /** Other tokens that are taken as collateral, from the start: none by default. */
  readonly collateral?: readonly { readonly token: string; readonly asset: string }[];
  /** Collateral on other chains, from the start: none by default. */
  readonly remote?: readonly RemotePlan[];
  readonly initialMargin: number;
  readonly penalty: number;
  readonly incentive: number;
  readonly closeFactor: number;
  readonly premium: number;
  readonly floor: number;
  readonly auctionPeriod: number;
  readonly reliefPeriod: number;
  /** Nominal seconds from one block to the next: an auction's price falls by no more than that for each. */
  readonly blockTime: number;
  /** Units of the token. */
  readonly minimumClose: bigint;
}

/** The registry of credit lines; see CreditTerms. Lines are opened later, by the owners of accounts. */
export interface CreditPlan {
  /** Token that lines lend. */
  readonly settlement: string;
  /** Symbol of its listed asset. */
  readonly asset: string;
  /** Health factor above which an account stays although it owes its lines, basis points. */
  readonly covenantMargin: number;
  /** Seconds of interest that the covenant counts ahead. */
  readonly horizon: number;
}

/** A market at the deployment's prices under another profile, and the terms of its gate. */
export interface DerivedPlan {
  /** See MARKET_NAME. */
  readonly name: string;
  readonly profile: RiskProfile;
  readonly terms: GatePlan;
}

/**
 * All inputs of a deployment. It is no schema's type, nor are its parts: a plan file names assets by symbol, states prices
 * in dollars a unit and leaves defaults out, and `parsePlan` makes this of it.
 */
export interface DeployPlan {
  readonly tier: Tier;
  readonly listing: Listing;
  readonly profile: RiskProfile;
  readonly key: NamedKey;
  /** In the listing's order. */
  readonly feeds: readonly (FeedPlan | MedianPlan)[];
  readonly timing: LedgerTiming;
  /** Symbols of the assets that may carry sleeves, with what their options settle in: none by default. */
  readonly sleeves?: readonly string[];
  readonly terms: GatePlan;
  /** Seconds between the proposal of other attesters and the moment they take over. */
  readonly rotationDelay: number;
  readonly governance: GovernancePlan;
  readonly dao?: DaoPlan;
  readonly funding?: FundingPlan;
  /** On a local chain: the mocks behind the feeds, which the manifest then names. */
  readonly mocks?: Readonly<Record<string, Deployed>>;
  /** On a rollup. */
  readonly sequencer?: { readonly uptimeFeed: string; readonly grace: number };
  readonly vault?: VaultPlan;
  readonly credit?: CreditPlan;
  /** Names are distinct. */
  readonly derived?: readonly DerivedPlan[];
}

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** Seconds that a governor's act waits, where a plan says nothing else: two days. */
export const DEFAULT_DELAY = 2 * DAY;

/** Terms of a vault for experiments, without its initial margin. */
export const LOCAL_VAULT = {
  ...DEFAULT_VAULT,
  // A local node makes a block for each transaction, and none while there is none: ten take a price all the way.
  blockTime: HOUR / 10,
  minimumClose: 0n,
} as const;

/**
 * A rotation delay that leaves liquidators time. The gate needs more than a book's age and a grace, and a day is for
 * auctions.
 *
 * @example
 * ```ts
 * import { leastRotationDelay } from "zkmargin/chain";
 *
 * console.log(leastRotationDelay(profile, { maxProofAge: 86_400, gracePeriod: 21_600, callPeriod: 43_200, callMargin: 11_000 }) > 0); // true
 * ```
 */
export function leastRotationDelay(profile: RiskProfile, terms: GatePlan): number {
  return profile.bookMaxAge + terms.gracePeriod + DAY;
}
