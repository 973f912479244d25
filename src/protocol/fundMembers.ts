import { BPS } from "./bounds.js";
import {
  contributionOf,
  coverOf,
  type FundMemberState,
  type FundState,
  fundMember,
  heldBy,
  refusal,
  settleLayers,
  sumsOf,
  takeFrom,
} from "./defaultFund.js";
import {
  type CapSums,
  type CoverTerms,
  capAt,
  ceilDiv,
  centUnits,
  type FundRules,
  fadedPeak,
  MAX_GROUPS,
  requiredFund,
} from "./fundCover.js";

/** What the members of a default fund do while nobody is in default: join a group, set caps, pay in and withdraw. */

/** Members at most: what one loss reads. */
const MAX_MEMBERS = 128;
/** Layers of a contribution at most. */
const MAX_LAYERS = 8;

/** As setGroup. @param time Unix seconds @throws OutOfRangeError with the contract's error */
export function putInGroup(
  fund: FundState,
  owner: string,
  group: number,
  time: number,
  terms?: CoverTerms,
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
  terms: CoverTerms,
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
export function releaseFundCap(fund: FundState, account: string, terms: CoverTerms, time: number): void {
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
function changeSums(fund: FundState, time: number, terms: CoverTerms | undefined, change: () => void): void {
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
  const [asked, held] = [member.request?.amount ?? 0n, contributionOf(member)];
  const amount = asked < held ? asked : held;
  if (member.request === null || amount === 0n) throw refusal("AmountZero");
  const from = member.request.at + terms.horizon;
  if (time < from || time > from + terms.window) throw refusal("OutsideWindow");
  const rest = { layers: [{ since: 0, left: held - amount, whole: 0n }] };
  requireShare({ ...member, ...rest, request: null }, member.caps, terms, decimals);
  const { remembered } = coverOf(fund, terms, time);
  if (heldBy(fund) - amount < remembered * centUnits(decimals)) throw refusal("Uncovered");
  settleLayers(fund, member);
  takeFrom(member, Number.POSITIVE_INFINITY, amount);
  member.request = null;
  fund.contributions -= amount;
  return amount;
}
