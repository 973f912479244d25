import { interfaceOf } from "../../chain/binding.js";
import { type DefaultFundEvents, defaultFund } from "../../chain/generated/DefaultFund.js";
import { checksummed } from "../../encoding/address.js";
import { OutOfRangeError } from "../../errors.js";
import {
  contributionOf,
  coverOf,
  type FundState,
  fundMember,
  heldBy,
  newDefaultFund,
  sumsOf,
} from "../../protocol/defaultFund.js";
import { capAt, centUnits, type FundRules, requiredFund, stepFor } from "../../protocol/fundCover.js";
import {
  absorbLoss,
  collectAssessments,
  endFundDefault,
  noteFundDefault,
  payFundAssessment,
  WATERFALL_STEPS,
  type WaterfallStep,
} from "../../protocol/fundDefaults.js";
import {
  contributeTo,
  putInGroup,
  recordCap,
  requestFrom,
  withdrawFrom,
} from "../../protocol/fundMembers.js";
import type { FindingCode } from "../findings.js";
import type { ContractAudit, LoggedContext, LoggedHandlers } from "./replay.js";

/**
 * A default fund, rebuilt from its events by the reference model. Each event must be one that the model takes and names the same
 * numbers. What only the chain knows, as that a cap is proven, is the stress gate's to show.
 */

/** A part of a loss, as an event has it. */
interface LoggedPart {
  readonly step: WaterfallStep;
  readonly member: string | null;
  readonly amount: bigint;
}

/** A loss of the past, for reports. */
export interface FundLoss {
  readonly account: string;
  /** Unix seconds. */
  readonly time: number;
  readonly deficit: bigint;
  readonly parts: readonly LoggedPart[];
  readonly assessed: bigint;
}

/** The fund at a moment, for reports: cents. */
export interface FundPoint {
  readonly time: number;
  readonly block: number;
  readonly what: string;
  readonly required: bigint;
  readonly held: bigint;
}

/** What a replay of a fund has come to. */
export interface FundReplay {
  readonly fund: FundState;
  readonly rules: FundRules;
  readonly decimals: number;
  readonly authority: string;
  readonly losses: FundLoss[];
  readonly history: FundPoint[];
  /** Parts and assessments of a loss whose end is to come. */
  parts: LoggedPart[];
  assessed: (readonly [string, bigint])[];
  readonly lapsed: Set<string>;
  /** Newest block of the log: when the fund's answers are of. */
  time: number;
}

const ZERO = `0x${"0".repeat(40)}`;
const FACTS = [
  "alpha",
  "share",
  "assessment",
  "horizon",
  "window",
  "memoryPeriod",
  "grace",
  "assessmentPeriod",
  "floor",
  "leastCap",
] as const;

/** The rules of a fund, from the facts of its log. */
export function fundRules(facts: Readonly<Record<string, string>>): FundRules {
  const of = (name: (typeof FACTS)[number]) => BigInt(facts[`fund.${name}`] ?? "0");
  return {
    alpha: of("alpha"),
    share: of("share"),
    assessment: of("assessment"),
    horizon: Number(of("horizon")),
    window: Number(of("window")),
    memoryPeriod: Number(of("memoryPeriod")) || 1,
    grace: Number(of("grace")),
    assessmentPeriod: Number(of("assessmentPeriod")),
    floor: of("floor"),
    leastCap: of("leastCap"),
  };
}

/** Has the model take a step. What it refuses, and the contract took, is a finding. */
function take<T>(code: FindingCode, { report }: LoggedContext, step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
    report(code, {}, error.expected, error.got);
    return undefined;
  }
}

function must(
  code: FindingCode,
  { report }: LoggedContext,
  what: string,
  expected: unknown,
  got: unknown,
): void {
  if (String(expected) !== String(got)) report(code, {}, `${what} ${expected}`, String(got));
}

const nobody = (address: string) => (address === ZERO ? null : address);

