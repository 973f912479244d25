import { BPS } from "./bounds.js";
import {
  contributionOf,
  type FundDefaultState,
  type FundMemberState,
  type FundState,
  fundMember,
  refusal,
  settleLayers,
  takeFrom,
} from "./defaultFund.js";
import type { CoverTerms, FundRules } from "./fundCover.js";
import { releaseFundCap } from "./fundMembers.js";

/** A default, from its note to its end: the waterfall of its loss, and the assessments of those who are left. */

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
export function endFundDefault(fund: FundState, account: string, terms: CoverTerms, time: number): void {
  const entry = openDefault(fund, account);
  if (entry.stage === "absorbed") throw refusal("WrongStage");
  entry.stage = "over";
  fund.numberOf.delete(account);
  fund.open--;
  fundMember(fund, entry.owner).defaults--;
  if (fund.caps.has(account)) releaseFundCap(fund, account, terms, time);
}

function openDefault(fund: FundState, account: string): FundDefaultState {
  const entry = fund.defaults.get(fund.numberOf.get(account) ?? 0);
  if (entry === undefined) throw refusal("WrongStage");
  return entry;
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
