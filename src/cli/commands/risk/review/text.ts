import type { ProposalTransaction } from "../../../../chain/proposal/calls.js";
import { type Proposal, signerOf } from "../../../../chain/proposal/file.js";
import { callHash, cancelledBy, type StepState } from "../../../../chain/proposal/standing.js";
import type { ProposedStep } from "../../../../chain/proposal/steps.js";
import { pairs, table } from "../../../format.js";
import { isoTime } from "../../../time.js";
import { changesText, notesOf, titleText } from "../propose/text.js";
import { type Review, type Signing, signings } from "./signing.js";

/** A review for people: each step's difference and state, and what is to be signed. */
export function reviewText(review: Review): string {
  const { proposal, standing } = review;
  const { live, steps } = proposal;
  const toSign = signings(review);
  const missing = standing?.missing ?? [];
  if (steps.length === 0 && toSign.length === 0 && missing.length === 0)
    return `${titleText(proposal)}\n  nothing differs\n`;
  const parts = steps.map((step, i) => {
    const state = standing?.steps[i];
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

function placeText({ proposal, standing }: Review): [string, string][] {
  const { chain } = proposal;
  if (chain === null) return [];
  const rows: [string, string][] = [
    ["risk profile", `${chain.riskProfile} on chain ${chain.chainId}`],
    ["access manager", chain.accessManager],
  ];
  if (standing !== null)
    rows.push(["compared with", `epoch ${standing.live.epoch} at ${isoTime(standing.live.time)}`]);
  return rows;
}

function signText(review: Review): string {
  const { proposal, standing } = review;
  if (proposal.chain === null) return "nothing to sign: it was proposed without a chain\n";
  const rows = signings(review).map(({ role, step, transaction: { call, notBefore, notAfter } }) => [
    call,
    step === null ? "" : String(step),
    role,
    notBefore === null ? "at once" : isoTime(notBefore),
    notAfter === null ? "" : isoTime(notAfter),
  ]);
  const missing = standing?.missing.length ?? 0;
  const warning =
    missing === 0
      ? ""
      : `\nNOT CANCELLED: ${missing} scheduled by others, which would undo this and which the file does not cancel; propose again\n`;
  if (rows.length === 0) return `nothing left to sign\n${warning}`;
  const columns = table(["to sign", "step", "by", "mined from", "until"], rows, { text: [0, 2, 3, 4] });
  return `${columns}${warning}`;
}

/** A time that a chain may have been given by anybody, and so no date. */
function moment(seconds: bigint): string {
  return seconds >> 40n === 0n ? isoTime(seconds) : `${seconds} s`;
}
