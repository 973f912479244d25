import type { JsonObject } from "../../encoding/strictJson.js";
import { profileToJson } from "../../market/profile.js";
import { type Listing, listingToJson } from "../../protocol/listing.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { profileWords } from "../../protocol/profileWords.js";
import type { Tier } from "../../protocol/tiers.js";
import type { Ramp } from "../../risk/propose/steps.js";
import { compareProfiles, type ParameterChange } from "../../risk/propose/tightening.js";
import type { ProposalTransaction } from "./calls.js";
import type { ChainGovernance, ProposedStep } from "./governance.js";

export const PROPOSAL_FORMAT = "zkmargin/proposal@1";

/** A proposal, `zkmargin/proposal@1`: the steps from the live profile to another, with their transactions. */
export interface Proposal {
  readonly tier: Tier;
  /** The assets of the profiles, in the order of the contract's words. */
  readonly listing: Listing;
  readonly live: RiskProfile;
  /** Of the live profile on its chain; null without one. */
  readonly epoch: bigint | null;
  readonly target: RiskProfile;
  /** How the steps were made; see RampOptions. */
  readonly maxStep: number;
  readonly bridge: boolean;
  readonly shocks: Ramp["shocks"];
  /** Cancellations to send first, of profiles scheduled earlier and not executed yet. */
  readonly cancel: readonly ProposalTransaction[];
  readonly steps: readonly ProposedStep[];
  /** Null without a chain. */
  readonly chain: ChainGovernance | null;
}

/**
 * The text of a proposal file.
 *
 * @example
 * ```ts
 * import { parseProposal, serialiseProposal } from "zkmargin/chain";
 *
 * console.log(parseProposal(serialiseProposal(proposal)).steps.length === proposal.steps.length); // true
 * ```
 */
export function serialiseProposal(proposal: Proposal): string {
  return `${JSON.stringify(proposalToJson(proposal), null, 2)}\n`;
}

export function proposalToJson(proposal: Proposal): JsonObject {
  const { tier, listing, live, epoch, target, maxStep, bridge, shocks, cancel, steps, chain } = proposal;
  return {
    format: PROPOSAL_FORMAT,
    tier: tier.name,
    listing: listingToJson(listing),
    live: profileToJson(live),
    epoch: epoch === null ? null : epoch.toString(),
    target: profileToJson(target),
    maxStep,
    bridge,
    shocks,
    chain:
      chain === null
        ? null
        : {
            ...chain,
            chainId: chain.chainId.toString(),
            delay: chain.delay.toString(),
            window: chain.window.toString(),
          },
    cancel: cancel.map(transactionToJson),
    steps: steps.map((step, i) => ({
      kind: step.kind,
      by: signerOf(step),
      expiresAt: step.expiresAt.toString(),
      changes: compareProfiles(steps[i - 1]?.profile ?? live, step.profile).map(changeToJson),
      profile: profileToJson(step.profile),
      words: profileWords(step.profile, tier).map(String),
      fallback: step.fallback === null ? null : profileToJson(step.fallback),
      transactions: step.transactions.map(transactionToJson),
    })),
  };
}

/** The role that a step is of. */
export function signerOf({ kind }: Pick<ProposedStep, "kind">): "guardian" | "governor" {
  return kind === "tighten" ? "guardian" : "governor";
}

export function changeToJson({ before, after, ...change }: ParameterChange): JsonObject {
  return { ...change, before: before.toString(), after: after.toString() };
}

export function transactionToJson({ notBefore, notAfter, ...transaction }: ProposalTransaction): JsonObject {
  return {
    ...transaction,
    notBefore: notBefore?.toString() ?? null,
    notAfter: notAfter?.toString() ?? null,
  };
}
