import { BPS } from "../protocol/bounds.js";
import type { Scenario } from "../protocol/profile.js";

/** Default share φ of a position's own worst move that no offset takes away, basis points. */
export const OFFSET_LIMIT = 2_000;

/** Scenarios whose offsets are limited, and what every asset pays instead. */
export interface LimitedOffsets {
  readonly scenarios: readonly Scenario[];
  /** By asset, basis points on the net exposure, to be added to `liquidity`. */
  readonly charges: Readonly<Record<string, number>>;
}

/**
 * Limits what one position may take off another's margin. With few scenarios there is always a book that loses in none
 * of them and still has risk: every x with Sx ≥ 0. So part of the margin leaves the scenarios and is charged on every net
 * exposure by itself.
 *
 * With D and U the asset's worst fall and rise in any scenario, m = min(D, U), and φ the limit:
 *
 *     charge  φ·m                     rounded up
 *     falls   s·(1 − φ·m/D)           rounded away from 0
 *     rises   s·(1 − φ·m/U)           rounded away from 0
 *
 * The smaller side shrinks by φ, the larger by as many basis points. So an asset alone pays what it paid, long or
 * short. No book pays less: a scenario's loss falls by at most φ·m on each net exposure, which is the charge.
 * @param limit φ, basis points
 *
 * @example
 * ```ts
 * import { limitOffsets } from "zkmargin/risk";
 *
 * const scenarios = [{ name: "down", shocks: { BTC: -2_000 } }, { name: "up", shocks: { BTC: 2_000 } }];
 * console.log(limitOffsets(scenarios, 2_000).charges.BTC); // 400
 * ```
 */
export function limitOffsets(scenarios: readonly Scenario[], limit: number): LimitedOffsets {
  const bps = Number(BPS);
  const assets = [...new Set(scenarios.flatMap(({ shocks }) => Object.keys(shocks)))];
  const worst = (asset: string, way: 1 | -1) =>
    scenarios.reduce((most, { shocks }) => Math.max(most, way * (shocks[asset] ?? 0)), 0);
  const ends = new Map(
    assets.map((asset) => {
      const [down, up] = [worst(asset, -1), worst(asset, 1)];
      return [asset, { down, up, least: limit * Math.min(down, up) }];
    }),
  );
  const limited = (asset: string, shock: number) => {
    const { down, up, least } = ends.get(asset) ?? { down: 0, up: 0, least: 0 };
    if (shock === 0 || least === 0) return shock;
    const size = Math.abs(shock);
    const left = size - Math.floor((least * size) / (bps * (shock < 0 ? down : up)));
    return shock < 0 ? -left : left;
  };
  return {
    scenarios: scenarios.map(({ name, shocks }) => ({
      name,
      shocks: Object.fromEntries(
        Object.entries(shocks).map(([asset, shock]) => [asset, limited(asset, shock)]),
      ),
    })),
    charges: Object.fromEntries(
      assets.map((asset) => [asset, Math.ceil((ends.get(asset)?.least ?? 0) / bps)]),
    ),
  };
}
