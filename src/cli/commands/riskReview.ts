import { Command } from "commander";
import type { VoteProgress } from "../../chain/dao.js";
import type { ProposalTransaction, ProposedStep } from "../../chain/proposal/file.js";
import {
  type Proposal,
  proposalToJson,
  signerOf,
  transactionToJson,
  voteToJson,
} from "../../chain/proposal/file.js";
import { parseProposal } from "../../chain/proposal/parse.js";
import {
  callHash,
  cancelledBy,
  type ProposalProgress,
  proposalProgress,
  type StepState,
} from "../../chain/proposal/progress.js";
import { formatDecimal } from "../../encoding/decimal.js";
import { compareProfiles } from "../../risk/propose/tightening.js";
import { isoTime, json, pairs, table } from "../format.js";
import { type Io, readInput } from "../io.js";
import { onMarket, withRpc } from "../onChain.js";
import { changesText, notesOf, titleText } from "./riskPropose.js";

/** Decimals of a token with votes. */
const VOTE_DECIMALS = 18;

/** `zkmargin risk review`: what a proposal does, for those who are to sign it. */
export function reviewCommand(io: Io): Command {
  const command = new Command("review")
    .description(
      "Check that a proposal's transactions do what it says, and show who is to sign what and when.",
    )
    .argument("<proposal>", "proposal file (zkmargin risk propose), or - for standard input")
    .option(
      "--deployment <file>",
      "also compare with the chain of this manifest, and show how far each step is",
    )
    .option("--derived <name>", "with --deployment: the proposal is of a derived market's profile");
  return withRpc(command)
    .option("--json", "print JSON: parameters in the profile's units, times in unix seconds")
    .addHelpText(
      "after",
      `
The command decodes the call data of every transaction and compares it with the file's profiles, times and addresses. It also
makes the steps again from the live profile and the target. A difference is an error that names the field. A DAO's vote is derived
again too, to the last byte: targets, values, call data, description, its hash and the vote's id.
With --deployment it asks the chain as well: who holds the roles, which profile is live, and how far each step is.

Examples:
  $ zkmargin risk review proposal.json
  $ zkmargin risk review proposal.json --deployment deployment.json --rpc http://127.0.0.1:8545

Exit codes: 0 the transactions do what the file says; 3 and 6 they do not; 8 another deployment, or node.`,
    )
    .action(async (path: string, options) => {
      const proposal = parseProposal(await readInput(io, path, "proposal"));
      const { deployment } = options;
      const progress =
        deployment === undefined
          ? null
          : await onMarket(io, options, (open) => proposalProgress(open, proposal));
      const review = { proposal, progress };
      io.out(options.json ? json(reviewJson(review)) : reviewText(review));
    });
}

/** A review for people: each step's difference and state, and what is to be signed. */
function reviewText(review: Review): string {
  const { proposal, progress } = review;
  const { live, steps } = proposal;
  const toSign = signings(review);
  const missing = progress?.missing ?? [];
  if (steps.length === 0 && toSign.length === 0 && missing.length === 0)
    return `${titleText(proposal)}\n  nothing differs\n`;
  const parts = steps.map((step, i) => {
    const state = progress?.steps[i];
    const title = `step ${i + 1} of ${steps.length}, by the ${signerOf(step)}: ${step.profile.name}`;
    const remarks = [
      ...(state === undefined ? [] : [`  ${stateText(state)}\n`]),
      ...(step.expiresAt === 0n ? [] : [expiryText(step)]),
    ];
    return `${title}\n${remarks.join("")}\n${changesText(steps[i - 1]?.profile ?? live, step.profile)}`;
  });
  return [
    titleText(proposal),
    ...(steps.length === 0 ? ["  nothing differs\n"] : parts),
    ...toSign
      .filter(({ transaction }) => transaction.call === "cancel")
      .map(({ transaction }) => cancelText(proposal, "cancels", transaction)),
    ...missing.map((transaction) => cancelText(proposal, "DOES NOT CANCEL", transaction)),
    pairs([...notesOf(proposal), ...placeText(review)]),
    ...(toSign.length === 0 ? [] : [dataText(toSign)]),
    signText(review),
  ].join("\n");
}

