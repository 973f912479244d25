import type { ProposalTransaction } from "../../../../chain/proposal/calls.js";
import { type Proposal, signerOf } from "../../../../chain/proposal/file.js";
import type { ProposalStanding, StepState } from "../../../../chain/proposal/standing.js";

/** A proposal that was read, and how far it is; null without a chain to ask. */
export interface Review {
  readonly proposal: Proposal;
  readonly standing: ProposalStanding | null;
}

/** A transaction that is to be signed. */
export interface Signing {
  readonly role: "guardian" | "governor";
  /** Of the file, from 1; null for a cancellation. */
  readonly step: number | null;
  readonly transaction: ProposalTransaction;
}

const ORDER: readonly ProposalTransaction["call"][] = ["cancel", "tighten", "schedule", "execute"];

/** What is still to be signed, in the order of sending: cancellations, what tightens, what is scheduled, what is executed. */
export function signings({ proposal, standing }: Review): Signing[] {
  const cancel = proposal.cancel
    .filter((_, i) => standing?.cancel[i] ?? true)
    .map((transaction): Signing => ({ role: "guardian", step: null, transaction }));
  const steps = proposal.steps.flatMap((step, i) =>
    step.transactions
      .filter(({ call }) => isLeft(call, standing?.steps[i]))
      .map((transaction): Signing => ({ role: signerOf(step), step: i + 1, transaction })),
  );
  const place = ({ transaction }: Signing) => ORDER.indexOf(transaction.call);
  return [...cancel, ...steps].sort((a, b) => place(a) - place(b));
}

function isLeft(call: ProposalTransaction["call"], state: StepState | undefined): boolean {
  if (state === undefined || state.state === "open") return true;
  return state.state === "scheduled" && call === "execute";
}
