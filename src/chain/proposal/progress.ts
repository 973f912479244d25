import { AbiCoder, keccak256 } from "ethers";
import { FormatError, StatementMismatchError } from "../../errors.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { profileWords, readProfileWords } from "../../protocol/profileWords.js";
import { compareProfiles, parameterName, tooFar } from "../../risk/propose/tightening.js";
import { type VoteProgress, voteProgress } from "../dao.js";
import type { OpenMarket } from "../deployment.js";
import { decodeCall, encodeCall } from "./calls.js";
import { checkedVote } from "./daoVote.js";
import type { Proposal, ProposedStep } from "./file.js";
import { type Governance, type ProposalTransaction } from "./file.js";
import { cancellations, checkGovernance, type LiveProfile, liveProfile } from "./governance.js";

/** The progress of a step. Times are unix seconds. */
export type StepState =
  /** It was in force, or was passed over, and a later one is. */
  | { readonly state: "done" }
  | { readonly state: "in force" }
  /** Its profile expired, and what it falls back to is in force. */
  | { readonly state: "fallen back" }
  /** It can be executed from `at`, which is the file's time unless somebody scheduled it for another, to `until`. */
  | { readonly state: "scheduled"; readonly at: bigint; readonly until: bigint }
  /** Its first transaction can be sent, until `until` where there is a bound. */
  | { readonly state: "open"; readonly until: bigint | null }
  | { readonly state: "impossible"; readonly why: string };

/** The progress of a proposal on its chain, at one block. */
export interface ProposalProgress {
  readonly live: LiveProfile;
  /** One for each step. */
  readonly steps: readonly StepState[];
  /** Whether each cancellation of the file is still to be sent. */
  readonly cancel: readonly boolean[];
  /** Cancellations that the file does not have: of profiles that are scheduled and would undo what it does. */
  readonly missing: readonly ProposalTransaction[];
  /** How far the DAO's vote is; absent where the proposal has none. */
  readonly vote?: VoteProgress;
}

/**
 * Compares a proposal with its chain: who governs it, which profile is live, what is scheduled.
 * @param proposal as parseProposal read it
 * @throws DeploymentMismatchError naming what of `chain`, `tier` or `listing` the deployment has otherwise;
 *   StatementMismatchError if it has no chain, or another profile is live than its own or one of its steps';
 *   NodeUnreachableError
 *
 * @example
 * ```ts
 * import { proposalProgress } from "zkmargin/chain";
 *
 * const { steps, missing } = await proposalProgress(open, proposal);
 * console.log(steps.map(({ state }) => state), missing.length); // ["open"] 0
 * ```
 */
export async function proposalProgress(
  open: OpenMarket,
  proposal: Proposal,
  path = "proposal",
): Promise<ProposalProgress> {
  const { chain, steps, cancel } = proposal;
  if (chain === null)
    throw new StatementMismatchError(
      `${path}.chain`,
      "that of the deployment",
      "null",
      "propose with --deployment, for there to be transactions",
    );
  await checkGovernance(open, proposal, chain, path);
  const vote = checkedVote(proposal, path);
  const live = await liveProfile(open);
  const current = currentStep(proposal, live, path);
  const scheduled = (await cancellations(open, chain)).map(({ data }) => data);
  const states: StepState[] = [];
  const own: string[] = [];
  const inPlace: string[] = [];
  for (const [i, step] of steps.entries()) {
    if (i < current.step) states.push({ state: "done" });
    else if (i === current.step) states.push({ state: current.fallenBack ? "fallen back" : "in force" });
    else {
      const state = await stateOf(open, chain, step, live);
      states.push(state);
      own.push(...cancellationOf(chain, step));
      const when = step.transactions.find(({ call }) => call === "execute")?.notBefore;
      if (state.state === "scheduled" && state.at === when) inPlace.push(...cancellationOf(chain, step));
    }
  }
  const known = [...own, ...cancel.map(({ data }) => data)];
  return {
    live,
    steps: states,
    cancel: cancel.map(({ data }) => scheduled.includes(data) && !inPlace.includes(data)),
    missing: scheduled
      .filter((data) => !known.includes(data))
      .map((data) => ({
        from: chain.guardian,
        call: "cancel",
        to: chain.accessManager,
        data,
        notBefore: null,
        notAfter: null,
      })),
    ...(vote && { vote: await voteProgress(open, vote) }),
  };
}

