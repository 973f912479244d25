import { OutOfRangeError, UnknownAssetError } from "../../errors.js";
import type { MarketDepth } from "../../market/assetTables.js";
import { DAY_SECONDS } from "../../market/date.js";
import type { PriceTable } from "../../market/history.js";
import type { Listing } from "../../protocol/listing.js";
import { type ListingFile, peggedAssets, statedDepths } from "../../protocol/listingFile.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { TIERS } from "../../protocol/tiers.js";
import { DEPTHS } from "../impact.js";
import type { NamedJump } from "../jumps.js";
import { OFFSET_LIMIT } from "../offsets.js";
import type { Smoothing } from "./marginals.js";

/** What a calibration is made from. All but the first three have a default in {@link DEFAULT_CALIBRATION}. */
export interface CalibrationOptions extends Smoothing {
  /** Of the profile that is made. */
  readonly name: string;
  /** The assets of the profile; see {@link calibratable} for what each needs. */
  readonly listing: Listing;
  /** Past prices only: the last row is the time of calibration. Assets that are not listed are ignored. */
  readonly prices: PriceTable;
  /** Probability with which a day's loss stays within the margin, basis points: 9900 is 99 %. */
  readonly confidence: number;
  /** Days over which a loss is measured. */
  readonly horizonDays: number;
  /** Days that a liquidation takes, over which collateral and debt factors look at the tail. */
  readonly liquidationDays: number;
  /** Days in which the weight of an observation halves in the EWMA volatility. */
  readonly halfLife: number;
  /**
   * The basis between a perpetual and its index that gross perpetuals are charged for, at `stressWeight`; basis points. By default that
   * of the bitcoin perpetual on 13 March 2020.
   */
  readonly basis: number;
  /** Funding of a day, likewise. */
  readonly funding: number;
  /** Tokens of the venue itself or of who owes to it: they fall to nothing with their issuer, so they are no collateral. */
  readonly ownTokens: readonly string[];
  /** On every risky volatility, basis points of it: what a trigger outside of these prices asks for ({@link macroStateOn}). */
  readonly addOn: number;
  /** Fewest returns of an asset; also fewest rows in which all risky assets have one. */
  readonly minimumReturns: number;
  /** Most scenarios to make, 8 … 16. */
  readonly scenarios: number;
  /** What can be traded in a day, and at what spread; one for every listed asset. */
  readonly depths: readonly MarketDepth[];
  /** Assets that are meant to be worth a dollar: no part of the market's correlation, but of the depeg scenario. */
  readonly pegged: readonly string[];
  /** Fall of every pegged asset in the depeg scenario, basis points; by default USDC's of 11 March 2023. */
  readonly depeg: number;
  /** The asset that the decoupling scenarios set apart from all others. */
  readonly anchor: string;
  /** The profile that this one follows, if it is to keep the signs of its spread scenarios. */
  readonly previous?: RiskProfile;
  /**
   * Closes that look like a redenomination or a bad print, and are true; all others are refused. "any" where the caller has
   * looked for them, with more of the history than this calibration may know.
   */
  readonly acceptJumps?: readonly NamedJump[] | "any";
  /** Share of a position's own worst move that no offset takes away, basis points; see {@link limitOffsets}. */
  readonly offsetLimit: number;
  /** Largest |shock| that may be made, basis points. */
  readonly shockLimit: number;
  /** Share of an unrealised gain that counts, basis points. */
  readonly pnlFactor: number;
  /** Basis points a year. */
  readonly maxBorrowRate: number;
  /** Seconds. */
  readonly bookMaxAge: number;
}

/** The choices of this project; docs/RISK.md gives the reasons. */
export const DEFAULT_CALIBRATION: Omit<CalibrationOptions, "name" | "listing" | "prices"> = {
  confidence: 9900,
  horizonDays: 1,
  liquidationDays: 1,
  halfLife: 11,
  floor: 10_000,
  buffer: 0,
  stressWeight: 2_500,
  basis: 1_000,
  funding: 90,
  ownTokens: [],
  addOn: 0,
  minimumReturns: 60,
  scenarios: TIERS[0].scenarios,
  depths: DEPTHS,
  pegged: ["USDC"],
  depeg: 1_300,
  anchor: "BTC",
  offsetLimit: OFFSET_LIMIT,
  shockLimit: 10_000,
  pnlFactor: 9500,
  maxBorrowRate: 10_000,
  bookMaxAge: DAY_SECONDS,
};

