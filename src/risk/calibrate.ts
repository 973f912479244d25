import { DAY_SECONDS } from "../market/date.js";
import { BPS } from "../protocol/bounds.js";
import { checkProfile, leastDebtFactor, type RiskProfile } from "../protocol/profile.js";
import { calibrationData } from "./calibrationData.js";
import { type CalibrationOptions, checkOptions } from "./calibrationOptions.js";
import { type CalibrationReport, calibrationReport } from "./calibrationReport.js";
import { assetCharges } from "./charges.js";
import {
  type AssetTail,
  type Marginal,
  marginalOf,
  raiseFloors,
  stillMarginal,
  type Tails,
  tailsOf,
} from "./marginals.js";
import { scenarioSet } from "./scenarioSet.js";
import { principalComponents } from "./statistics/components.js";
import { correlationOf, shrinkCovariance } from "./statistics/shrinkage.js";

export { type CalibrationOptions, DEFAULT_CALIBRATION } from "./calibrationOptions.js";
export type { AssetReport, CalibrationReport } from "./calibrationReport.js";

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
    const floored = pegged ? marginals : raiseFloors(marginals, columns);
    const tails = tailsOf(floored, confidence);
    return floored.map((marginal, i) => ({ marginal, tails: tails[i] as Tails }));
  };
  const [risky, pegged] = [group(false), group(true)];

  const residuals = rows.map((t) => risky.map(({ marginal }) => marginal.residuals[t] ?? 0));
  const shrunk = shrinkCovariance(residuals);
  const components = principalComponents(correlationOf(shrunk.covariance));
  const made = scenarioSet({ ...options, confidence, risky, pegged, components, times: returns.times });

  const tailOf = (symbol: string) =>
    [...risky, ...pegged].find(({ marginal }) => marginal.asset === symbol) as AssetTail;
  const scenarios = made.map(({ name, shocks }) => ({
    name,
    shocks: Object.fromEntries(listing.map(({ symbol }) => [symbol, shocks[symbol] ?? 0])),
  }));
  const least = leastDebtFactor(options);
  const stretch = Math.sqrt(options.liquidationDays / options.horizonDays);
  const profile: RiskProfile = {
    name: options.name,
    description: description(options, returns.times, returns.step),
    pnlFactor: options.pnlFactor,
    shockCap: scenarios.reduce(
      (cap, { shocks }) =>
        Object.values(shocks).reduce((most, shock) => Math.max(most, Math.abs(shock)), cap),
      0,
    ),
    maxBorrowRate: options.maxBorrowRate,
    bookMaxAge: options.bookMaxAge,
    assets: listing.map((asset, u) =>
      assetCharges({
        asset,
        tail: tailOf(asset.symbol),
        stretch,
        shocks: scenarios.map(({ shocks }) => shocks[asset.symbol] ?? 0),
        price: prices[u] ?? 0,
        depths: options.depths,
        leastDebtFactor: Number(least),
      }),
    ),
    scenarios,
  };
  checkProfile(profile, listing);

  const { times } = options.prices;
  return {
    profile,
    report: calibrationReport({ times, returns, rows, risky, pegged, shrunk, components, made }),
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
