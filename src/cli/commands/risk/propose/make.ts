import type { OpenDeployment } from "../../../../chain/contracts.js";
import type { Proposal } from "../../../../chain/proposalFile.js";
import {
  cancellations,
  governanceOf,
  type LiveProfile,
  liveProfile,
  proposedSteps,
} from "../../../../chain/proposals.js";
import { UsageError } from "../../../../errors.js";
import type { RiskProfile } from "../../../../margin/profile.js";
import { stepsTo } from "../../../../risk/propose/steps.js";
import type { Listing } from "../../../../spec/listing.js";
import type { Tier } from "../../../../spec/tiers.js";
import { defaultTier } from "../../../arguments.js";
import { onChain } from "../../../chain/session.js";
import type { Io } from "../../../io.js";
import { readListedProfile } from "./profiles.js";

/** Where the live profile is: a file or a shipped one's name, or a chain. */
export interface LiveOptions {
  readonly live?: string;
  readonly deployment?: string;
  readonly rpc: string;
}

/** How a change is made; times in seconds, bounds in basis points. */
export interface ProposalOptions {
  readonly maxStep: number;
  readonly bridge?: boolean;
  readonly expiresIn?: number;
  readonly interval: number;
  readonly lead: number;
}

/** A live profile, and the chain that it is on, if any. */
export interface LiveSource {
  readonly profile: RiskProfile;
  readonly listing: Listing;
  readonly tier: Tier;
  readonly chain: { readonly open: OpenDeployment; readonly live: LiveProfile } | null;
}

export const DAY = 86_400;
/** Seconds that are left to sign and send what is to be scheduled. */
export const DEFAULT_LEAD = 3_600;

/**
 * Reads the live profile and runs `work` while its chain is open.
 * @throws UsageError if it is named twice or not at all
 */
export async function withLive<T>(
  io: Io,
  options: LiveOptions,
  work: (live: LiveSource) => Promise<T>,
): Promise<T> {
  const { live, deployment, rpc } = options;
  if ((live === undefined) === (deployment === undefined))
    throw new UsageError(
      `expected --live or --deployment, got ${live === undefined ? "neither" : "both"}; say which profile is live`,
    );
  if (deployment !== undefined)
    return onChain(io, { deployment, rpc }, async (open) => {
      const found = await liveProfile(open);
      const { listing, tier } = open;
      return work({ profile: found.profile, listing, tier, chain: { open, live: found } });
    });
  return work({ ...(await readListedProfile(io, live ?? "")), tier: defaultTier, chain: null });
}

/**
 * The steps to a target, and on a chain their transactions.
 * @param safe what an expired step falls back to is nowhere looser than this
 * @throws UsageError for an expiry without a chain, whose clock it is of; what stepsTo and proposedSteps throw
 */
export async function makeProposal(
  { profile: live, listing, tier, chain }: LiveSource,
  target: RiskProfile,
  safe: RiskProfile,
  { maxStep, bridge = false, expiresIn, interval, lead }: ProposalOptions,
): Promise<Proposal> {
  if (expiresIn !== undefined && chain === null)
    throw new UsageError("--expires-in: expected --deployment with it, as an expiry is by the chain's clock");
  const ramp = stepsTo(live, target, listing, { maxStep, bridge });
  const governance = chain === null ? null : await governanceOf(chain.open);
  const timing = {
    start: chain?.live.time ?? 0n,
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
    cancel: chain === null || governance === null ? [] : await cancellations(chain.open, governance),
    steps: proposedSteps(ramp.steps, safe, timing, governance, tier),
    chain:
      chain === null || governance === null
        ? null
        : { chainId: chain.open.connection.chainId, ...governance },
  };
}