/** What somebody has scheduled that the proposal cancels, or leaves: all of it, as it would be executed. */
function cancelText(proposal: Proposal, verb: string, transaction: ProposalTransaction): string {
  const { caller, target, operationId, sets } = cancelledBy(proposal, transaction);
  const title = `${verb} a profile for ${target}, scheduled by ${caller}: operation ${operationId}\n`;
  if (sets === null)
    return `${title}\n  its call data is not encoded as a profile is: ask who scheduled it\n`;
  const { profile, expiresAt, fallback } = sets;
  const expiry = expiresAt === 0n ? "" : expiryText({ profile, expiresAt, fallback });
  const changes = changesText(proposal.live, profile);
  return `${title}${expiry}\n${changes === "" ? "  it would set the live profile once more\n" : changes}`;
}

/** Who sends what where: a wallet shows the address and the call data, whose hash stands here. */
function dataText(toSign: readonly Signing[]): string {
  const rows = toSign.map(({ step, transaction }) => [
    transaction.call,
    step === null ? "" : String(step),
    transaction.from ?? "nobody",
    transaction.to,
    callHash(transaction),
  ]);
  return table(["call data", "step", "from", "to", "keccak256"], rows, { text: [0, 2, 3, 4] });
}

function expiryText({
  expiresAt,
  fallback,
  profile,
}: Pick<ProposedStep, "expiresAt" | "fallback" | "profile">): string {
  const falls = fallback === null ? "" : changesText(profile, fallback);
  const expiry = `  expires at ${moment(expiresAt)}`;
  return falls === "" ? `${expiry}, and stays as it is\n` : `${expiry}, and falls back by:\n\n${falls}`;
}

function stateText(state: StepState): string {
  switch (state.state) {
    case "done":
      return "done: a later step is in force";
    case "in force":
      return "in force";
    case "fallen back":
      return "expired: what it falls back to is in force";
    case "scheduled":
      return `scheduled, to be executed from ${moment(state.at)} to ${moment(state.until)}`;
    case "open":
      return state.until === null ? "can be sent now" : `can be scheduled until ${moment(state.until)}`;
    case "impossible":
      return `impossible: ${state.why}`;
  }
}

function placeText({ proposal, progress }: Review): [string, string][] {
  const { chain } = proposal;
  if (chain === null) return [];
  const rows: [string, string][] = [
    ["risk profile", `${chain.riskProfile} on chain ${chain.chainId}`],
    ["access manager", chain.accessManager],
  ];
  if (progress?.vote !== undefined) rows.push(["the vote", voteText(progress.vote)]);
  if (progress !== null)
    rows.push(["compared with", `epoch ${progress.live.epoch} at ${isoTime(progress.live.time)}`]);
  return rows;
}

function signText(review: Review): string {
  const { proposal, progress } = review;
  if (proposal.chain === null) return "nothing to sign: it was proposed without a chain\n";
  const rows = signings(review).map(({ role, step, transaction: { call, notBefore, notAfter } }) => [
    call,
    step === null ? "" : String(step),
    role,
    notBefore === null ? "at once" : isoTime(notBefore),
    notAfter === null ? "" : isoTime(notAfter),
  ]);
  const missing = progress?.missing.length ?? 0;
  const warning =
    missing === 0
      ? ""
      : `\nNOT CANCELLED: ${missing} scheduled by others, which would undo this and which the file does not cancel; propose again\n`;
  if (rows.length === 0) return `nothing left to sign\n${warning}`;
  const columns = table(["to sign", "step", "by", "mined from", "until"], rows, { text: [0, 2, 3, 4] });
  return `${columns}${warning}`;
}

