import { DAY_SECONDS } from "../../market/date.js";
import type { PriceTable } from "../../market/history.js";
import { BPS } from "../../protocol/bounds.js";
import { DEFAULT_LISTING } from "../../protocol/listing.js";
import { checkProfile, leastDebtFactor, type RiskProfile } from "../../protocol/profile.js";
import { largestShock, limitOffsets } from "../offsets.js";
import { type Omission, pricesUntil, type Returns } from "../returns.js";
import { quantile } from "../statistics/elementary.js";
import {
  type Component,
  correlationOf,
  noiseEdge,
  principalComponents,
  type Shrunk,
  shrinkCovariance,
} from "../statistics/matrices.js";
import { searchEdge } from "../statistics/volatility.js";
import { assetCharges } from "./charges.js";
import { calibrationData } from "./data.js";
import {
  type AssetTail,
  type Marginal,
  marginalOf,
  raiseFloors,
  settleVolatility,
  stillMarginal,
  stressTails,
  type Tails,
  tailsOf,
} from "./marginals.js";
import { type CalibrationOptions, checkOptions, DEFAULT_CALIBRATION } from "./options.js";
import { CRASH, type MadeScenario, scenarioSet } from "./scenarioSet.js";

/** A profile, and how it came about. */
export interface Calibration {
  readonly profile: RiskProfile;
  readonly report: CalibrationReport;
}

/**
 * Derives a risk profile from price history. The same options give the same profile on every machine, to the last
 * bit: only + − × ÷ and square roots are used. docs/RISK.md explains every step.
 *
 * @throws TooLittleHistoryError naming an asset or the table; StalePricesError and PriceJumpError naming an asset;
 *   OutOfRangeError (an option, a price), MissingFieldError (an asset without a column, a last price or a depth), and what checkPriceTable and
 *   checkProfile throw.
 *
 * @example
 * ```ts
 * import { DEFAULT_LISTING } from "zkmargin/protocol";
 * import { calibrate, pricesUntil } from "zkmargin/risk";
 *
 * const until = pricesUntil(table, "2021-05-17");
 * const { profile: mine } = calibrate({ ...DEFAULT_CALIBRATION, name: "mine", listing: DEFAULT_LISTING, prices: until });
 * console.log(mine.name); // mine
 * ```
 */
export function calibrate(options: CalibrationOptions): Calibration {
  checkOptions(options);
  const { listing } = options;
  const { prices, returns, rows } = calibrationData(options);
  const perDay = DAY_SECONDS / returns.step;
  const confidence = options.confidence / Number(BPS);
  const steps = { halfLife: options.halfLife * perDay, horizon: options.horizonDays * perDay };

  const isPegged = listing.map(({ symbol }) => options.pegged.includes(symbol));
  const group = (pegged: boolean): AssetTail[] => {
    const slots = listing.flatMap((_, u) => (isPegged[u] === pegged ? [u] : []));
    const columns = returns.values.map((row) => slots.map((u) => row[u] ?? null));
    const marginals = slots.map((u, i): Marginal => {
      const column = columns.map((row) => row[i] ?? null);
      const moves = column.some((r) => r !== null && r !== 0);
      return (moves ? marginalOf : stillMarginal)(listing[u]?.symbol ?? "", column, steps);
    });
    const raised = pegged ? marginals : raiseFloors(marginals, columns);
    const settled = raised.map((marginal) => {
      const own = settleVolatility(marginal, options);
      return pegged ? own : { ...own, volatility: own.volatility * (1 + options.addOn / Number(BPS)) };
    });
    const tails = tailsOf(settled, confidence);
    return settled.map((marginal, i) => ({
      marginal,
      tails: stressTails(tails[i] as Tails, marginal, options),
    }));
  };
  const [risky, pegged] = [group(false), group(true)];

  const residuals = rows.map((t) => risky.map(({ marginal }) => marginal.residuals[t] ?? 0));
  const shrunk = shrinkCovariance(residuals);
  const components = principalComponents(correlationOf(shrunk.covariance));
  const made = scenarioSet({ ...options, confidence, risky, pegged, components, times: returns.times });

  const tailOf = (symbol: string) =>
    [...risky, ...pegged].find(({ marginal }) => marginal.asset === symbol) as AssetTail;
  // A default of the venue, or of who owes to it, comes with a crash and takes its own token to nothing.
  const defaulted = (name: string, symbol: string) => name === CRASH && options.ownTokens.includes(symbol);
  const scenarios = made.map(({ name, shocks }) => ({
    name,
    shocks: Object.fromEntries(
      listing.map(({ symbol }) => [
        symbol,
        defaulted(name, symbol) ? -options.shockLimit : (shocks[symbol] ?? 0),
      ]),
    ),
  }));
  const limited = limitOffsets(scenarios, options.offsetLimit);
  const perpStress = Math.ceil(
    ((options.basis + options.funding * options.horizonDays) * options.stressWeight) / Number(BPS),
  );
  const least = leastDebtFactor(options);
  const profile: RiskProfile = {
    name: options.name,
    description: description(options, returns.times, returns.step),
    pnlFactor: options.pnlFactor,
    shockCap: largestShock(limited.scenarios),
    maxBorrowRate: options.maxBorrowRate,
    bookMaxAge: options.bookMaxAge,
    assets: listing.map((asset, u) =>
      assetCharges({
        asset,
        tail: tailOf(asset.symbol),
        liquidationDays: options.liquidationDays,
        horizonDays: options.horizonDays,
        perpStress,
        wrongWay: options.ownTokens.includes(asset.symbol),
        shocks: scenarios.map(({ shocks }) => shocks[asset.symbol] ?? 0),
        offsetCharge: limited.charges[asset.symbol] ?? 0,
        price: prices[u] ?? 0,
        depths: options.depths,
        leastDebtFactor: Number(least),
      }),
    ),
    scenarios: limited.scenarios,
  };
  checkProfile(profile, listing);

  const { times } = options.prices;
  return {
    profile,
    report: calibrationReport({ times, returns, rows, risky, pegged, shrunk, components, made, confidence }),
  };
}

