import { signerOf } from "../../../../chain/proposal/file.js";
import type { StepState } from "../../../../chain/proposal/standing.js";
import type { ProposedStep } from "../../../../chain/proposal/steps.js";
import { pairs, table } from "../../../format.js";
import { isoTime } from "../../../time.js";
import { changesText, notesOf, titleText } from "../propose/text.js";
import { type Review, signings } from "./signing.js";

/** A review for people: each step's difference and state, and what is to be signed. */
export function reviewText(review: Review): string {
  const { proposal, standing } = review;
  const { live, steps } = proposal;
  if (steps.length === 0) return `${titleText(proposal)}\n  nothing differs\n`;
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
    ...parts,
    pairs([...notesOf(proposal), ...placeText(review)]),
    signText(review),
  ].join("\n");
}

function expiryText({ expiresAt, fallback, profile }: ProposedStep): string {
  const falls = fallback === null ? "" : changesText(profile, fallback);
  const expiry = `  expires at ${isoTime(expiresAt)}`;
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
      : `\nNOT CANCELLED: ${missing} scheduled by others, which would undo this and which the file does not cancel (--json has their cancellations); propose again\n`;
  if (rows.length === 0) return `nothing left to sign\n${warning}`;
  const columns = table(["to sign", "step", "by", "mined from", "until"], rows, { text: [0, 2, 3, 4] });
  return `${columns}${warning}`;
}

/** A time that a chain may have been given by anybody, and so no date. */
function moment(seconds: bigint): string {
  return seconds >> 40n === 0n ? isoTime(seconds) : `${seconds} s`;
}