const handlers: LoggedHandlers<FundReplay, DefaultFundEvents> = {
  AuthorityUpdated({ authority: expected }, { authority }, context) {
    must("governance-rules", context, "the authority", expected, checksummed(authority));
  },

  GroupSet(state, { owner, from, to }, context) {
    must("fund-caps", context, "the group before", fundMember(state.fund, owner).group, from);
    const { time } = context.transaction;
    take("fund-caps", context, () => putInGroup(state.fund, owner, Number(to), time, state.rules));
  },

  Contributed({ fund }, { member, amount, afterDefault }, context) {
    must("fund-liability", context, "liable after default", fund.open === 0 ? 0 : fund.noted, afterDefault);
    take("fund-liability", context, () => contributeTo(fund, member, amount));
  },

  ContributionRequested({ fund }, { member, amount }, context) {
    const { time } = context.transaction;
    if (nobody(member) === null) fund.capitalRequest = amount === 0n ? null : { amount, at: time };
    else take("fund-liability", context, () => requestFrom(fund, member, amount, time));
  },

  ContributionPaid(state, { member, amount }, context) {
    const { fund, rules, decimals } = state;
    const { time } = context.transaction;
    const paid = take("fund-liability", context, () =>
      nobody(member) === null
        ? capitalPaid(state, time)
        : withdrawFrom(fund, member, rules, { time, decimals }),
    );
    if (paid !== undefined) must("fund-liability", context, "a payment of", paid, amount);
  },

  CapitalAdded({ fund }, { amount }) {
    fund.capital += amount;
  },

  CapSet(state, { account, owner, group, cap, groupCaps, caps }, context) {
    const { fund, rules, decimals } = state;
    const { time } = context.transaction;
    const member = fundMember(fund, owner);
    const before = fund.caps.get(account)?.cap ?? 0n;
    must("fund-caps", context, "the owner's group", member.group, group);
    if (!isOnGrid(cap, rules.leastCap)) context.report("fund-caps", {}, "a cap on the grid", `${cap}`);
    if (cap > before && member.group === 0) context.report("fund-caps", {}, "a member's cap", "a stranger's");
    if (cap > before && member.owed !== 0n)
      context.report("fund-assessment", {}, "no higher cap while an assessment is unpaid", "one");
    recordCap(fund, account, owner, cap, rules, time);
    state.lapsed.delete(account);
    const sums = sumsOf(fund);
    const ofGroup = [...fund.members.values()].filter((one) => one.group === member.group);
    must("fund-caps", context, "a sum of all caps of", sums.all, caps);
    const expected = member.group === 0 ? 0n : ofGroup.reduce((sum, one) => sum + one.caps, 0n);
    must("fund-caps", context, "a sum of the group's caps of", expected, groupCaps);
    const required = requiredFund(sums, rules) * centUnits(decimals);
    if (cap > before && heldBy(fund) < required)
      context.report(
        "fund-uncovered",
        {},
        `at least ${required} held for a cap that rises`,
        `${heldBy(fund)}`,
      );
  },

  CapLapsed({ fund, lapsed }, { account }, { report }) {
    if (!fund.caps.has(account)) report("fund-caps", {}, "a lapse of an account with a cap", "another's");
    lapsed.add(account);
  },

  CapRestored({ lapsed }, { account }, { report }) {
    if (!lapsed.delete(account)) report("fund-caps", {}, "the end of a recorded lapse", "another's");
  },

  DefaultNoted({ fund }, { account, owner, number }, context) {
    const noted = take("fund-liability", context, () => noteFundDefault(fund, account, owner));
    if (noted !== undefined) must("fund-liability", context, "default number", noted, number);
  },

  LossPaid(state, { step, member, amount }) {
    const name = WATERFALL_STEPS[Number(step)];
    if (name !== undefined) state.parts.push({ step: name, member: nobody(member), amount });
  },

  Assessed({ assessed }, { member, amount }) {
    assessed.push([member, amount]);
  },

  LossAbsorbed(state, { account, deficit, paid, assessed, until }, context) {
    const { fund, rules, parts, assessed: called } = state;
    const { time } = context.transaction;
    [state.parts, state.assessed] = [[], []];
    const made = take("fund-waterfall", context, () => absorbLoss(fund, account, deficit, rules, time));
    if (made === undefined) return;
    const told = (list: readonly LoggedPart[]) =>
      list.map(({ step, member, amount }) => `${step} ${member ?? ""} ${amount}`).join("; ");
    must("fund-waterfall", context, "parts:", told(made.parts), told(parts));
    must("fund-waterfall", context, "paid", made.paid, paid);
    must("fund-assessment", context, "assessments:", made.assessed.join("; "), called.join("; "));
    const sum = made.assessed.reduce((all, [, amount]) => all + amount, 0n);
    must("fund-assessment", context, "assessed", sum, assessed);
    must("fund-assessment", context, "payable until", sum === 0n ? 0 : time + rules.assessmentPeriod, until);
    state.losses.push({ account, time, deficit, parts: made.parts, assessed: sum });
  },

  AssessmentPaid({ fund }, { number, member, amount, late }, context) {
    const stage = fund.defaults.get(Number(number))?.stage;
    must("fund-assessment", context, "late:", stage !== "absorbed", late);
    const paid = take("fund-assessment", context, () =>
      payFundAssessment(fund, Number(number), member, amount),
    );
    if (paid !== undefined) must("fund-assessment", context, "an assessment of", paid, amount);
  },

  AssessmentsCollected({ fund }, { account, paid, left }, context) {
    const { time } = context.transaction;
    const made = take("fund-assessment", context, () => collectAssessments(fund, account, time));
    if (made === undefined) return;
    must("fund-assessment", context, "collected", made, paid);
    const entry = fund.defaults.get(fund.numberOf.get(account) ?? 0);
    must("fund-assessment", context, "a loss left of", entry?.left ?? 0n, left);
  },

  DefaultEnded({ fund, rules }, { account, number }, context) {
    must("fund-liability", context, "default number", fund.numberOf.get(account) ?? 0, number);
    take("fund-liability", context, () => endFundDefault(fund, account, rules, context.transaction.time));
  },
};

