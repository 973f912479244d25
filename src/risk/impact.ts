import type { MarketDepth } from "../market/assetTables.js";
import { BPS, USD_DECIMALS } from "../protocol/bounds.js";
import { DEFAULT_LISTING } from "../protocol/listing.js";

/** The charge reaches this share of a net exposure that is as large as the asset's depth, basis points. */
export const IMPACT_AT_DEPTH = 500n;

/** As {@link MarketDepth}, at a price. */
export interface Depth extends MarketDepth {
  /** Attodollars per unit. */
  readonly price: bigint;
}

const micro = (dollars: number): bigint => BigInt(Math.round(dollars * 1e6)) * 10n ** 12n;

/** Depths in the order of the default listing, at the closes of 30 April 2021 rounded to three or more digits. */
export const DEPTHS: readonly Depth[] = [
  { asset: "USDC", millions: 500, spread: 5, price: micro(1) },
  { asset: "BTC", millions: 400, spread: 50, price: micro(57_750) },
  { asset: "ETH", millions: 250, spread: 60, price: micro(2_773) },
  { asset: "BNB", millions: 80, spread: 100, price: micro(624) },
  { asset: "SOL", millions: 30, spread: 150, price: micro(42.96) },
  { asset: "XRP", millions: 80, spread: 100, price: micro(1.592) },
  { asset: "ADA", millions: 60, spread: 100, price: micro(1.352) },
  { asset: "DOGE", millions: 60, spread: 150, price: micro(0.3376) },
  { asset: "LTC", millions: 60, spread: 100, price: micro(271.2) },
  { asset: "LINK", millions: 50, spread: 120, price: micro(38.13) },
  { asset: "DOT", millions: 40, spread: 120, price: micro(36.54) },
  { asset: "UNI", millions: 30, spread: 150, price: micro(40.7) },
  { asset: "AAVE", millions: 20, spread: 150, price: micro(444.7) },
  { asset: "XLM", millions: 20, spread: 150, price: micro(0.5295) },
  { asset: "ATOM", millions: 15, spread: 180, price: micro(22.73) },
  { asset: "TRX", millions: 20, spread: 150, price: micro(0.1322) },
];

/** Impact coefficients are in 10^-8 attodollars per quantum²; a rate in basis points is short of that by 10^4. */
const UNITS_PER_BPS = 10_000n;

/** Share of a day's volume that a liquidation may be. */
const PARTICIPATION = 0.1;

/** Days to work off a position as large as the depth, as a tenth of the volume; 0 where no volume is stated. */
export function daysToLiquidate({ millions, volume }: MarketDepth): number {
  return volume === undefined ? 0 : millions / (PARTICIPATION * volume);
}

/**
 * What working off a position as large as the depth moves the price by, basis points. By the square-root rule that is a day's volatility
 * times √(position / a day's volume), with a factor of 1 (J. Bouchaud, J. Bonart, J. Donier, M. Gould, *Trades, Quotes and Prices*,
 * Cambridge 2018, chapter 12). Where no volume is stated it is {@link IMPACT_AT_DEPTH}. The charge is linear in size, so a smaller position
 * pays less than the rule, and a larger one more.
 * @param volatility of the log price over a day, a fraction
 */
export function impactAtDepth({ millions, volume }: MarketDepth, volatility: number): bigint {
  if (volume === undefined) return IMPACT_AT_DEPTH;
  return BigInt(Math.min(Number(BPS), Math.ceil(volatility * Math.sqrt(millions / volume) * Number(BPS))));
}

/**
 * Liquidity and impact add-ons of an asset, by one rule. With p its price per quantum, D its depth and r the rate at the depth,
 * 500 bps by default, the impact coefficient is c = ⌈r · p² / D⌉. So c·x² is r of an exposure of D, and a tenth of r of a tenth of it. Rounding
 * up costs most where a quantum is worth least: a fifth for DOT, less than 1 % elsewhere but for DOGE.
 */
export function addOns(
  depth: Depth,
  decimals = DEFAULT_LISTING.find(({ symbol }) => symbol === depth.asset)?.decimals ?? 0,
  rate = IMPACT_AT_DEPTH,
): { readonly liquidity: number; readonly impact: bigint } {
  const { numerator, denominator } = coefficient(depth, decimals, rate);
  return { liquidity: depth.spread, impact: (numerator + denominator - 1n) / denominator };
}

/** Least exact coefficient that is rounded up to 1; below it that would charge ten times too much and more. */
const LEAST_COEFFICIENT = { numerator: 1n, denominator: 10n };

/**
 * As {@link addOns}, unless a quantum is worth so little that the coefficient cannot be told from 0. Then there is no
 * coefficient, and the liquidity charge rises by what an exposure as large as the depth would pay.
 */
export function finiteAddOns(
  depth: Depth,
  decimals: number,
  rate = IMPACT_AT_DEPTH,
): { readonly liquidity: number; readonly impact: bigint } {
  const { liquidity, impact } = addOns(depth, decimals, rate);
  const { numerator, denominator } = coefficient(depth, decimals, rate);
  if (numerator * LEAST_COEFFICIENT.denominator >= denominator * LEAST_COEFFICIENT.numerator)
    return { liquidity, impact };
  return { liquidity: liquidity + Number(rate), impact: 0n };
}

/** The rate · p² / D per quantum², as a fraction. */
function coefficient(
  depth: Depth,
  decimals: number,
  rate: bigint,
): { numerator: bigint; denominator: bigint } {
  const quantum = 10n ** BigInt(decimals);
  const dollars = BigInt(depth.millions) * 10n ** 6n * 10n ** BigInt(USD_DECIMALS);
  return {
    numerator: rate * UNITS_PER_BPS * depth.price * depth.price,
    denominator: dollars * quantum * quantum,
  };
}
