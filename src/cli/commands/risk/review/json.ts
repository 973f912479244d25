import { proposalToJson, signerOf, transactionToJson } from "../../../../chain/proposal/file.js";
import { compareProfiles } from "../../../../risk/propose/tightening.js";
import { type Review, signings } from "./signing.js";

/** A review for programs. */
export function reviewJson(review: Review) {
  const { proposal, standing } = review;
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
      standing: standing?.steps[i] ?? null,
    })),
    transactions: signings(review).map(({ role, step, transaction }) => ({
      step,
      by: role,
      ...transactionToJson(transaction),
    })),
    standing:
      standing === null
        ? null
        : {
            epoch: standing.live.epoch,
            expiresAt: standing.live.expiresAt,
            time: standing.live.time,
            missing: standing.missing.map(transactionToJson),
          },
  };
}
