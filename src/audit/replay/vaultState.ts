import type { ChainEvent } from "../../chain/eventLog/decode.js";
import type { VaultConstants } from "../../chain/eventLog/record.js";
import type { Market, Report } from "./context.js";

/** How the vault counts a token. */
export interface TokenState {
  listed: boolean;
  slot: number;
  quantumDecimals: number;
  /** Its own. */
  tokenDecimals: number;
  /** Whether the record says its decimals; 18 are assumed where it does not. */
  decimalsKnown: boolean;
}

/** What the vault holds that is nobody's account. */
export interface VaultState {
  readonly tokens: Map<string, TokenState>;
  readonly insurance: Map<string, bigint>;
  readonly claimable: Map<string, bigint>;
  /** Owed to a creditor by all accounts. */
  readonly owedTo: Map<string, bigint>;
}

export function newVault(): VaultState {
  return {
    tokens: new Map(),
    insurance: new Map(),
    claimable: new Map(),
    owedTo: new Map(),
  };
}

export type VaultEvent = Extract<ChainEvent, { role: "marginVault" }>;

/** What an event of the vault is judged by. */
export interface VaultPlace {
  readonly market: Market;
  readonly terms: VaultConstants;
  readonly time: number;
  readonly block: number;
  /** A sequencer guard can end an auction, of which no event tells. */
  readonly guarded: boolean;
  readonly report: Report;
  /** An amount as a finding quotes it: in units, of the settlement token unless another is named. */
  readonly quote: (amount: bigint, token?: string) => string;
}