/** Index of the step in force, −1 before the first. */
function currentStep(
  { live, steps, tier }: Proposal,
  { profile, epoch, expiresAt }: LiveProfile,
  path: string,
): { readonly step: number; readonly fallenBack: boolean } {
  const text = (words: readonly bigint[]) => words.join();
  const now = text(profileWords(profile, tier));
  const last = steps.findLastIndex((step) => text(profileWords(step.profile, tier)) === now);
  const found = steps[last];
  if (found !== undefined) {
    if (found.kind === "set" && found.expiresAt !== expiresAt)
      throw new StatementMismatchError(
        `${path}.steps[${last}].expiresAt`,
        `${expiresAt}, as on the chain`,
        String(found.expiresAt),
        "propose again: its profile was set by another transaction",
      );
    return { step: last, fallenBack: false };
  }
  const fallback = steps.findIndex(
    (step) => step.fallback && text(profileWords(step.fallback, tier)) === now,
  );
  if (text(profileWords(live, tier)) === now) return { step: -1, fallenBack: false };
  if (fallback !== -1) return { step: fallback, fallenBack: true };
  const [change, ...more] = compareProfiles(live, profile);
  throw new StatementMismatchError(
    `${path}.live`,
    `the profile of epoch ${epoch}, or that one of its steps is live`,
    `another: ${change === undefined ? "other words" : `${parameterName(change)} ${change.before}, live ${change.after}`}${more.length === 0 ? "" : `, and ${more.length} more`}`,
    "do not sign it: it would undo what was done since; propose again",
  );
}

/** Of a step that is not in force yet. */
async function stateOf(
  open: OpenMarket,
  { riskProfile, governor, guardian, window }: Governance,
  { kind, profile, expiresAt, transactions }: ProposedStep,
  { time, profile: live, tightenFrom }: LiveProfile,
): Promise<StepState> {
  if (kind === "tighten") {
    if (guardian === null) return { state: "impossible", why: "nobody is guardian" };
    const beyond = tooFar(live, profile);
    if (beyond !== null) {
      const name = parameterName(beyond.change);
      const why = `${name} by one tightening goes to ${beyond.furthest}, not to ${beyond.change.after}`;
      return { state: "impossible", why };
    }
    if (time < tightenFrom)
      return { state: "impossible", why: `the next tightening may follow in ${tightenFrom - time} s` };
    return { state: "open", until: null };
  }
  const [schedule, execute] = transactions;
  const { data } = decodeCall("execute", execute?.data ?? "0x", "execute.data");
  const manager = open.contracts.accessManager;
  const at = await manager.getSchedule(await manager.hashOperation(governor, riskProfile, data));
  const until = schedule?.notAfter ?? 0n;
  const moment = at === 0n ? (execute?.notBefore ?? 0n) : at;
  if (expiresAt !== 0n && expiresAt <= (moment > time ? moment : time))
    return { state: "impossible", why: "its profile expires before it can be executed" };
  // 0 is also what was executed, cancelled or left too long, and can be scheduled again.
  if (at !== 0n) return { state: "scheduled", at, until: at + window };
  if (time > until) return { state: "impossible", why: "it is too late to schedule it" };
  return { state: "open", until };
}

/** The call data that would cancel a step, once it is scheduled. */
function cancellationOf({ riskProfile: target, governor: caller }: Governance, step: ProposedStep): string[] {
  const execute = step.transactions.find(({ call }) => call === "execute");
  if (execute === undefined) return [];
  const { data } = decodeCall("execute", execute.data, "execute.data");
  return [encodeCall("cancel", { caller, target, data })];
}

/** What a cancellation would undo: a profile that somebody has scheduled. */
export interface CancelledOperation {
  /** Who scheduled it. */
  readonly caller: string;
  readonly target: string;
  /** As the access manager names it, and its events do. */
  readonly operationId: string;
  /** Null where its call data is no profile in the one encoding that is read. */
  readonly sets: {
    readonly profile: RiskProfile;
    /** Unix seconds; 0 if it would not expire. */
    readonly expiresAt: bigint;
    /** Null where it would not expire. */
    readonly fallback: RiskProfile | null;
  } | null;
}

/** Decodes a cancellation of a proposal that parseProposal has read, or one that it lacks. */
export function cancelledBy(
  { listing, tier }: Pick<Proposal, "listing" | "tier">,
  { data }: Pick<ProposalTransaction, "data">,
): CancelledOperation {
  const { caller, target, data: inner } = decodeCall("cancel", data, "cancel.data");
  const coded = AbiCoder.defaultAbiCoder().encode(["address", "address", "bytes"], [caller, target, inner]);
  const profileOf = (words: readonly bigint[]) => readProfileWords(words, listing, tier, 0n);
  const read = (): CancelledOperation["sets"] => {
    const { profile, expiresAt, fallbackProfile } = decodeCall("setProfile", inner, "cancel.data.data");
    const fallback = expiresAt === 0n ? null : profileOf(fallbackProfile);
    return { profile: profileOf(profile), expiresAt, fallback };
  };
  return { caller, target, operationId: keccak256(coded), sets: unlessMalformed(read) };
}

/** keccak256 of call data, by which a signer compares what a wallet shows with what was reviewed. */
export function callHash({ data }: Pick<ProposalTransaction, "data">): string {
  return keccak256(data);
}

function unlessMalformed<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