/**
 * What a listing decides of a calibration: which assets are pegged, which one is set apart (BTC, or the first that is not
 * pegged), and, of an own listing, what can be traded of each.
 * @throws MissingFieldError naming the assets of an own listing that state no depth
 *
 * @example
 * ```ts
 * import { DEFAULT_ASSETS } from "zkmargin/protocol";
 * import { listingTerms } from "zkmargin/risk";
 *
 * console.log(listingTerms(DEFAULT_ASSETS, { own: false }).anchor); // BTC
 * ```
 */
export function listingTerms(
  listing: ListingFile,
  { own }: { readonly own: boolean },
): Partial<Pick<CalibrationOptions, "pegged" | "anchor" | "depths">> {
  const risky = listing.filter(({ pegged }) => !pegged).map(({ symbol }) => symbol);
  const [first] = risky;
  const anchor = risky.includes(DEFAULT_CALIBRATION.anchor) ? DEFAULT_CALIBRATION.anchor : first;
  return {
    pegged: peggedAssets(listing),
    ...(anchor !== undefined && { anchor }),
    ...(own && { depths: statedDepths(listing) }),
  };
}

/** @throws OutOfRangeError naming the option; those that become parameters of the profile checkProfile checks. */
export function checkOptions(options: Omit<CalibrationOptions, "name" | "prices">): void {
  const bounds = {
    confidence: [5001, 9999],
    horizonDays: [1, 30],
    liquidationDays: [options.horizonDays, 60],
    halfLife: [1, 3650],
    minimumReturns: [30, 100_000],
    scenarios: [8, TIERS[0].scenarios],
    depeg: [0, 10_000],
    offsetLimit: [0, 10_000],
    floor: [0, 10_000],
    buffer: [0, 10_000],
    stressWeight: [0, 10_000],
    basis: [0, 10_000],
    funding: [0, 10_000],
    addOn: [0, 10_000],
    shockLimit: [1, 10_000],
  } as const;
  for (const [field, [low, high]] of Object.entries(bounds)) {
    const value = options[field as keyof typeof bounds];
    const whole = Number.isInteger(value) || (field === "halfLife" && Number.isFinite(value));
    if (!whole || value < low || value > high)
      throw new OutOfRangeError(field, `${low} to ${high}`, String(value));
  }
  for (const symbol of options.ownTokens)
    if (options.listing.every((asset) => asset.symbol !== symbol))
      throw new UnknownAssetError("ownTokens", "a listed asset", symbol);
}

/** How long a deployment takes to close an account out, seconds each. */
export interface CloseOutTiming {
  /** From a lapse of the proof, or from a change of parameters, until anybody may liquidate. */
  readonly gracePeriod: number;
  /** From a margin call until anybody may liquidate. */
  readonly callPeriod: number;
  /** How long the price of an auction falls. */
  readonly auctionPeriod: number;
  /** From one liquidation of an account to the next. */
  readonly reliefPeriod: number;
}

/**
 * Whole days, rounded up, from an account's last proof of health to the end of its second auction: grace, call, an auction,
 * relief. A margin has to last as long, so it is the least horizon of a calibration for such a deployment.
 *
 * @example
 * ```ts
 * import { closeOutDays } from "zkmargin/risk";
 *
 * const hours = (n: number) => n * 3_600;
 * const timing = { gracePeriod: hours(12), callPeriod: hours(24), auctionPeriod: hours(1), reliefPeriod: hours(1) };
 * console.log(closeOutDays(timing)); // 2
 * ```
 */
export function closeOutDays({
  gracePeriod,
  callPeriod,
  auctionPeriod,
  reliefPeriod,
}: CloseOutTiming): number {
  return Math.max(1, Math.ceil((gracePeriod + callPeriod + auctionPeriod + reliefPeriod) / DAY_SECONDS));
}
