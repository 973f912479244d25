/**
 * The pure, integer view of a book and a market. Arrays are dense over the tier's assets: index u means the
 * same asset everywhere. Units: quantities in quanta, prices and funding in attodollars per quantum, factors
 * and shocks in basis points.
 */

/**
 * What a book holds that is not linear in a price, as its attesters computed it beside the tangent that stands in `perp` and
 * `basis`. Cents, and private like all of a book. `gains` has one number a scenario of the tier.
 */
export interface SleeveNumbers {
  /** Least value of the remainder, signed, |value| < 2^46. */
  readonly value: bigint;
  /** Least change of the remainder in each scenario, signed, |gain| < 2^46. */
  readonly gains: readonly bigint[];
  /** Add-ons that no scenario holds, 0 ≤ charge < 2^46. */
  readonly charge: bigint;
  /** By how much each of these can be better in truth, 0 ≤ slack < 2^40. Only a claim of ill health counts it. */
  readonly slack: bigint;
  /** Salted digest of what the numbers were computed from, below 2^248. */
  readonly detail: bigint;
}

/** One margin account's positions. Private. */
export interface Book {
  /** Signed quanta: positive is collateral, negative is debt. */
  readonly spot: readonly bigint[];
  /** Signed perpetual size in quanta. */
  readonly perp: readonly bigint[];
  /** Signed attodollars: ⌊−Σ perp·entryPrice + Σ perp·entryFunding⌋. */
  readonly basis: bigint;
  /** Absent in a book of spot and perpetuals alone. */
  readonly sleeve?: SleeveNumbers;
}

/** Risk parameters of one margin regime. */
export interface RiskParameters {
  /** Share of an unrealised gain that counts as collateral. */
  readonly pnlFactor: bigint;
  readonly collateralFactor: readonly bigint[];
  readonly debtFactor: readonly bigint[];
  /** Margin on gross perpetual notional. */
  readonly perpMargin: readonly bigint[];
  /** Margin on net exposure, |spot + perp|. */
  readonly liquidity: readonly bigint[];
  /** Concentration charge on the square of net exposure, 10^-8 attodollars per quantum². */
  readonly impact: readonly bigint[];
  /** shock[s][u]: relative price move of asset u in scenario s, signed. */
  readonly shock: readonly (readonly bigint[])[];
}

/** The public market: conservative prices, funding and risk parameters. */
export interface Market extends RiskParameters {
  readonly low: readonly bigint[];
  readonly high: readonly bigint[];
  /** Signed cumulative funding index, attodollars per quantum. */
  readonly funding: readonly bigint[];
}
