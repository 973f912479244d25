import type { RiskProfile } from "../../protocol/profile.js";
import { tightestOf } from "./diff.js";
import { type Drift, driftOf, type ReferenceBook } from "./drift.js";

/** When a drift is worth a proposal: fast where it tightens, slow where it loosens. */
export interface WatchPolicy {
  /** Rise of a reference margin beyond which to tighten, basis points. */
  readonly band: number;
  /** Fall of one beyond which to loosen. */
  readonly loosenBand: number;
  /** Days after a proposal in which nothing is loosened, and nothing tightened that it would tighten too. */
  readonly coolDown: number;
}

export const DEFAULT_POLICY: WatchPolicy = { band: 2_000, loosenBand: 3_000, coolDown: 7 };

/** What was proposed before. */
export interface LastProposal {
  readonly target: RiskProfile;
  /** Days since, by the history's dates. */
  readonly age: number;
}

/** What to do about a calibration. */
export type Decision =
  | { readonly kind: "hold"; readonly why: "within the band" | "proposed already" | "cooling down" }
  | { readonly kind: "tighten" | "loosen"; readonly target: RiskProfile };

/** What a decision is made from. */
export interface Sighting {
  readonly live: RiskProfile;
  readonly calibrated: RiskProfile;
  /** Attodollars per quantum. */
  readonly prices: readonly bigint[];
  readonly books: readonly ReferenceBook[];
  readonly last: LastProposal | null;
}

/**
 * Proposes to tighten as soon as a reference margin has risen beyond the band: to the calibration's shocks, and parameter by
 * parameter the tighter of it and the live profile. It proposes to loosen only when none has, one has fallen beyond its own
 * band, and nothing was proposed for a while: to the calibration itself.
 */
export function decide(
  { live, calibrated, prices, books, last }: Sighting,
  { band, loosenBand, coolDown }: WatchPolicy,
): { readonly decision: Decision; readonly drift: Drift } {
  const drift = driftOf(live, calibrated, prices, books);
  const recent = last !== null && last.age < coolDown;
  const hold = (why: Extract<Decision, { kind: "hold" }>["why"]) => ({
    decision: { kind: "hold", why } as const,
    drift,
  });
  if (drift.tighter > band) {
    const target = tightestOf(calibrated, live);
    if (recent && driftOf(last.target, target, prices, books).tighter <= band)
      return hold("proposed already");
    return { decision: { kind: "tighten", target }, drift };
  }
  if (drift.looser <= loosenBand) return hold("within the band");
  if (recent) return hold("cooling down");
  return { decision: { kind: "loosen", target: calibrated }, drift };
}
