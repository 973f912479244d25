import { OutOfRangeError } from "../errors.js";
import {
  type CapSums,
  type CoverTerms,
  capSums,
  fadedPeak,
  type RequiredPeak,
  requiredFund,
} from "./fundCover.js";

/**
 * The state of a default fund, in memory: contributions in layers, caps by group, open defaults. fundMembers.ts and fundDefaults.ts
 * change it as DefaultFund.sol does, to the unit. They refuse what the contract refuses, but for what only a chain knows: roles,
 * proofs, and whether a market is live. Amounts are in the settlement token's smallest units, caps in cents.
 */

/** A part of a contribution. */
export interface FundLayer {
  /** Number of the newest default noted before it was paid in: it is liable for later ones. */
  readonly since: number;
  left: bigint;
  /** What it was before the losses of this crisis. */
  whole: bigint;
}

/** A member, or an owner who was one. */
export interface FundMemberState {
  /** 0 if it is none. */
  group: number;
  /** Its open defaults. */
  defaults: number;
  /** The crisis that `assessed` and the layers are of. */
  crisis: number;
  /** Of all its accounts. */
  caps: bigint;
  owed: bigint;
  assessed: bigint;
  request: { readonly amount: bigint; readonly at: number } | null;
  layers: FundLayer[];
}

export type FundDefaultStage = "noted" | "absorbed" | "collected" | "over";

/** A default. */
export interface FundDefaultState {
  readonly number: number;
  readonly account: string;
  readonly owner: string;
  stage: FundDefaultStage;
  /** Unix seconds until which assessments are in time; 0 if none were called. */
  until: number;
  /** Loss that is not paid. */
  left: bigint;
  assessed: bigint;
  /** Paid of that, and not passed on. */
  received: bigint;
  /** Still owed of it, by member. */
  readonly owed: Map<string, bigint>;
}

/** All that a fund has come to: plain data. */
export interface FundState {
  noted: number;
  open: number;
  /** Times that a default was noted while none was open. */
  crisis: number;
  contributions: bigint;
  capital: bigint;
  capitalRequest: FundMemberState["request"];
  peak: RequiredPeak;
  /** Members, in the contract's order. */
  list: string[];
  readonly members: Map<string, FundMemberState>;
  /** Caps by account, also of 0. */
  readonly caps: Map<string, { readonly owner: string; readonly cap: bigint }>;
  /** By number. */
  readonly defaults: Map<number, FundDefaultState>;
  /** Numbers of open defaults, by account. */
  readonly numberOf: Map<string, number>;
}

/** A fund that holds nothing. */
export function newDefaultFund(): FundState {
  return {
    noted: 0,
    open: 0,
    crisis: 0,
    contributions: 0n,
    capital: 0n,
    capitalRequest: null,
    peak: { required: 0n, at: 0 },
    list: [],
    members: new Map(),
    caps: new Map(),
    defaults: new Map(),
    numberOf: new Map(),
  };
}

/** A member's record; a new one is not kept unless something changes it. */
export function fundMember(fund: FundState, owner: string): FundMemberState {
  const known = fund.members.get(owner);
  if (known !== undefined) return known;
  const made: FundMemberState = {
    group: 0,
    defaults: 0,
    crisis: 0,
    caps: 0n,
    owed: 0n,
    assessed: 0n,
    request: null,
    layers: [],
  };
  fund.members.set(owner, made);
  return made;
}

/** What a member has in the fund. */
export function contributionOf({ layers }: Pick<FundMemberState, "layers">): bigint {
  return layers.reduce((sum, { left }) => sum + left, 0n);
}

/** The sums of caps of a fund. */
export function sumsOf({ members }: FundState): CapSums {
  const byGroup = new Map<number, bigint>();
  for (const { group, caps } of members.values()) byGroup.set(group, (byGroup.get(group) ?? 0n) + caps);
  return capSums(byGroup.values());
}

/** What a fund has and must have. */
export function coverOf(fund: FundState, terms: CoverTerms, time: number) {
  const sums = sumsOf(fund);
  const required = requiredFund(sums, terms);
  const faded = fadedPeak(fund.peak, time, terms.memoryPeriod);
  return { ...sums, required, remembered: faded > required ? faded : required, held: heldBy(fund) };
}

/** Settlement units. */
export function heldBy({ contributions, capital }: Pick<FundState, "contributions" | "capital">): bigint {
  return contributions + capital;
}

/** The error of a step that the contract refuses. @param error the contract's own */
export function refusal(error: string): OutOfRangeError {
  return new OutOfRangeError("fund", "a step that the contract takes", `one that it refuses with ${error}`);
}

/** One layer is left while no default is open, and at the first touch in a crisis. */
export function settleLayers({ open, crisis }: FundState, member: FundMemberState): void {
  if (open !== 0 && member.crisis === crisis) return;
  const left = contributionOf(member);
  if (member.layers.length > 0) member.layers = [{ since: 0, left, whole: left }];
  [member.crisis, member.assessed] = [crisis, 0n];
}

/** Takes from the newest layer first that is liable for the default of a number. */
export function takeFrom({ layers }: FundMemberState, number: number, amount: bigint): void {
  let rest = amount;
  for (const layer of layers.toReversed()) {
    if (layer.since >= number) continue;
    const part = layer.left < rest ? layer.left : rest;
    layer.left -= part;
    rest -= part;
  }
}
