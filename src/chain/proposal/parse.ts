import * as z from "zod/mini";
import { address } from "../../encoding/address.js";
import { parseInteger } from "../../encoding/decimal.js";
import { document, integer, readBy, shaped } from "../../encoding/shape.js";
import { canonicalJson, type JsonValue, parseStrictJson } from "../../encoding/strictJson.js";
import { OutOfRangeError, StatementMismatchError } from "../../errors.js";
import { profileSchema, profileToJson } from "../../market/profile.js";
import { listingSchema } from "../../protocol/listing.js";
import { checkProfile, denseRisk, type RiskProfile } from "../../protocol/profile.js";
import { profileWords, readProfileWords } from "../../protocol/profileWords.js";
import { leastSteps, stepsTo } from "../../risk/propose/steps.js";
import { compareProfiles, parameterName } from "../../risk/propose/tightening.js";
import { tierSchema } from "../deployment.js";
import { decodeCall, isCallOf } from "./calls.js";
import { checkedVote } from "./daoVote.js";
import {
  changeToJson,
  type Proposal,
  type ProposalTransaction,
  type ProposedStep,
  proposalSchema,
  signerOf,
  type WrittenStep,
} from "./file.js";
import { fallbackWords } from "./governance.js";

/**
 * Parses a proposal and checks that it is what it says: that its steps are those from its live profile to its target,
 * and that each transaction's call data, decoded, does its step and nothing else. proposalProgress compares it with the
 * chain.
 * @throws InputError for a field that is not as the format has it, StatementMismatchError naming the one that contradicts
 *   the others
 *
 * @example
 * ```ts
 * import { parseProposal } from "zkmargin/chain";
 *
 * const { steps, chain: on } = parseProposal(proposalText);
 * console.log(steps.map(({ kind }) => kind), on?.chainId); // ["tighten"] 31337n
 * ```
 */
export function parseProposal(text: string, path = "proposal"): Proposal {
  const { steps: written, ...rest } = shaped(proposalSchema, parseStrictJson(text, path), { path });
  const { tier, listing, live, target } = rest;
  const check = (profile: RiskProfile, at: string): void => {
    checkProfile(profile, listing, at);
    denseRisk(profile, tier, at);
  };
  check(live, `${path}.live`);
  check(target, `${path}.target`);
  written.forEach(({ profile, fallback }, i) => {
    check(profile, `${path}.steps[${i}].profile`);
    if (fallback !== null) check(fallback, `${path}.steps[${i}].fallback`);
  });
  const steps = written.map(({ by: _, changes: __, words: ___, ...step }) => step);
  const proposal: Proposal = { ...rest, steps };
  checkProposal(proposal, written, path);
  return proposal;
}

/**
 * Checks that the parts of a proposal agree: its steps are those from the live profile to the target, everything beside
 * them follows from them, and the transactions do them.
 * @throws StatementMismatchError naming the first field that does not agree
 */
function checkProposal(proposal: Proposal, written: readonly WrittenStep[], path: string): void {
  const { epoch, chain } = proposal;
  if ((epoch === null) !== (chain === null))
    throw contradiction(
      `${path}.epoch`,
      chain === null ? "null, as there is no chain" : "that of the chain",
      epoch === null ? "null" : String(epoch),
    );
  checkSteps(proposal, path);
  written.forEach((step, i) => {
    checkDerived(proposal, step, proposal.steps[i - 1]?.profile ?? proposal.live, `${path}.steps[${i}]`);
    checkExpiry(step, chain !== null, `${path}.steps[${i}]`);
  });
  checkTransactions(proposal, path);
  checkedVote(proposal, path);
}

/** The steps are rebuilt, so an edited step needs an edited target, which people read. */
function checkSteps({ live, target, listing, steps, shocks, ...options }: Proposal, path: string): void {
  const least = leastSteps(live, target, options);
  if (steps.length < least)
    throw contradiction(`${path}.steps`, `at least ${least} from live to target`, String(steps.length));
  const ramp = stepsTo(live, target, listing, options);
  const count = ramp.steps.length;
  if (steps.length !== count)
    throw contradiction(`${path}.steps`, `${count} from live to target`, String(steps.length));
  if (shocks !== ramp.shocks) throw contradiction(`${path}.shocks`, ramp.shocks, shocks);
  ramp.steps.forEach(({ kind, profile }, i) => {
    const step = steps[i];
    if (step === undefined) return;
    const at = `${path}.steps[${i}]`;
    if (step.kind !== kind) throw contradiction(`${at}.kind`, kind, step.kind);
    if (profileText(step.profile) === profileText(profile)) return;
    const [change] = compareProfiles(profile, step.profile);
    throw contradiction(
      `${at}.profile`,
      `step ${i + 1} of ${count} from live to target`,
      change === undefined ? "other names" : `${parameterName(change)} ${change.after}, not ${change.before}`,
    );
  });
}

