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
