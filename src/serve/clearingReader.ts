import type { AnyBinding } from "../chain/binding.js";
import type { EventOf } from "../chain/eventLog/codec.js";
import {
  type ClearingDefaultsEvents,
  clearingDefaults,
  type Estate,
  type TearUp,
} from "../chain/generated/ClearingDefaults.js";
import { type ClearingHouseEvents, clearingHouse } from "../chain/generated/ClearingHouse.js";
import {
  type DefaultFundEvents,
  defaultFund,
  type FundCap,
  type FundCover,
  type FundDefault,
  type FundMember,
} from "../chain/generated/DefaultFund.js";
import { STAGE_NAMES, type StageName } from "../chain/generated/enums.js";
import { type MarginGateEvents, marginGate } from "../chain/generated/MarginGate.js";
import { multicall, type Outcome, type Read, valueOf, viewOf } from "../chain/multicall.js";
import { type TokenInfo, tokenInfo } from "../chain/vault.js";
import { defaultsOf } from "../clearing/account/defaults.js";
import type { OpenHouse } from "../clearing/account/manifest.js";
import type { GateMarket } from "../protocol/gate.js";

/** Contracts of a house whose events are read. */
export const HOUSE_BINDINGS = {
  ...{ clearingHouse, clearingDefaults, defaultFund },
  houseGate: marginGate,
} as const satisfies Record<string, AnyBinding>;
export type HouseRole = keyof typeof HOUSE_BINDINGS;

/** An event of a clearing house, of its defaults, of its fund or of its own gate. */
export type HouseEvent =
  | EventOf<"clearingHouse", ClearingHouseEvents>
  | EventOf<"clearingDefaults", ClearingDefaultsEvents>
  | EventOf<"defaultFund", DefaultFundEvents>
  | EventOf<"houseGate", MarginGateEvents>;

/** Events that a start reads from the house's first block on. */
export const HOUSE_HISTORY: Readonly<Record<HouseRole, readonly string[]>> = {
  clearingHouse: ["ClearingAccountOpened"],
  clearingDefaults: ["DefaultStarted", "EstateSettled", "TornUp"],
  defaultFund: ["CapSet", "GroupSet"],
  houseGate: [],
};

/** An account that a house clears. */
export interface ClearedState {
  readonly stage: StageName;
  /** Whether its book has all tear-ups, and its cap is proven. The gate alone does not say so. */
  readonly current: boolean;
}

/** A cap of an account that clears. Cents, and unix seconds. */
export interface CapState {
  readonly owner: string;
  readonly cap: bigint;
  /** Whether the stress gate no longer has it proven. It counts on. */
  readonly lapsed: boolean;
  /** When a lapse was put on record; 0 if none is. */
  readonly lapsedAt: number;
  /** Whether a recorded lapse has lasted beyond the grace: anybody may start the account's default. */
  readonly overdue: boolean;
}

/** A default that is not over. */
export interface EstateState {
  readonly estate: Estate;
  /** Tear-ups that it has not applied; null if there is none. */
  readonly torn: TearUp | null;
  /** How far the fund has come with it. */
  readonly noted: FundDefault;
}

/** What was read of a clearing house at a block. */
export interface ClearingReading {
  readonly house: string;
  readonly fund: string;
  readonly settlement: TokenInfo;
  readonly terms: {
    readonly revealPeriod: number;
    readonly auctionPeriod: number;
    /** Seconds from the close of the market to its end, and from there for claims. */
    readonly closePeriod: number;
    readonly claimPeriod: number;
    readonly premium: bigint;
    readonly discount: bigint;
    /** Seconds from a recorded lapse of a cap to default. */
    readonly grace: number;
  };
  /** Of the house's own gate. */
  readonly gate: GateMarket["constants"]["gate"];
  readonly cover: FundCover;
  /** Settlement units. */
  readonly contributions: bigint;
  readonly capital: bigint;
  /** Owners that have a group, or money or caps in the fund. */
  readonly members: ReadonlyMap<string, FundMember>;
  readonly caps: ReadonlyMap<string, CapState>;
  readonly estates: ReadonlyMap<string, EstateState>;
  readonly cleared: ReadonlyMap<string, ClearedState>;
  /** Unix seconds; 0 while the market is open. */
  readonly closedAt: number;
  readonly endedAt: number;
}

/** What the events of a house have named, and what was read. */
export interface ClearingState {
  /** Accounts with a cap, and owners that ever had a group. */
  readonly capped: Set<string>;
  readonly grouped: Set<string>;
  /** Owners of the accounts that the house has opened. */
  readonly owners: Map<string, string>;
  /** Accounts whose default has begun and is not settled. */
  readonly defaulted: Set<string>;
  tornUp: number;
  /** Whether an event since the last look may have changed members, caps or defaults. */
  touched: boolean;
  reading: ClearingReading | null;
}

export function freshClearing(): ClearingState {
  return {
    capped: new Set(),
    grouped: new Set(),
    owners: new Map(),
    defaulted: new Set(),
    tornUp: 0,
    touched: true,
    reading: null,
  };
}

export function isOfHouse(event: { readonly role: string }): event is HouseEvent {
  return event.role in HOUSE_BINDINGS;
}

/** Takes in one event of a house. */
export function takeHouseEvent(state: ClearingState, { name, fields, role }: HouseEvent): void {
  if (name === "CapSet") state.capped.add(fields.account);
  else if (name === "GroupSet") state.grouped.add(fields.owner);
  else if (name === "ClearingAccountOpened") state.owners.set(fields.account, fields.owner);
  else if (name === "DefaultStarted") state.defaulted.add(fields.account);
  else if (name === "EstateSettled") state.defaulted.delete(fields.account);
  else if (name === "TornUp") state.tornUp = Number(fields.number);
  // A transition of a book changes nothing here but its cap, which has an event of its own.
  if (name !== "BookChanged" && name !== "BookRenewed" && role !== "houseGate") state.touched = true;
}

