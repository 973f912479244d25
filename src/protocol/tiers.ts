/** A circuit size: `assets` dense slots (U) and `scenarios` joint price scenarios (S). */
export interface Tier {
  readonly name: string;
  readonly assets: number;
  readonly scenarios: number;
  /** log2 of the evaluation domain: constraints + public signals + 1 ≤ 2^power. */
  readonly power: number;
}

/** The one list of tiers. To add one, add a line and run `npm run generate && npm run snapshot`. */
export const TIERS = [
  { name: "16x16", assets: 16, scenarios: 16, power: 13 },
  { name: "32x16", assets: 32, scenarios: 16, power: 14 },
] as const satisfies readonly Tier[];

/** The name of a tier: its assets, then its scenarios. */
export type TierName = (typeof TIERS)[number]["name"];

/** The tier that commands and examples use where none is named. */
export const DEFAULT_TIER: TierName = "16x16";

/**
 * The tier of that name, or undefined.
 *
 * @example
 * ```ts
 * import { findTier } from "zkmargin/protocol";
 *
 * console.log(findTier("16x16")?.assets, findTier("none")); // 16 undefined
 * ```
 */
export function findTier(name: string): Tier | undefined {
  return TIERS.find((tier) => tier.name === name);
}

/** What a circuit of the clearing house states: see docs/CLEARING.md. */
export type ClearingStatement = "transition" | "reveal";

/** A circuit of the clearing house, by its statement and its dense slots (U). */
export interface ClearingCircuit {
  readonly name: string;
  readonly statement: ClearingStatement;
  readonly assets: number;
  /** log2 of the evaluation domain: constraints + public signals + 1 ≤ 2^power. */
  readonly power: number;
}

/** Public signals of every circuit of the clearing house: hash, challenge, sum. */
export const CLEARING_SIGNALS = 3;

/** The one list of them: a transition and a reveal for the assets of each tier. */
export const CLEARING_CIRCUITS = [
  { name: "transition-16", statement: "transition", assets: 16, power: 14 },
  { name: "transition-32", statement: "transition", assets: 32, power: 15 },
  { name: "reveal-16", statement: "reveal", assets: 16, power: 12 },
  { name: "reveal-32", statement: "reveal", assets: 32, power: 13 },
] as const satisfies readonly ClearingCircuit[];
