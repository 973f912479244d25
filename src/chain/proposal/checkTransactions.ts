import { StatementMismatchError } from "../../errors.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { profileWords, readProfileWords } from "../../protocol/profileWords.js";
import { compareProfiles, parameterName } from "../../risk/propose/tightening.js";
import { decodeCall, isCallOf, type ProposalTransaction } from "./calls.js";
import type { Proposal } from "./file.js";
import { fallbackWords, type ProposedStep } from "./steps.js";

type Chain = NonNullable<Proposal["chain"]>;
type Terms = Pick<ProposalTransaction, "from" | "to" | "notBefore" | "notAfter">;

/**
 * Checks that the transactions of a proposal do its steps, in their order, and nothing else: who sends each, where to, when,
 * and every argument of its call data.
 * @throws StatementMismatchError or FormatError naming the field; an argument is named below `data`
 */
export function checkTransactions(proposal: Proposal, path: string): void {
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