/** Views that every look asks, beside those of the market. */
export function houseReads({ fund, ...opened }: OpenHouse) {
  const defaults = defaultsOf(opened);
  return [
    viewOf(fund, "cover"),
    viewOf(fund, "contributions"),
    viewOf(fund, "capital"),
    viewOf(defaults, "closedAt"),
    viewOf(defaults, "endedAt"),
  ] as const;
}
/** How many views {@link houseReads} has. */
export const HOUSE_READS = 5;

/**
 * What a look reads of a house: the fund by {@link houseReads}; members, caps and defaults where an event named one, where a default is
 * open, and where it is time to ask which caps have lapsed.
 * @param next the outcomes of {@link houseReads} in their order
 * @param due whether lapses of caps are to be asked for
 */
export async function readHouse(
  opened: OpenHouse,
  state: ClearingState,
  { next, block, due }: { next: () => Outcome<unknown>; block: number; due: boolean },
): Promise<ClearingReading> {
  const word = <T>() => valueOf(next()) as T;
  const now = {
    cover: word<FundCover>(),
    contributions: word<bigint>(),
    capital: word<bigint>(),
    closedAt: Number(word<bigint>()),
    endedAt: Number(word<bigint>()),
  };
  const before = state.reading;
  const known = before ?? (await constantsOf(opened, block));
  if (before !== null && !state.touched && !due && state.defaulted.size === 0) return { ...before, ...now };
  const { fund, house, open } = opened;
  const { provider } = open.connection;
  const defaults = defaultsOf(opened);
  const [owners, accounts, estates] = [[...state.grouped], [...state.capped], [...state.defaulted]];
  const opens = [...state.owners.keys()];
  const reads: readonly Read<unknown>[] = [
    ...owners.map((owner) => viewOf(fund, "memberOf", owner)),
    ...accounts.flatMap((account) => [
      viewOf(fund, "capOf", account),
      viewOf(fund, "isCapLapsed", account),
      viewOf(fund, "isCapOverdue", account),
    ]),
    ...opens.flatMap((account) => [viewOf(house, "stageOf", account), viewOf(house, "isCurrent", account)]),
    ...estates.flatMap((account) => [
      viewOf(defaults, "estateOf", account),
      viewOf(fund, "defaultOf", account),
    ]),
  ];
  const outcomes = (await multicall(provider, reads, block)).values();
  const view = <T>() => valueOf(outcomes.next().value as Outcome<T>);
  const members = new Map(owners.map((owner) => [owner, view<FundMember>()]));
  const caps = new Map<string, CapState>();
  for (const account of accounts) {
    const { held, owner, cap, lapsedAt } = view<FundCap>();
    const [lapsed, overdue] = [view<boolean>(), view<boolean>()];
    if (held) caps.set(account, { owner, cap, lapsed, overdue, lapsedAt: Number(lapsedAt) });
    else state.capped.delete(account);
  }
  const cleared = new Map<string, ClearedState>();
  for (const account of opens) {
    const [stage, current] = [view<bigint>(), view<boolean>()];
    cleared.set(account, { stage: STAGE_NAMES[Number(stage)] ?? "none", current });
  }
  const found = estates.map((account) => [account, view<Estate>(), view<FundDefault>()] as const);
  const late = found.filter(([, { tearUps }]) => Number(tearUps) < state.tornUp);
  const tears = await multicall(
    provider,
    late.map(([, { tearUps }]) => viewOf(defaults, "pendingTearUp", tearUps)),
    block,
  );
  const torn = new Map(late.map(([account], i) => [account, valueOf(tears[i] as Outcome<TearUp>)]));
  state.touched = false;
  return {
    ...{ house: known.house, fund: known.fund, settlement: known.settlement },
    ...{ terms: known.terms, gate: known.gate, cleared },
    ...now,
    members,
    caps,
    estates: new Map(
      found.map(([account, estate, noted]) => [account, { estate, noted, torn: torn.get(account) ?? null }]),
    ),
  };
}

/** What never changes of a house. */
async function constantsOf(
  opened: OpenHouse,
  block: number,
): Promise<Pick<ClearingReading, "house" | "fund" | "settlement" | "terms" | "gate">> {
  const { house, fund, open, margin } = opened;
  const [ofDefaults, ofFund, token, ofGate] = await multicall(
    open.connection.provider,
    [
      ...([viewOf(defaultsOf(opened), "terms"), viewOf(fund, "terms"), viewOf(house, "settlement")] as const),
      viewOf(margin.contracts.marginGate, "terms"),
    ],
    block,
  );
  const gate = valueOf(ofGate);
  const { revealPeriod, auctionPeriod, closePeriod, claimPeriod, premium, discount } = valueOf(ofDefaults);
  return {
    ...{ house: String(house.target), fund: String(fund.target) },
    settlement: await tokenInfo(open, valueOf(token)),
    terms: {
      ...{ revealPeriod: Number(revealPeriod), auctionPeriod: Number(auctionPeriod), premium, discount },
      ...{ closePeriod: Number(closePeriod), claimPeriod: Number(claimPeriod) },
      grace: Number(valueOf(ofFund).grace),
    },
    gate: {
      maxProofAge: Number(gate.maxProofAge),
      gracePeriod: Number(gate.gracePeriod),
      callPeriod: Number(gate.callPeriod),
    },
  };
}
