import { DeploymentMismatchError, OutOfRangeError } from "../../errors.js";
import { TIGHTENING_INTERVAL } from "../../protocol/bounds.js";
import { listingDigest } from "../../protocol/listing.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { profileWordCount, profileWords, readProfileWords } from "../../protocol/profileWords.js";
import type { Tier } from "../../protocol/tiers.js";
import type { ProfileStep } from "../../risk/propose/steps.js";
import { tightestOf } from "../../risk/propose/tightening.js";
import { eventsOf } from "../binding.js";
import { openDao } from "../dao.js";
import type { OpenMarket } from "../deployment.js";
import { accessManager } from "../generated/AccessManager.js";
import { pagedLogs } from "../logs.js";
import { roleHolders } from "../roles.js";
import { encodeCall, isCallOf } from "./calls.js";
import type { ChainGovernance, Governance, Proposal, ProposalTransaction, ProposedStep } from "./file.js";

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
}: OpenMarket): Promise<LiveProfile> {
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
export async function governanceOf(open: OpenMarket): Promise<Governance> {
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
  open: OpenMarket,
  { guardian }: Governance,
): Promise<ProposalTransaction[]> {
  const { connection, contracts, oracle, addresses } = open;
  const { address, block: fromBlock } = oracle.deployed.accessManager;
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
  open: OpenMarket,
  { tier, listing, dao }: Pick<Proposal, "tier" | "listing" | "dao">,
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

  if (dao !== undefined) {
    const { deployed, timelock } = openDao(open);
    same("dao.governor", deployed.governor.address, dao.governor);
    same("dao.timelock", deployed.timelock.address, dao.timelock);
    same("dao.wait", String(await timelock.getMinDelay()), String(dao.wait));
  }
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

/** When the governor's steps take place. */
export interface ProposalTiming {
  /** Unix seconds: the first moment at which something is sent. */
  readonly start: bigint;
  /** The first moment at which the profile can be tightened again. */
  readonly tightenFrom?: bigint;
  /** Seconds that are left to send what is to be scheduled. */
  readonly lead: bigint;
  /** Seconds between two of the governor's steps. */
  readonly interval: bigint;
  /** Seconds after which each step's profile expires; null if it does not. */
  readonly expiresIn: bigint | null;
}

/**
 * The transactions of a ramp. A tightening is one, of the guardian. A step of the governor's is two: it is scheduled at
 * once, for `start + lead + delay` and an interval more for each step before it, and executed then, within the
 * manager's window. With `expiresIn` each of the governor's profiles expires that long after its moment. It then falls
 * back to the tighter, parameter by parameter, of itself and `safe`, with its own shocks.
 * @param governance null without a chain: then there are steps and no transactions
 * @throws OutOfRangeError if a step would expire before the next one
 *
 * @example
 * ```ts
 * import { governanceOf, liveProfile, proposedSteps } from "zkmargin/chain";
 * import { stepsTo } from "zkmargin/risk";
 *
 * const { profile: live, time: start } = await liveProfile(open);
 * const { steps } = stepsTo(live, proposal.target, open.listing, { maxStep: 250, bridge: false });
 * const timing = { start, lead: 3_600n, interval: 86_400n, expiresIn: null };
 * const [first] = proposedSteps(steps, live, timing, await governanceOf(open), open.tier);
 * console.log(first?.transactions.map(({ call }) => call)); // ["tighten"]
 * ```
 */
export function proposedSteps(
  steps: readonly ProfileStep[],
  safe: RiskProfile,
  timing: ProposalTiming,
  governance: Governance | null,
  tier: Tier,
): ProposedStep[] {
  const { start, lead, interval, expiresIn } = timing;
  const sets = steps.filter(({ kind }) => kind === "set").length;
  if (expiresIn !== null && (expiresIn === 0n || (sets > 1 && expiresIn <= interval)))
    throw new OutOfRangeError(
      "expires-in",
      `more than the ${interval} s between two steps`,
      String(expiresIn),
    );
  let set = 0n;
  return steps.map((step): ProposedStep => {
    if (step.kind === "tighten") {
      const data = encodeCall("tighten", { profile: profileWords(step.profile, tier) });
      const transactions = governance === null ? [] : [tightening(governance, data, timing)];
      return { ...step, expiresAt: 0n, fallback: null, transactions };
    }
    const when = start + lead + (governance?.delay ?? 0n) + interval * set++;
    const expiresAt = expiresIn === null ? 0n : when + expiresIn;
    const fallback = expiresIn === null ? null : fallbackOf(step.profile, safe);
    const data = encodeCall("setProfile", {
      profile: profileWords(step.profile, tier),
      expiresAt,
      fallbackProfile: fallbackWords(fallback, tier),
    });
    const transactions = governance === null ? [] : scheduled(governance, data, when);
    return { ...step, expiresAt, fallback, transactions };
  });
}

function tightening(
  { riskProfile: to, guardian }: Governance,
  data: string,
  { start, tightenFrom = 0n }: ProposalTiming,
): ProposalTransaction {
  const notBefore = tightenFrom > start ? tightenFrom : null;
  return { from: guardian, call: "tighten", to, data, notBefore, notAfter: null };
}

function scheduled(governance: Governance, data: string, when: bigint): ProposalTransaction[] {
  const { riskProfile: target, accessManager: to, governor: from, delay, window } = governance;
  return [
    {
      from,
      call: "schedule",
      to,
      data: encodeCall("schedule", { target, data, when }),
      notBefore: null,
      notAfter: when - delay,
    },
    {
      from,
      call: "execute",
      to,
      data: encodeCall("execute", { target, data }),
      notBefore: when,
      notAfter: when + window,
    },
  ];
}

/** What the contract takes for a fallback: zeros where there is none. */
export function fallbackWords(fallback: RiskProfile | null, tier: Tier): bigint[] {
  if (fallback !== null) return profileWords(fallback, tier);
  return Array.from({ length: profileWordCount(tier) }, () => 0n);
}

/** The contract wants the fallback of a profile to have its shocks; of its other parameters the tighter. */
function fallbackOf(profile: RiskProfile, safe: RiskProfile): RiskProfile {
  return {
    ...tightestOf(profile, safe),
    name: `fallback of ${profile.name}`.slice(0, 64),
    description: `What ${profile.name} falls back to when it expires: parameter by parameter the tighter of it and ${safe.name}.`,
  };
}
