import type { OpenDeployment } from "../../../../chain/contracts.js";
import type { Proposal } from "../../../../chain/proposal/file.js";
import {
  cancellations,
  governanceOf,
  type LiveProfile,
  liveProfile,
} from "../../../../chain/proposal/governance.js";
import { proposedSteps } from "../../../../chain/proposal/steps.js";
import { UsageError } from "../../../../errors.js";
import type { ListedProfile } from "../../../../market/profile.js";
import type { RiskProfile } from "../../../../protocol/profile.js";
import type { Tier } from "../../../../protocol/tiers.js";
import { stepsTo } from "../../../../risk/propose/steps.js";
import { defaultTier } from "../../../arguments.js";
import { type NodeOptions, onChain } from "../../../chain/session.js";
import type { Io } from "../../../io.js";
import { chosenPartialProfile, chosenProfileOver } from "../../../markets.js";
import type { ProposalOptions } from "./options.js";

/** Where the live profile is: a file or a shipped one's name, or a chain. */
export interface LiveOptions extends NodeOptions {
  readonly live?: string;
  readonly deployment?: string;
}

/** A live profile, and the chain that it is on, if any. */
export interface LiveSource extends ListedProfile {
  readonly tier: Tier;
  readonly chain: { readonly open: OpenDeployment; readonly live: LiveProfile } | null;
}

/**
 * Reads the live profile and runs `work` while its chain is open.
 * @throws UsageError if it is named twice or not at all
 */
export async function withLive<T>(
  io: Io,
  options: LiveOptions,
  work: (live: LiveSource) => Promise<T>,
): Promise<T> {
  const { live: name, deployment } = options;
  if (name !== undefined && deployment === undefined)
    return work({ ...(await chosenPartialProfile(io, name)), tier: defaultTier, chain: null });
  if (name !== undefined || deployment === undefined)
    throw new UsageError(
      `expected --live or --deployment, got ${name === undefined ? "neither" : "both"}; say which profile is live`,
    );
  return onChain(io, { ...options, deployment }, async (open) => {
    const live = await liveProfile(open);
    const { listing, tier } = open;
    return work({ profile: live.profile, listing, tier, chain: { open, live } });
  });
}

/**
 * The steps to a target, and on a chain their transactions.
 * @throws UsageError for an expiry without a chain, whose clock it is of; what reading the safe profile, stepsTo and
 *   proposedSteps throw
 */
export async function makeProposal(
  io: Io,
  { profile: live, listing, tier, chain }: LiveSource,
  target: RiskProfile,
  { maxStep, bridge = false, expiresIn, interval, lead, safe: safeName }: ProposalOptions,
): Promise<Proposal> {
  if (expiresIn !== undefined && chain === null)
    throw new UsageError("--expires-in: expected --deployment with it, as an expiry is by the chain's clock");
  const safe = safeName === undefined ? live : await chosenProfileOver(io, safeName, listing);
  const ramp = stepsTo(live, target, listing, { maxStep, bridge });
  const governed = chain && { open: chain.open, governance: await governanceOf(chain.open) };
  const timing = {
    start: chain?.live.time ?? 0n,
    tightenFrom: chain?.live.tightenFrom ?? 0n,
    lead: BigInt(lead),
    interval: BigInt(interval),
    expiresIn: expiresIn === undefined ? null : BigInt(expiresIn),
  };
  return {
    tier,
    listing,
    live,
    epoch: chain?.live.epoch ?? null,
    target,
    maxStep,
    bridge,
    shocks: ramp.shocks,
    cancel: governed ? await cancellations(governed.open, governed.governance) : [],
    steps: proposedSteps(ramp.steps, safe, timing, governed?.governance ?? null, tier),
    chain: governed && { chainId: governed.open.connection.chainId, ...governed.governance },
  };
}