/** What the format writes twice. */
function checkDerived({ tier }: Proposal, step: WrittenStep, before: RiskProfile, path: string): void {
  if (step.by !== signerOf(step)) throw contradiction(`${path}.by`, signerOf(step), step.by);
  const changes = compareProfiles(before, step.profile).map(changeToJson);
  changes.forEach((change, i) => {
    const got = step.changes[i];
    if (got === undefined || canonicalJson(got) !== canonicalJson(change))
      throw contradiction(`${path}.changes[${i}]`, "what the profiles make it", got ? "another" : "none");
  });
  if (step.changes.length > changes.length)
    throw contradiction(`${path}.changes`, `${changes.length}`, String(step.changes.length));
  const words = profileWords(step.profile, tier);
  if (step.words.length !== words.length)
    throw contradiction(`${path}.words`, `${words.length}`, String(step.words.length));
  words.forEach((word, i) => {
    if (step.words[i] !== word) throw contradiction(`${path}.words[${i}]`, "that of the profile", "another");
  });
}

function checkExpiry({ kind, profile, expiresAt, fallback }: WrittenStep, onChain: boolean, path: string) {
  if (expiresAt !== 0n && (kind === "tighten" || !onChain))
    throw contradiction(
      `${path}.expiresAt`,
      kind === "tighten" ? "0, as a tightening keeps the expiry there is" : "0, as there is no chain",
      String(expiresAt),
    );
  if ((expiresAt === 0n) !== (fallback === null))
    throw contradiction(
      `${path}.fallback`,
      fallback === null ? "a profile, as the step's expires" : "null, as the step's profile does not expire",
      fallback === null ? "null" : "a profile",
    );
  const looser = fallback && compareProfiles(profile, fallback).find((c) => c.direction !== "tighter");
  if (looser)
    throw contradiction(
      `${path}.fallback`,
      "a profile nowhere looser than the step's, with its shocks",
      `${parameterName(looser)} ${looser.after}, not ${looser.before}`,
    );
}

function profileText(profile: RiskProfile): string {
  return canonicalJson(profileToJson(profile));
}

type Chain = NonNullable<Proposal["chain"]>;
type Terms = Pick<ProposalTransaction, "from" | "to" | "notBefore" | "notAfter">;

/**
 * Checks that the transactions of a proposal do its steps, in their order, and nothing else: who sends each, where to, when,
 * and every argument of its call data.
 * @throws StatementMismatchError or FormatError naming the field; an argument is named below `data`
 */
function checkTransactions(proposal: Proposal, path: string): void {
  const { chain, steps, cancel } = proposal;
  if (chain === null) {
    if (cancel.length > 0) throw contradiction(`${path}.cancel`, "none without a chain", `${cancel.length}`);
    steps.forEach(({ transactions }, i) => {
      checkCalls(transactions, [], `${path}.steps[${i}].transactions`);
    });
    return;
  }
  checkCancel(chain, cancel, `${path}.cancel`);
  let before: { readonly when: bigint; readonly expiresAt: bigint; readonly path: string } | null = null;
  for (const [i, step] of steps.entries()) {
    const at = `${path}.steps[${i}]`;
    if (step.kind === "tighten") {
      checkTighten(proposal, chain, step, `${at}.transactions`);
      continue;
    }
    const when = checkSet(proposal, chain, step, at);
    if (before !== null && when <= before.when)
      throw contradiction(`${at}.transactions[1].notBefore`, `after ${before.when}`, String(when));
    if (before !== null && before.expiresAt !== 0n && before.expiresAt <= when)
      throw contradiction(`${before.path}.expiresAt`, `after the next step, ${when}`, `${before.expiresAt}`);
    before = { when, expiresAt: step.expiresAt, path: at };
  }
}

function checkCancel(chain: Chain, cancel: readonly ProposalTransaction[], path: string): void {
  cancel.forEach((transaction, i) => {
    const at = `${path}[${i}]`;
    if (transaction.call !== "cancel") throw contradiction(`${at}.call`, "cancel", transaction.call);
    checkTerms(
      transaction,
      { from: chain.guardian, to: chain.accessManager, notBefore: null, notAfter: null },
      at,
    );
    const { target, data } = decodeCall("cancel", transaction.data, `${at}.data`);
    same(`${at}.data.target`, chain.riskProfile, target);
    // What is cancelled was scheduled by others, and may be encoded as they like.
    if (!isCallOf("setProfile", data))
      throw contradiction(`${at}.data.data`, "call data of RiskProfile.setProfile", "of another function");
    if (cancel.findIndex((other) => other.data === transaction.data) !== i)
      throw contradiction(`${at}.data`, "each operation once", "the same again");
  });
}

