import type { MarketDepth } from "../../market/assetTables.js";
import type { PriceTable } from "../../market/history.js";
import type { Listing } from "../../protocol/listing.js";
import { type RiskProfile, restrictProfile } from "../../protocol/profile.js";
import { calibrate } from "../calibration/calibrate.js";
import type { CalibrationOptions } from "../calibration/options.js";
import { addOns } from "../impact.js";
import { type MacroDay, type MacroPolicy, macroStateOn } from "../macro.js";

/** What is known on a day on which margins are set. Nothing in it is later than the day's close. */
export interface KnownPrices {
  /** ISO date of the last close known. */
  readonly date: string;
  /** The assets with enough history. */
  readonly listing: Listing;
  /** Closes up to the date, in dollars. */
  readonly prices: PriceTable;
  /** The date's closes in the order of the listing, attodollars per unit. */
  readonly closes: readonly bigint[];
}

/** A way to set margins, as a backtest sees it. */
export interface Regime {
  readonly name: string;
  /** Whether it takes perpetuals; where it does not, they are held as coins and debts. */
  readonly perpetuals: boolean;
  /** The profile in force after the day, over its listing. */
  profileOn(known: KnownPrices): RiskProfile;
}

/**
 * A regime whose parameters stay as they are, but for the concentration charge of the assets in `depths`: it is per
 * quantum, and so is restated at each day's price, as keeping the depth in dollars requires.
 *
 * @example
 * ```ts
 * import { fixedRegime } from "zkmargin/risk";
 *
 * console.log(fixedRegime(profile).name); // portfolio-margin
 * ```
 */
export function fixedRegime(profile: RiskProfile, depths: readonly MarketDepth[] = []): Regime {
  return {
    name: profile.name,
    perpetuals: profile.scenarios.length > 0 || profile.assets.some(({ perpMargin }) => perpMargin > 0),
    profileOn: ({ listing, closes }) => {
      const restricted = restrictProfile(profile, listing);
      return {
        ...restricted,
        assets: restricted.assets.map((asset, u) => {
          const depth = depths.find((row) => row.asset === asset.asset);
          const price = closes[u];
          if (asset.impact === 0n || depth === undefined || price === undefined) return asset;
          return { ...asset, impact: addOns({ ...depth, price }, listing[u]?.decimals).impact };
        }),
      };
    },
  };
}

/**
 * A regime that is calibrated on what is known, each time; {@link backtest} has looked for jumps before.
 * @param macro a stock market whose trigger raises volatilities
 *
 * @example
 * ```ts
 * import { calibratedRegime, DEFAULT_CALIBRATION } from "zkmargin/risk";
 *
 * console.log(calibratedRegime("recalibrated", DEFAULT_CALIBRATION).name); // recalibrated
 * ```
 */
export function calibratedRegime(
  name: string,
  options: Omit<CalibrationOptions, "name" | "listing" | "prices">,
  macro?: { readonly days: readonly MacroDay[]; readonly policy: MacroPolicy },
): Regime {
  return {
    name,
    perpetuals: true,
    profileOn: ({ date, listing, prices }) => {
      const addOn = macro ? macroStateOn(macro.days, date, macro.policy).addOn : options.addOn;
      return calibrate({ ...options, addOn, acceptJumps: "any", name, listing, prices }).profile;
    },
  };
}
