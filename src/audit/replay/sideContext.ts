import type { DaoContracts } from "../../chain/deployment.js";
import type { LogBlock } from "../../chain/eventLog/record.js";
import type { MedianRule } from "../../chain/eventLog/sides.js";
import type { AmmLiquidatorEvents } from "../../chain/generated/AmmLiquidator.js";
import type { MarginVaultEvents } from "../../chain/generated/MarginVault.js";
import type { Report } from "./context.js";

type Taken = MarginVaultEvents["Taken"];

/** What liquidators have bought in a block, until it is held to what they say of it. */
export interface Sales {
  readonly bought: { readonly tx: number; readonly taken: Taken; isTold: boolean }[];
  readonly told: {
    readonly tx: number;
    readonly of: string;
    readonly sale: AmmLiquidatorEvents["Liquidated"];
  }[];
}

export const newSales = (): Sales => ({ bought: [], told: [] });

/** What a block's events call for, and what its timelock has executed. */
export interface DaoActs {
  readonly executed: { readonly tx: number; readonly key: string }[];
  readonly needed: { readonly tx: number; readonly key: string; readonly what: string }[];
}

export const newActs = (): DaoActs => ({ executed: [], needed: [] });

/** What a handler of a side contract's event is given beside the state. */
export interface SideContext {
  /** Which of several contracts: a median's asset, a liquidator's address. */
  readonly of: string;
  readonly block: LogBlock;
  readonly tx: number;
  readonly report: Report;
  /** The rules of medians; undefined in a log of a version that knew none. */
  readonly rules: Readonly<Record<string, MedianRule>> | undefined;
  /** Symbols, in the listing's order. */
  readonly listing: readonly string[];
  /** What medians had recorded before the block, of those that have changed since. */
  readonly before: Map<string, { readonly low: bigint; readonly high: bigint }>;
  /** Low and high as a finding quotes them. */
  readonly quote: (low: bigint, high: bigint) => string;
  readonly sales: Sales;
  /** An amount as a finding quotes it, of the settlement token unless another is named. */
  readonly amounts: (amount: bigint, token?: string) => string;
  readonly vault: string;
  readonly settlement: string;
  readonly manager: string;
  readonly dao: DaoContracts | undefined;
  readonly acts: DaoActs;
}

/** A handler of each event of a side contract. */
export type SideHandlers<Events, Part> = {
  readonly [Name in keyof Events]: (state: Part, event: Events[Name], context: SideContext) => void;
};