function checkTighten(
  { listing, tier }: Proposal,
  chain: Chain,
  { profile, transactions }: ProposedStep,
  path: string,
) {
  const [transaction] = checkCalls(transactions, ["tighten"], path);
  if (transaction === undefined) return;
  const at = `${path}[0]`;
  // When the last tightening was the chain knows, and its review says.
  const { notBefore } = transaction;
  checkTerms(transaction, { from: chain.guardian, to: chain.riskProfile, notBefore, notAfter: null }, at);
  const call = decodeCall("tighten", transaction.data, `${at}.data`);
  checkWords(profile, profileWords(profile, tier), call.profile, `${at}.data.profile`, { listing, tier });
}

/** @returns when it is to be executed */
function checkSet(proposal: Proposal, chain: Chain, step: ProposedStep, path: string): bigint {
  const at = (i: number) => `${path}.transactions[${i}]`;
  const [schedule, execute] = checkCalls(step.transactions, ["schedule", "execute"], `${path}.transactions`);
  const when = execute?.notBefore ?? null;
  if (schedule === undefined || execute === undefined || when === null)
    throw contradiction(`${at(1)}.notBefore`, "a time", "null");
  const { governor: from, accessManager: to, riskProfile, delay, window } = chain;
  checkTerms(schedule, { from, to, notBefore: null, notAfter: when - delay }, at(0));
  checkTerms(execute, { from, to, notBefore: when, notAfter: when + window }, at(1));
  if (step.expiresAt !== 0n && step.expiresAt <= when)
    throw contradiction(`${path}.expiresAt`, `after its execution, ${when}`, String(step.expiresAt));

  const scheduled = decodeCall("schedule", schedule.data, `${at(0)}.data`);
  same(`${at(0)}.data.target`, riskProfile, scheduled.target);
  same(`${at(0)}.data.when`, String(when), String(scheduled.when));
  checkSetProfile(proposal, step, scheduled.data, `${at(0)}.data.data`);
  const executed = decodeCall("execute", execute.data, `${at(1)}.data`);
  same(`${at(1)}.data.target`, riskProfile, executed.target);
  checkSetProfile(proposal, step, executed.data, `${at(1)}.data.data`);
  return when;
}

function checkSetProfile({ listing, tier }: Proposal, step: ProposedStep, data: string, path: string): void {
  const { profile, fallback } = step;
  const call = decodeCall("setProfile", data, path);
  checkWords(profile, profileWords(profile, tier), call.profile, `${path}.profile`, { listing, tier });
  same(`${path}.expiresAt`, String(step.expiresAt), String(call.expiresAt));
  const later = fallbackWords(fallback, tier);
  checkWords(fallback, later, call.fallbackProfile, `${path}.fallbackProfile`, { listing, tier });
}

function checkCalls(
  transactions: readonly ProposalTransaction[],
  expected: readonly ProposalTransaction["call"][],
  path: string,
): readonly ProposalTransaction[] {
  const words = (calls: readonly string[]) => (calls.length === 0 ? "none" : calls.join(", "));
  same(path, words(expected), words(transactions.map(({ call }) => call)));
  return transactions;
}

function checkTerms(transaction: ProposalTransaction, terms: Terms, path: string): void {
  for (const field of ["from", "to", "notBefore", "notAfter"] as const)
    same(`${path}.${field}`, String(terms[field]), String(transaction[field]));
}

/** @param profile whose words these should be; null for zeros */
function checkWords(
  profile: RiskProfile | null,
  expected: readonly bigint[],
  got: readonly bigint[],
  path: string,
  { listing, tier }: Pick<Proposal, "listing" | "tier">,
): void {
  if (expected.length !== got.length)
    throw contradiction(path, `${expected.length} words`, String(got.length));
  const i = expected.findIndex((word, n) => word !== got[n]);
  if (i === -1) return;
  const wrong = (what: string): StatementMismatchError =>
    contradiction(`${path}[${i}]`, profile === null ? "0, as nothing expires" : "that of the profile", what);
  if (profile === null) throw wrong("another");
  const [change] = compareProfiles(profile, readProfileWords(got, listing, tier, 0n));
  throw wrong(
    change === undefined
      ? "other bits beside the parameters"
      : `${parameterName(change)} ${change.after}, not ${change.before}`,
  );
}

function same(field: string, expected: string, got: string): void {
  if (expected !== got) throw contradiction(field, expected, got);
}

/** The error for a field of a proposal that contradicts the others. */
export function contradiction(field: string, expected: string, got: string): StatementMismatchError {
  return new StatementMismatchError(
    field,
    expected,
    got,
    "do not sign it: it was edited, or made by another version",
  );
}
