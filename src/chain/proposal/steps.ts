import { OutOfRangeError } from "../../errors.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { profileWordCount, profileWords } from "../../protocol/profileWords.js";
import type { Tier } from "../../protocol/tiers.js";
import type { ProfileStep } from "../../risk/propose/steps.js";
import { tightestOf } from "../../risk/propose/tightening.js";
import { encodeCall, type ProposalTransaction } from "./calls.js";
import type { Governance } from "./governance.js";

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

/** A step and what makes it so. */
export interface ProposedStep extends ProfileStep {
  /** Unix seconds; 0 if the profile does not expire, or keeps the expiry there is. */
  readonly expiresAt: bigint;
  /** What it falls back to then; null where it does not expire. */
  readonly fallback: RiskProfile | null;
  readonly transactions: readonly ProposalTransaction[];
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