/** The house's capital leaves as a contribution does. */
function capitalPaid({ fund, rules, decimals }: FundReplay, time: number): bigint {
  const { capitalRequest: request } = fund;
  const from = (request?.at ?? 0) + rules.horizon;
  const amount = (request?.amount ?? 0n) < fund.capital ? (request?.amount ?? 0n) : fund.capital;
  const { remembered } = coverOf(fund, rules, time);
  const kept = heldBy(fund) - amount >= remembered * centUnits(decimals);
  if (request === null || fund.open !== 0 || time < from || time > from + rules.window || !kept)
    throw new OutOfRangeError("fund", "no payment of capital", "one");
  fund.capital -= amount;
  fund.capitalRequest = null;
  return amount;
}

function isOnGrid(cap: bigint, leastCap: bigint): boolean {
  try {
    return capAt(stepFor(cap, leastCap), leastCap) === cap;
  } catch {
    return false;
  }
}

/** What the fund must answer. */
function expectedAnswers({ fund, rules, time, decimals }: FundReplay): Record<string, string> {
  const { all, first, second, required, held } = coverOf(fund, rules, time);
  const members = [...fund.members].map(([name, member]) => [
    `fund.memberOf(${name})`,
    [member.group, member.defaults, member.caps, contributionOf(member), member.owed].join(),
  ]);
  return {
    "fund.contributions()": `${fund.contributions}`,
    "fund.capital()": `${fund.capital}`,
    "fund.defaults()": [fund.open, fund.noted].join(),
    "fund.cover()": [all, first, second, required, held / centUnits(decimals)].join(),
    "fund.members()": fund.list.join(),
    ...Object.fromEntries(members),
  };
}

/** How a default fund is replayed. */
export const FUND_AUDIT: ContractAudit<FundReplay> = {
  of: "default-fund",
  bindings: { fund: defaultFund },
  handlers: { fund: handlers },
  begin: ({ facts }) => ({
    fund: newDefaultFund(),
    rules: fundRules(facts),
    decimals: Number(facts["fund.decimals"] ?? "6"),
    authority: facts["fund.authority"] ?? "",
    losses: [],
    history: [],
    parts: [],
    assessed: [],
    lapsed: new Set(),
    time: 0,
  }),
  endTransaction(state, { transaction, report }) {
    state.time = transaction.time;
    if (state.parts.length + state.assessed.length > 0) {
      report("event-missing", {}, "LossAbsorbed after the parts of a loss", "none");
      [state.parts, state.assessed] = [[], []];
    }
    const { required, held } = coverOf(state.fund, state.rules, transaction.time);
    const [last] = transaction.events.slice(-1);
    state.history.push({
      time: transaction.time,
      block: transaction.block,
      what: interfaceOf(defaultFund).getEvent(last?.topics[0] ?? "")?.name ?? "",
      required,
      held: held / centUnits(state.decimals),
    });
  },
  end(state, answers, report) {
    for (const [question, value] of Object.entries(expectedAnswers(state)))
      if (answers[question] !== value)
        report("fund-answers", {}, `${question} = ${value}`, answers[question] ?? "no answer");
  },
  coverage: ({ fund, losses, history }) => ({
    transactions: history.length,
    members: fund.list.length,
    accounts: fund.caps.size,
    defaults: fund.noted,
    losses: losses.length,
  }),
};
