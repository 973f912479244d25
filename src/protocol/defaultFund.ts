import { OutOfRangeError } from "../errors.js";
import { BPS } from "./bounds.js";
import {
  type CapSums,
  capAt,
  capSums,
  ceilDiv,
  centUnits,
  type FundRules,
  fadedPeak,
  MAX_GROUPS,
  type RequiredPeak,
  requiredFund,
} from "./fundCover.js";

/**
 * The default fund, in memory: contributions in layers, caps by group, and the waterfall. As DefaultFund.sol, to the unit. It
 * refuses what the contract refuses, but for what only a chain knows: roles, proofs, and whether a market is live. Amounts are
 * in the settlement token's smallest units, caps in cents.
 */

/** Members at most: what one loss reads. */
const MAX_MEMBERS = 128;
/** Layers of a contribution at most. */
const MAX_LAYERS = 8;

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

/** Whose money a loss takes, in this order. */
export const WATERFALL_STEPS = ["defaulter", "affiliates", "capital", "members"] as const;
export type WaterfallStep = (typeof WATERFALL_STEPS)[number];

/** A part of a loss. */
export interface LossPart {
  readonly step: WaterfallStep;
  /** Null for the house's capital. */
  readonly member: string | null;
  readonly amount: bigint;
}

/** What became of a loss. */
export interface Waterfall {
  readonly parts: readonly LossPart[];
  readonly paid: bigint;
  /** By member. */
  readonly assessed: readonly (readonly [string, bigint])[];
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
export function coverOf(
  fund: FundState,
  terms: Pick<FundRules, "alpha" | "floor" | "memoryPeriod">,
  time: number,
) {
  const sums = sumsOf(fund);
  const required = requiredFund(sums, terms);
  const faded = fadedPeak(fund.peak, time, terms.memoryPeriod);
  return { ...sums, required, remembered: faded > required ? faded : required, held: heldBy(fund) };
}

/** Settlement units. */
export function heldBy({ contributions, capital }: Pick<FundState, "contributions" | "capital">): bigint {
  return contributions + capital;
}

// --- groups and caps ---

/** As setGroup. @param time Unix seconds @throws OutOfRangeError with the contract's error */
export function putInGroup(
  fund: FundState,
  owner: string,
  group: number,
  time: number,
  terms?: Pick<FundRules, "alpha" | "floor" | "memoryPeriod">,
): void {
  if (group > MAX_GROUPS) throw refusal("GroupOutOfRange");
  const member = fundMember(fund, owner);
  if (member.group === group) return;
  if (member.group !== 0 && fund.open !== 0) throw refusal("DefaultsOpen");
  if (member.group === 0) {
    if (fund.list.length === MAX_MEMBERS) throw refusal("TooManyMembers");
    fund.list.push(owner);
  } else if (group === 0) {
    if (member.caps !== 0n || member.owed !== 0n || contributionOf(member) !== 0n)
      throw refusal("MemberInUse");
    const last = fund.list.pop() as string;
    fund.list = fund.list.map((name) => (name === owner ? last : name));
    [member.request, member.layers] = [null, []];
  }
  changeSums(fund, time, member.caps === 0n ? undefined : terms, () => {
    member.group = group;
  });
}

/** What a cap is set by. */
export interface CapChange {
  readonly account: string;
  readonly owner: string;
  readonly steps: number;
  /** Whether the transition only reduces. */
  readonly reduces: boolean;
}

/** As setCap, for a cap that is proven. @throws OutOfRangeError with the contract's error */
export function setFundCap(
  fund: FundState,
  { account, owner, steps, reduces }: CapChange,
  terms: FundRules,
  { time, decimals }: { readonly time: number; readonly decimals: number },
): void {
  const cap = capAt(steps, terms.leastCap);
  if (fund.numberOf.has(account)) throw refusal("DefaultKnown");
  const member = fundMember(fund, owner);
  const before = fund.caps.get(account)?.cap ?? 0n;
  if (member.owed !== 0n) throw refusal("AssessmentUnpaid");
  if (cap > before && member.group === 0) throw refusal("NotMember");
  const holds = cap > before || (cap === before && !reduces);
  const others = { ...sumsAfter(fund, member, cap - before) };
  if (holds && member.defaults !== 0) throw refusal("OwnerInDefault");
  if (holds && cap !== 0n) requireShare(member, member.caps + cap - before, terms, decimals);
  if (holds && heldBy(fund) < requiredFund(others, terms) * centUnits(decimals)) throw refusal("Uncovered");
  recordCap(fund, account, owner, cap, terms, time);
}

/** Takes in a cap that the chain has set. */
export function recordCap(
  fund: FundState,
  account: string,
  owner: string,
  cap: bigint,
  terms: Pick<FundRules, "alpha" | "floor" | "memoryPeriod">,
  time: number,
): void {
  const before = fund.caps.get(account)?.cap ?? 0n;
  const member = fundMember(fund, owner);
  changeSums(fund, time, cap === before ? undefined : terms, () => {
    member.caps += cap - before;
    fund.caps.set(account, { owner, cap });
  });
}

/** As releaseCap. @throws OutOfRangeError with the contract's error */
export function releaseFundCap(
  fund: FundState,
  account: string,
  terms: Pick<FundRules, "alpha" | "floor" | "memoryPeriod">,
  time: number,
): void {
  if (fund.numberOf.has(account)) throw refusal("DefaultKnown");
  const held = fund.caps.get(account);
  if (held === undefined) throw refusal("NoCap");
  recordCap(fund, account, held.owner, 0n, terms, time);
  fund.caps.delete(account);
}

function sumsAfter(fund: FundState, member: FundMemberState, change: bigint): CapSums {
  member.caps += change;
  const sums = sumsOf(fund);
  member.caps -= change;
  return sums;
}

/** The requirement before and after a change of caps counts for the peak. */
function changeSums(
  fund: FundState,
  time: number,
  terms: Pick<FundRules, "alpha" | "floor" | "memoryPeriod"> | undefined,
  change: () => void,
): void {
  const remember = () => {
    if (terms === undefined) return;
    const required = requiredFund(sumsOf(fund), terms);
    if (required !== 0n && required >= fadedPeak(fund.peak, time, terms.memoryPeriod))
      fund.peak = { required, at: time };
  };
  remember();
  change();
  remember();
}

function requireShare(
  member: FundMemberState,
  caps: bigint,
  { share }: Pick<FundRules, "share">,
  decimals: number,
): void {
  const held = contributionOf(member) - (member.request?.amount ?? 0n);
  if (held < ceilDiv(caps * centUnits(decimals) * share, BPS) && caps * share !== 0n)
    throw refusal("ShareTooLow");
}

// --- contributions ---

/** As contribute. @throws OutOfRangeError with the contract's error */
export function contributeTo(fund: FundState, owner: string, amount: bigint): void {
  const member = fundMember(fund, owner);
  if (member.group === 0) throw refusal("NotMember");
  if (amount === 0n) throw refusal("AmountZero");
  settleLayers(fund, member);
  const since = fund.open === 0 ? 0 : fund.noted;
  let layer = member.layers.at(-1);
  if (layer === undefined || layer.since < since) {
    if (member.layers.length === MAX_LAYERS) throw refusal("TooManyLayers");
    layer = { since, left: 0n, whole: 0n };
    member.layers.push(layer);
  }
  layer.left += amount;
  layer.whole += amount;
  fund.contributions += amount;
}

/** As requestContribution. @throws OutOfRangeError with the contract's error */
export function requestFrom(fund: FundState, owner: string, amount: bigint, time: number): void {
  const member = fundMember(fund, owner);
  if (member.group === 0) throw refusal("NotMember");
  if (amount > contributionOf(member)) throw refusal("BalanceTooLow");
  member.request = amount === 0n ? null : { amount, at: time };
}

/** As withdrawContribution. Returns what is paid. @throws OutOfRangeError with the contract's error */
export function withdrawFrom(
  fund: FundState,
  owner: string,
  terms: FundRules,
  { time, decimals }: { readonly time: number; readonly decimals: number },
): bigint {
  const member = fundMember(fund, owner);
  if (member.owed !== 0n) throw refusal("AssessmentUnpaid");
  if (fund.open !== 0) throw refusal("DefaultsOpen");
  const amount = least(member.request?.amount ?? 0n, contributionOf(member));
  if (member.request === null || amount === 0n) throw refusal("AmountZero");
  const from = member.request.at + terms.horizon;
  if (time < from || time > from + terms.window) throw refusal("OutsideWindow");
  const rest = { layers: [{ since: 0, left: contributionOf(member) - amount, whole: 0n }] };
  requireShare({ ...member, ...rest, request: null }, member.caps, terms, decimals);
  const { remembered } = coverOf(fund, terms, time);
  if (heldBy(fund) - amount < remembered * centUnits(decimals)) throw refusal("Uncovered");
  settleLayers(fund, member);
  takeFrom(member, Number.POSITIVE_INFINITY, amount);
  member.request = null;
  fund.contributions -= amount;
  return amount;
}

// --- defaults ---

/** As noteDefault. Returns its number. @throws OutOfRangeError with the contract's error */
export function noteFundDefault(fund: FundState, account: string, owner: string): number {
  if (fund.numberOf.has(account)) throw refusal("DefaultKnown");
  if (fund.open === 0) fund.crisis++;
  fund.open++;
  const number = ++fund.noted;
  fund.numberOf.set(account, number);
  fund.defaults.set(number, {
    number,
    account,
    owner,
    stage: "noted",
    until: 0,
    left: 0n,
    assessed: 0n,
    received: 0n,
    owed: new Map(),
  });
  fundMember(fund, owner).defaults++;
  return number;
}

/** What a member is liable with for a default: what is left, and what it was before the losses of this crisis. */
export function liableFor(
  fund: FundState,
  member: FundMemberState,
  number: number,
): { readonly left: bigint; readonly whole: bigint } {
  if (member.crisis !== fund.crisis) {
    const left = contributionOf(member);
    return { left, whole: left };
  }
  const liable = member.layers.filter(({ since }) => since < number);
  return {
    left: contributionOf({ layers: liable }),
    whole: liable.reduce((sum, { whole }) => sum + whole, 0n),
  };
}

/** As absorb. @param time Unix seconds @throws OutOfRangeError with the contract's error */
export function absorbLoss(
  fund: FundState,
  account: string,
  deficit: bigint,
  { assessment, assessmentPeriod }: Pick<FundRules, "assessment" | "assessmentPeriod">,
  time: number,
): Waterfall {
  const entry = openDefault(fund, account);
  if (entry.stage !== "noted") throw refusal("WrongStage");
  const { number, owner } = entry;
  const defaulter = fundMember(fund, owner);
  const stakes = fund.list.map((name) => {
    const member = fundMember(fund, name);
    settleLayers(fund, member);
    const { left, whole } = liableFor(fund, member, number);
    const most = (whole * assessment) / BPS - member.assessed;
    return {
      name,
      member,
      affiliate: member.group === defaulter.group,
      liable: name === owner ? 0n : left,
      assessable: member.defaults === 0 && most > 0n ? most : 0n,
    };
  });
  const parts: LossPart[] = [];
  let left = deficit;
  const pay = (step: WaterfallStep, member: string | null, amount: bigint) => {
    if (amount !== 0n) parts.push({ step, member, amount });
    left -= amount;
  };

  const own = least(left, contributionOf(defaulter));
  takeFrom(defaulter, Number.POSITIVE_INFINITY, own);
  fund.contributions -= own;
  pay("defaulter", owner, own);
  const takeAll = (step: WaterfallStep, affiliate: boolean) => {
    const payers = stakes.filter((stake) => stake.affiliate === affiliate);
    for (const [{ name, member }, amount] of inProportion(payers, ({ liable }) => liable, left)) {
      takeFrom(member, number, amount);
      fund.contributions -= amount;
      pay(step, name, amount);
    }
  };
  takeAll("affiliates", true);
  const capital = least(left, fund.capital);
  fund.capital -= capital;
  pay("capital", null, capital);
  takeAll("members", false);

  const assessed = inProportion(stakes, ({ assessable }) => assessable, left).map(
    ([{ name, member }, amount]) => {
      member.owed += amount;
      member.assessed += amount;
      entry.owed.set(name, amount);
      return [name, amount] as const;
    },
  );
  entry.left = left;
  entry.assessed = assessed.reduce((sum, [, amount]) => sum + amount, 0n);
  entry.stage = entry.assessed === 0n ? "collected" : "absorbed";
  entry.until = entry.assessed === 0n ? 0 : time + assessmentPeriod;
  return { parts, paid: deficit - left, assessed };
}

/** As payAssessment. Returns what is taken. @throws OutOfRangeError with the contract's error */
export function payFundAssessment(fund: FundState, number: number, name: string, amount: bigint): bigint {
  const entry = fund.defaults.get(number);
  if (entry === undefined) throw refusal("DefaultUnknown");
  const owed = entry.owed.get(name) ?? 0n;
  const paid = least(amount, owed);
  if (paid === 0n) throw refusal("AmountZero");
  entry.owed.set(name, owed - paid);
  fundMember(fund, name).owed -= paid;
  if (entry.stage === "absorbed") entry.received += paid;
  else fund.capital += paid;
  return paid;
}

/** What members still owe of a default. */
export function owedOf({ owed }: FundDefaultState): bigint {
  return [...owed.values()].reduce((sum, amount) => sum + amount, 0n);
}

/** As collect. Returns what goes to the house. @throws OutOfRangeError with the contract's error */
export function collectAssessments(fund: FundState, account: string, time: number): bigint {
  const entry = openDefault(fund, account);
  if (entry.stage !== "absorbed") throw refusal("WrongStage");
  if (owedOf(entry) !== 0n && time <= entry.until) throw refusal("AssessmentsOpen");
  const paid = entry.received;
  entry.left -= paid;
  [entry.received, entry.stage] = [0n, "collected"];
  return paid;
}

/** As endDefault. @throws OutOfRangeError with the contract's error */
export function endFundDefault(
  fund: FundState,
  account: string,
  terms: Pick<FundRules, "alpha" | "floor" | "memoryPeriod">,
  time: number,
): void {
  const entry = openDefault(fund, account);
  if (entry.stage === "absorbed") throw refusal("WrongStage");
  entry.stage = "over";
  fund.numberOf.delete(account);
  fund.open--;
  fundMember(fund, entry.owner).defaults--;
  if (fund.caps.has(account)) releaseFundCap(fund, account, terms, time);
}

// --- inside ---

/** @param error the contract's own */
function refusal(error: string): OutOfRangeError {
  return new OutOfRangeError("fund", "a step that the contract takes", `one that it refuses with ${error}`);
}

function openDefault(fund: FundState, account: string): FundDefaultState {
  const entry = fund.defaults.get(fund.numberOf.get(account) ?? 0);
  if (entry === undefined) throw refusal("WrongStage");
  return entry;
}

/** One layer is left while no default is open, and at the first touch in a crisis. */
function settleLayers({ open, crisis }: FundState, member: FundMemberState): void {
  if (open !== 0 && member.crisis === crisis) return;
  const left = contributionOf(member);
  if (member.layers.length > 0) member.layers = [{ since: 0, left, whole: left }];
  [member.crisis, member.assessed] = [crisis, 0n];
}

/** Takes from the newest layer first that is liable for the default of a number. */
function takeFrom({ layers }: FundMemberState, number: number, amount: bigint): void {
  let rest = amount;
  for (const layer of layers.toReversed()) {
    if (layer.since >= number) continue;
    const part = least(layer.left, rest);
    layer.left -= part;
    rest -= part;
  }
}

/** Parts of at most `loss`, in proportion to weights and to the unit: of running sums, none above its weight. */
function inProportion<T>(
  items: readonly T[],
  weightOf: (item: T) => bigint,
  loss: bigint,
): (readonly [T, bigint])[] {
  const all = items.reduce((sum, item) => sum + weightOf(item), 0n);
  const taken = least(loss, all);
  if (taken === 0n) return [];
  let [sum, paid] = [0n, 0n];
  return items.flatMap((item) => {
    sum += weightOf(item);
    const part = (taken * sum) / all - paid;
    paid += part;
    return part === 0n ? [] : [[item, part] as const];
  });
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
