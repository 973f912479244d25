import { DeploymentMismatchError, OutOfRangeError } from "../errors.js";
import type { RiskProfile } from "../margin/profile.js";
import { tightestOf } from "../risk/propose/diff.js";
import type { ProfileStep } from "../risk/propose/steps.js";
import type { Tier } from "../spec/tiers.js";
import { eventsOf } from "./binding.js";
import { roleHolders } from "./checkRoles.js";
import type { OpenDeployment } from "./contracts.js";
import { accessManager } from "./generated/AccessManager.js";
import { pagedLogs } from "./logs.js";
import { profileWordCount, profileWords, readProfileWords } from "./profileWords.js";
import { encodeCall, isCallOf } from "./proposal/calls.js";
import { reaching } from "./provider.js";

/** The profile that a chain holds, at one block. */
export interface LiveProfile {
  readonly profile: RiskProfile;
  readonly epoch: bigint;
  /** Unix seconds; 0 if it does not expire. */
  readonly expiresAt: bigint;
  /** Of the block, unix seconds. */
  readonly time: bigint;
}

/** What governs a profile: where to send, who, and how long the governor waits. */
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

/** When the governor's steps take place. */
export interface ProposalTiming {
  /** Unix seconds: the first moment at which something is sent. */
  readonly start: bigint;
  /** Seconds that are left to send what is to be scheduled. */
  readonly lead: bigint;
  /** Seconds between two of the governor's steps. */
  readonly interval: bigint;
  /** Seconds after which each step's profile expires; null if it does not. */
  readonly expiresIn: bigint | null;
}

/** One transaction, ready to be signed. */
export interface ProposalTransaction {
  /** Who sends it: of the step's role. */
  readonly from: string | null;
  readonly call: "cancel" | "tighten" | "schedule" | "execute";
  readonly to: string;
  readonly data: string;
  /** Unix seconds: a schedule must be mined by `notAfter`, an execution in between. Null where there is no such bound. */
  readonly notBefore: bigint | null;
  readonly notAfter: bigint | null;
}

/** A step and what makes it so. */
export interface ProposedStep extends ProfileStep {
  /** Unix seconds; 0 if the profile does not expire, or keeps the expiry there is. */
  readonly expiresAt: bigint;
  /** What it falls back to then; null where it does not expire. */
  readonly fallback: RiskProfile | null;
  readonly transactions: readonly ProposalTransaction[];
}

/** The live profile. @throws NodeUnreachableError */
export function liveProfile({ connection, contracts, listing, tier }: OpenDeployment): Promise<LiveProfile> {
  return reaching(async () => {
    const block = await connection.provider.getBlock("latest");
    const at = { blockTag: block?.number ?? 0 };
    const [words, epoch, expiresAt] = await Promise.all([
      contracts.riskProfile.profileWords(at),
      contracts.riskProfile.epoch(at),
      contracts.riskProfile.expiresAt(at),
    ]);
    const profile = readProfileWords([...words], listing, tier, epoch);
    return { profile, epoch, expiresAt, time: BigInt(block?.timestamp ?? 0) };
  });
}

/**
 * Who governs the profile of a deployment: the governor with the shortest delay, and a guardian.
 * @throws DeploymentMismatchError if nobody is governor, NodeUnreachableError
 */
export async function governanceOf(open: OpenDeployment): Promise<Governance> {
  const holders = await roleHolders(open);
  const window = await reaching(() => open.contracts.accessManager.expiration());
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
 * live one: executed after a tightening it would undo it.
 * @throws NodeUnreachableError
 */
export function cancellations(
  open: OpenDeployment,
  { guardian }: Governance,
): Promise<ProposalTransaction[]> {
  const { connection, contracts, deployment, addresses } = open;
  return reaching(async () => {
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
  });
}

/**
 * The transactions of a ramp. A tightening is one, of the guardian. A step of the governor's is two: it is scheduled at
 * once, for `start + lead + delay` and an interval more for each step before it, and executed then, within the manager's
 * window. With `expiresIn` each of the governor's profiles expires that long after its moment, and falls back to the tighter,
 * parameter by parameter, of itself and `safe`, with its own shocks.
 * @param governance null without a chain: then there are steps and no transactions
 * @throws OutOfRangeError if a step would expire before the next one
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
      const transactions = governance === null ? [] : [tightening(governance, data)];
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

function tightening({ riskProfile: to, guardian }: Governance, data: string): ProposalTransaction {
  return { from: guardian, call: "tighten", to, data, notBefore: null, notAfter: null };
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
