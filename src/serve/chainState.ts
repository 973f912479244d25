import type { AccountReading } from "../chain/accountReading.js";
import type { TokenInfo } from "../chain/vault.js";
import type { PricedAuction } from "../protocol/auction.js";
import { ROUNDS } from "../protocol/bounds.js";
import type { GateMarket, GateRound } from "../protocol/gate.js";
import type { Listing } from "../protocol/listing.js";
import type { EventView } from "./apiTypes.js";
import { type ClearingState, freshClearing } from "./clearingReader.js";

/** A round as the ledger committed it; prices are attodollars per quantum, in the listing's order. */
export interface RoundState extends GateRound {
  readonly sleeveOdometer: bigint;
  readonly low: readonly bigint[];
  readonly high: readonly bigint[];
  readonly funding: readonly bigint[];
}

/** An auction that runs. Amounts are units of its token, and of the settlement token. */
export interface AuctionState extends PricedAuction {
  readonly account: string;
  readonly token: string;
  readonly keeper: string;
  readonly left: bigint;
  /** To be raised by the account's auctions together. */
  readonly due: bigint;
}

/** Everything that was read of the chain, as of one block. */
export interface ChainState {
  readonly listing: Listing;
  readonly chainId: bigint;
  /** Of the chain: how often the service saw it happen, the last time (unix seconds), and the last block that stayed; -1 if none did. */
  readonly reorganised: { readonly times: number; readonly at: number; readonly fork: number };
  /** Unix seconds. */
  block: { readonly number: number; readonly hash: string; readonly time: number };
  /** Null until it is read. */
  market:
    | (GateMarket & {
        readonly constants: GateMarket["constants"] & {
          readonly provingWindow: number;
          readonly twapWindow: number;
        };
        /** Whether the newest round can be proven against. */
        readonly usable: boolean;
      })
    | null;
  /** As the contracts have them. What follows from them and the time is computed by `views.ts`. */
  accounts: ReadonlyMap<string, AccountReading>;
  /** Owners of the accounts that the registry has opened. */
  readonly owners: Map<string, string>;
  /** Accounts that ever had a sleeve attested, and that ever had a claim with support. */
  readonly sleeved: Set<string>;
  readonly supported: Set<string>;
  /** Oldest first. */
  rounds: readonly RoundState[];
  /** By number modulo ROUNDS. */
  readonly ring: (GateRound | null)[];
  events: readonly EventView[];
  /** The ledger's sources, and why each refuses; null where it answers. */
  sources: readonly { readonly source: string; readonly fault: string | null }[];
  auctions: readonly AuctionState[];
  vault: {
    readonly terms: { readonly auctionPeriod: number; readonly floor: number; readonly blockTime: number };
    readonly settlement: TokenInfo;
    readonly tokens: Map<string, TokenInfo>;
    readonly insurance: readonly { readonly creditor: string; readonly amount: bigint }[];
  } | null;
  readonly tokens: Set<string>;
  readonly creditors: Set<string>;
  /** `account token` of auctions that were started and not closed. */
  readonly auctioned: Set<string>;
  /** Accounts that an event of this look named. */
  touched: Set<string>;
  vaultTouched: boolean;
  /** Of a clearing house, where one is watched. */
  readonly clearing: ClearingState;
}

/** A state of which nothing was read yet. */
export function freshState(listing: Listing, chainId: bigint): ChainState {
  return {
    ...{ listing, chainId },
    reorganised: { times: 0, at: 0, fork: -1 },
    block: { number: -1, hash: "", time: 0 },
    market: null,
    accounts: new Map(),
    owners: new Map(),
    sleeved: new Set(),
    supported: new Set(),
    rounds: [],
    ring: Array.from({ length: ROUNDS }, () => null),
    events: [],
    sources: [],
    auctions: [],
    vault: null,
    tokens: new Set(),
    creditors: new Set(),
    auctioned: new Set(),
    touched: new Set(),
    vaultTouched: false,
    clearing: freshClearing(),
  };
}
