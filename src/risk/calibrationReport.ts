import type { AssetTail } from "./marginals.js";
import type { Omission, Returns } from "./returns.js";
import type { MadeScenario } from "./scenarioSet.js";
import type { Component } from "./statistics/components.js";
import type { Shrunk } from "./statistics/shrinkage.js";

/** How one asset's volatility was found. Volatilities are of the log price over the horizon, fractions: 0.05 is 5 %. */
export interface AssetReport {
  readonly asset: string;
  /** Returns it has. */
  readonly returns: number;
  readonly ewma: number;
  readonly garch: number;
  /** Over its whole history; times `raised`, the floor. */
  readonly longRun: number;
  /** 1, or more where it was listed late. */
  readonly raised: number;
  /** What was used. */
  readonly volatility: number;
  /** Volatilities to the confidence, down and up. */
  readonly tailDown: number;
  readonly tailUp: number;
  /** Correlation with the first component; null of a pegged asset. */
  readonly market: number | null;
}

/** What a calibration measured, and on which prices. */
export interface CalibrationReport {
  /** First and last time used. */
  readonly from: string;
  readonly to: string;
  readonly stepSeconds: number;
  readonly assets: readonly AssetReport[];
  readonly correlation: {
    /** Rows in which every risky asset has a return. */
    readonly observations: number;
    /** Ledoit–Wolf weight of the target, 0 … 1. */
    readonly intensity: number;
    /** Mean of the sample correlations, which is every correlation of the target. */
    readonly average: number;
    /** Share of the variance that each component explains, largest first. */
    readonly shares: readonly number[];
  };
  /** One for each scenario of the profile, in its order: what it is made from. */
  readonly scenarios: readonly { readonly name: string; readonly basis: string }[];
  /** Data that was not there, and what was done without it. */
  readonly omitted: readonly Omission[];
}

/** What a calibration has found, on its way to a profile. */
export interface Findings {
  /** Of all rows, those without a return too. */
  readonly times: readonly string[];
  readonly returns: Returns;
  /** Rows in which every risky asset has a return. */
  readonly rows: readonly number[];
  readonly risky: readonly AssetTail[];
  readonly pegged: readonly AssetTail[];
  readonly shrunk: Shrunk;
  readonly components: readonly Component[];
  readonly made: readonly MadeScenario[];
}

/** The report, its assets in the order of the returns'. */
export function calibrationReport(findings: Findings): CalibrationReport {
  const { times, returns, rows, risky, pegged, shrunk, components, made } = findings;
  const [first] = components;
  const assets = [
    ...risky.map((asset, i) => reportOf(asset, Math.sqrt(first?.variance ?? 0) * (first?.direction[i] ?? 0))),
    ...pegged.map((asset) => reportOf(asset, null)),
  ];
  return {
    from: times[0] ?? "",
    to: times.at(-1) ?? "",
    stepSeconds: returns.step,
    assets: returns.assets.flatMap((symbol) => assets.filter(({ asset }) => asset === symbol)),
    correlation: {
      observations: rows.length,
      intensity: shrunk.intensity,
      average: shrunk.average,
      shares: components.map(({ variance }) => variance / components.length),
    },
    scenarios: made.map(({ name, basis }) => ({ name, basis })),
    omitted: returns.omitted,
  };
}

function reportOf({ marginal, tails }: AssetTail, market: number | null): AssetReport {
  const { asset, count, ewma, garch, longRun, raised, volatility } = marginal;
  return {
    asset,
    returns: count,
    ewma,
    garch,
    longRun,
    raised,
    volatility,
    tailDown: tails.down,
    tailUp: tails.up,
    market,
  };
}
