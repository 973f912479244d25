import { DeploymentMismatchError } from "../../errors.js";
import { TIGHTENING_INTERVAL } from "../../protocol/bounds.js";
import { listingDigest } from "../../protocol/listing.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { readProfileWords } from "../../protocol/profileWords.js";
import { eventsOf } from "../binding.js";
import type { OpenDeployment } from "../contracts.js";
import { accessManager } from "../generated/AccessManager.js";
import { pagedLogs } from "../logs.js";
import { roleHolders } from "../roles.js";
import { encodeCall, isCallOf, type ProposalTransaction } from "./calls.js";

/** The profile that a chain holds, at one block. */
export interface LiveProfile {
  readonly profile: RiskProfile;
  readonly epoch: bigint;
  /** Unix seconds; 0 if it does not expire. */
  readonly expiresAt: bigint;
  /** Unix seconds from which on it can be tightened again; 0 if it never was. */
  readonly tightenFrom: bigint;
  /** Of the block, unix seconds. */
  readonly time: bigint;
}

/** The governance of a profile: where to send transactions, who may, and how long the governor waits. */
export interface Governance {
  readonly riskProfile: string;
  readonly accessManager: string;
  readonly governor: string;
  readonly guardian: string | null;
  /** Seconds between scheduling and executing. */
  readonly delay: bigint;
  /** Seconds in which what is scheduled can be executed. */
  readonly window: bigint;
}

/** Governance of a profile, and the chain that it is on. */
export interface ChainGovernance extends Governance {
  readonly chainId: bigint;
}

/**
 * The live profile. @throws NodeUnreachableError
 *
 * @example
 * ```ts
 * import { liveProfile } from "zkmargin/chain";
 *
 * console.log((await liveProfile(open)).epoch); // 1n
 * ```
 */
export async function liveProfile({
  connection,
  contracts,
  listing,
  tier,
}: OpenDeployment): Promise<LiveProfile> {
  const block = await connection.provider.getBlock("latest");
  const at = { blockTag: block?.number ?? 0 };
  const [words, epoch, expiresAt, tightenedAt] = await Promise.all([
    contracts.riskProfile.profileWords(at),
    contracts.riskProfile.epoch(at),
    contracts.riskProfile.expiresAt(at),
    contracts.riskProfile.tightenedAt(at),
  ]);
  const profile = readProfileWords([...words], listing, tier, epoch);
  const tightenFrom = tightenedAt === 0n ? 0n : tightenedAt + BigInt(TIGHTENING_INTERVAL);
  return { profile, epoch, expiresAt, tightenFrom, time: BigInt(block?.timestamp ?? 0) };
}

/**
 * Who governs the profile of a deployment: the governor with the shortest delay, and a guardian.
 * @throws DeploymentMismatchError if nobody is governor, NodeUnreachableError
 *
 * @example
 * ```ts
 * import { governanceOf } from "zkmargin/chain";
 *
 * const { governor, delay } = await governanceOf(open);
 * console.log(governor.length, delay > 0n); // 42 true
 * ```
 */
export async function governanceOf(open: OpenDeployment): Promise<Governance> {
  const holders = await roleHolders(open);
  const window = await open.contracts.accessManager.expiration();
  const [governor] = holders
    .filter(({ role }) => role === "governor")
    .sort((a, b) => (a.delay < b.delay ? -1 : a.delay > b.delay ? 1 : 0));
  if (governor === undefined)
    throw new DeploymentMismatchError(
      "accessManager: expected a governor, got none; nobody can set a profile",
    );
  const { riskProfile, accessManager } = open.addresses;
  return {
    riskProfile,
    accessManager,
    governor: governor.holder,
    guardian: holders.find(({ role }) => role === "guardian")?.holder ?? null,
    delay: governor.delay,
    window,
  };
}

/**
 * Cancels every other profile that is scheduled and could still be executed. Each is a whole profile, made from another
 * live one, so it would undo a tightening that it followed.
 * @throws NodeUnreachableError
 *
 * @example
 * ```ts
 * import { cancellations, governanceOf } from "zkmargin/chain";
 *
 * const governance = await governanceOf(open);
 * console.log((await cancellations(open, governance)).length); // transactions that cancel what is scheduled
 * ```
 */
export async function cancellations(
  open: OpenDeployment,
  { guardian }: Governance,
): Promise<ProposalTransaction[]> {
  const { connection, contracts, deployment, addresses } = open;

  const { address, block: fromBlock } = deployment.contracts.accessManager;
  const topics = contracts.accessManager.interface.encodeFilterTopics("OperationScheduled", []);
  const logs = await pagedLogs(connection.provider, { address, topics, fromBlock });
  const scheduled = eventsOf(accessManager, "OperationScheduled", logs).map(({ fields }) => fields);
  const found = new Map<string, ProposalTransaction>();
  for (const { operationId, caller, target, data } of scheduled) {
    if (target !== addresses.riskProfile || !isCallOf("setProfile", data)) continue;
    // 0 if it was executed, cancelled or left too long.
    const when = await contracts.accessManager.getSchedule(operationId);
    if (when === 0n) continue;
    const cancel = encodeCall("cancel", { caller, target, data });
    found.set(operationId, {
      from: guardian,
      call: "cancel",
      to: addresses.accessManager,
      data: cancel,
      notBefore: null,
      notAfter: null,
    });
  }
  return [...found.values()];
}

/**
 * Checks that a proposal is of this deployment, and that its signers hold the roles.
 * @throws DeploymentMismatchError naming the field, NodeUnreachableError
 */
export async function checkGovernance(
  open: OpenDeployment,
  { tier, listing }: Pick<OpenDeployment, "tier" | "listing">,
  chain: ChainGovernance,
  path: string,
): Promise<void> {
  const same = (field: string, expected: string, got: string) => {
    if (expected !== got)
      throw new DeploymentMismatchError(
        `${path}.${field}: expected ${expected}, got ${got}; do not sign it: it is of another deployment, or roles have changed`,
      );
  };
  same("tier", open.tier.name, tier.name);
  same("listing", String(listingDigest(open.listing)), String(listingDigest(listing)));
  same("chain.chainId", String(open.connection.chainId), String(chain.chainId));
  same("chain.riskProfile", open.addresses.riskProfile, chain.riskProfile);
  same("chain.accessManager", open.addresses.accessManager, chain.accessManager);
  same("chain.window", String(await open.contracts.accessManager.expiration()), `${chain.window}`);

  const holders = await roleHolders(open);
  const held = (role: string, address: string) =>
    holders.find((one) => one.role === role && one.holder === address);
  const governor = held("governor", chain.governor);
  same(
    "chain.governor",
    "a governor",
    governor === undefined ? `${chain.governor}, who is none` : "a governor",
  );
  same("chain.delay", String(governor?.delay), String(chain.delay));
  if (chain.guardian !== null && held("guardian", chain.guardian) === undefined)
    same("chain.guardian", "a guardian", `${chain.guardian}, who is none`);
}