function description(options: CalibrationOptions, times: readonly string[], step: number): string {
  const closes = step === DAY_SECONDS ? "daily" : "hourly";
  const days = options.horizonDays === 1 ? "one day" : `${options.horizonDays} days`;
  return (
    `Calibrated on ${times.length} ${closes} returns up to ${times[times.length - 1]}: losses over ${days} at ` +
    `${options.confidence} bps confidence, EWMA and GARCH volatility, Ledoit-Wolf correlation.`
  );
}

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
  /** Means of its worst falls and best rises of the whole history, over the horizon: what the stressed component weighs. */
  readonly worstDown: number;
  readonly worstUp: number;
  /** Where the GARCH fit ends at a bound of its search, which one; null of a fit with a peak within. */
  readonly garchEdge: string | null;
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
    /** Largest variance that noise alone would give a component, and how many lie above it; the others' signs are chance. */
    readonly noiseEdge: number;
    readonly aboveNoise: number;
    /** The asset with the fewest returns, and how many observations there would be without it. */
    readonly shortest: { readonly asset: string; readonly observationsWithout: number };
  };
  /** Mean of the pooled residuals beyond the confidence over their quantile; what is assumed of both is 1.5. */
  readonly beyond: { readonly down: number; readonly up: number };
  /** One for each scenario of the profile, in its order: what it is made from. */
  readonly scenarios: readonly { readonly name: string; readonly basis: string }[];
  /** Data that was not there, and what was done without it. */
  readonly omitted: readonly Omission[];
}

/** What a calibration has found, on its way to a profile. */
interface Intermediates {
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
  /** Probability. */
  readonly confidence: number;
}

/** The report, its assets in the order of the returns'. */
function calibrationReport(findings: Intermediates): CalibrationReport {
  const { times, returns, rows, risky, pegged, shrunk, components, made, confidence } = findings;
  const [first] = components;
  const edge = noiseEdge(risky.length, rows.length, first?.variance ?? 0);
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
      noiseEdge: edge,
      aboveNoise: components.filter(({ variance }) => variance > edge).length,
      shortest: shortestOf(risky),
    },
    beyond: { down: beyondOf(risky, -1, confidence), up: beyondOf(risky, 1, confidence) },
    scenarios: made.map(({ name, basis }) => ({ name, basis })),
    omitted: returns.omitted,
  };
}

function reportOf({ marginal, tails }: AssetTail, market: number | null): AssetReport {
  const { asset, count, ewma, garch, longRun, raised, volatility, worstDown, worstUp, fit } = marginal;
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
    worstDown,
    worstUp,
    garchEdge: searchEdge(fit),
    market,
  };
}

/** The asset that leaves the fewest complete rows, and the rows without it. */
function shortestOf(risky: readonly AssetTail[]) {
  const complete = (assets: readonly AssetTail[]) =>
    (assets[0]?.marginal.residuals ?? []).filter((_, t) =>
      assets.every(({ marginal }) => (marginal.residuals[t] ?? null) !== null),
    ).length;
  const shortest = risky.reduce((least, one) => (one.marginal.count < least.marginal.count ? one : least));
  return {
    asset: shortest.marginal.asset,
    observationsWithout: complete(risky.filter((one) => one !== shortest)),
  };
}

/** Mean of the pooled residuals beyond their quantile, over the quantile. */
function beyondOf(risky: readonly AssetTail[], way: 1 | -1, confidence: number): number {
  const pooled = risky.flatMap(({ marginal }) =>
    marginal.residuals.flatMap((z) => (z === null ? [] : way * z)),
  );
  const at = quantile(pooled, confidence);
  const beyond = pooled.filter((z) => z >= at);
  return at > 0 && beyond.length > 0 ? beyond.reduce((sum, z) => sum + z, 0) / beyond.length / at : 1;
}

/** Last day that the shipped profile `calibrated` has learnt from: two days before the fall of 19 May 2021. */
export const SHIPPED_UNTIL = "2021-05-17";

/** The calibration that generated/calibrated.ts is the profile of; `prices` is the shipped daily history. */
export function shippedCalibration(prices: PriceTable): Calibration {
  return calibrate({
    ...DEFAULT_CALIBRATION,
    name: "calibrated",
    listing: DEFAULT_LISTING,
    prices: pricesUntil(prices, SHIPPED_UNTIL),
  });
}