/** How a vote stands, for people. */
export function voteText({ state, deadline, snapshot, eta, votes, quorum, later }: VoteProgress): string {
  if (state === null) return "is not proposed yet (zkmargin dao propose)";
  const until =
    state === "pending"
      ? ` until ${isoTime(snapshot)}`
      : state === "active"
        ? ` until ${isoTime(deadline)}`
        : state === "queued"
          ? `, to be executed from ${isoTime(eta)}`
          : "";
  const count = (units: bigint) => formatDecimal(units, VOTE_DECIMALS);
  const needed = quorum === null ? "" : `, quorum ${count(quorum)}`;
  const cast = `${count(votes.for)} for, ${count(votes.against)} against, ${count(votes.abstain)} abstaining${needed}`;
  return `${state}${until}; ${cast}; later executions: ${later.join(", ")}`;
}

/** A time that a chain may have been given by anybody, and so no date. */
function moment(seconds: bigint): string {
  return seconds >> 40n === 0n ? isoTime(seconds) : `${seconds} s`;
}

/** A proposal that was read, and how far it is; null without a chain to ask. */
interface Review {
  readonly proposal: Proposal;
  readonly progress: ProposalProgress | null;
}

/** A transaction that is to be signed. */
interface Signing {
  readonly role: "guardian" | "governor";
  /** Of the file, from 1; null for a cancellation. */
  readonly step: number | null;
  readonly transaction: ProposalTransaction;
}

const ORDER: readonly ProposalTransaction["call"][] = ["cancel", "tighten", "schedule", "execute"];

/** What is still to be signed, in the order of sending: cancellations, what tightens, what is scheduled, what is executed. */
function signings({ proposal, progress }: Review): Signing[] {
  const cancel = proposal.cancel
    .filter((_, i) => progress?.cancel[i] ?? true)
    .map((transaction): Signing => ({ role: "guardian", step: null, transaction }));
  const steps = proposal.steps.flatMap((step, i) =>
    step.transactions
      .filter(({ call }) => isLeft(call, progress?.steps[i]))
      .map((transaction): Signing => ({ role: signerOf(step), step: i + 1, transaction })),
  );
  const place = ({ transaction }: Signing) => ORDER.indexOf(transaction.call);
  return [...cancel, ...steps].sort((a, b) => place(a) - place(b));
}

function isLeft(call: ProposalTransaction["call"], state: StepState | undefined): boolean {
  if (state === undefined || state.state === "open") return true;
  return state.state === "scheduled" && call === "execute";
}

/** A review for programs. */
function reviewJson(review: Review) {
  const { proposal, progress } = review;
  const { live, target, epoch, tier, maxStep, bridge, shocks, steps } = proposal;
  return {
    from: live.name,
    to: target.name,
    tier: tier.name,
    epoch,
    maxStep,
    bridge,
    shocks,
    chain: proposalToJson(proposal).chain,
    steps: steps.map((step, i) => ({
      step: i + 1,
      kind: step.kind,
      by: signerOf(step),
      name: step.profile.name,
      expiresAt: step.expiresAt,
      changes: compareProfiles(steps[i - 1]?.profile ?? live, step.profile),
      fallback: step.fallback === null ? null : compareProfiles(step.profile, step.fallback),
      standing: progress?.steps[i] ?? null,
    })),
    transactions: signings(review).map(({ role, step, transaction }) => ({
      step,
      by: role,
      ...transactionToJson(transaction),
    })),
    standing:
      progress === null
        ? null
        : {
            epoch: progress.live.epoch,
            expiresAt: progress.live.expiresAt,
            time: progress.live.time,
            missing: progress.missing.map(transactionToJson),
            ...(progress.vote === undefined ? {} : { vote: progress.vote }),
          },
    ...(proposal.dao === undefined ? {} : { dao: voteToJson(proposal.dao) }),
  };
}
