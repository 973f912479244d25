import type { MarketDepth } from "../market/assetTables.js";
import { USD_DECIMALS } from "../protocol/bounds.js";
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

/**
 * Liquidity and impact add-ons of an asset, by one rule. With p its price per quantum and D its depth, the impact
 * coefficient is c = ⌈500 bps · p² / D⌉. So c·x² is 500 bps of an exposure of D, and 50 bps of a tenth of it. Rounding
 * up costs most where a quantum is worth least: a fifth for DOT, less than 1 % elsewhere but for DOGE.
 */
export function addOns(
  depth: Depth,
  decimals = DEFAULT_LISTING.find(({ symbol }) => symbol === depth.asset)?.decimals ?? 0,
): { readonly liquidity: number; readonly impact: bigint } {
  const { numerator, denominator } = coefficient(depth, decimals);
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
): { readonly liquidity: number; readonly impact: bigint } {
  const { liquidity, impact } = addOns(depth, decimals);
  const { numerator, denominator } = coefficient(depth, decimals);
  if (numerator * LEAST_COEFFICIENT.denominator >= denominator * LEAST_COEFFICIENT.numerator)
    return { liquidity, impact };
  return { liquidity: liquidity + Number(IMPACT_AT_DEPTH), impact: 0n };
}

/** 500 bps · p² / D per quantum², as a fraction. */
function coefficient(depth: Depth, decimals: number): { numerator: bigint; denominator: bigint } {
  const quantum = 10n ** BigInt(decimals);
  const dollars = BigInt(depth.millions) * 10n ** 6n * 10n ** BigInt(USD_DECIMALS);
  return {
    numerator: IMPACT_AT_DEPTH * UNITS_PER_BPS * depth.price * depth.price,
    denominator: dollars * quantum * quantum,
  };
}
