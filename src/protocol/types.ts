/**
 * The pure, integer view of a book and a market. Arrays are dense over the tier's assets: index u means the
 * same asset everywhere. Units: quantities in quanta, prices and funding in attodollars per quantum, factors
 * and shocks in basis points.
 */

/** One margin account's positions. Private. */
export interface Book {
  /** Signed quanta: positive is collateral, negative is debt. */
  readonly spot: readonly bigint[];
  /** Signed perpetual size in quanta. */
  readonly perp: readonly bigint[];
  /** Signed attodollars: ⌊−Σ perp·entryPrice + Σ perp·entryFunding⌋. */
  readonly basis: bigint;
}

/** Risk parameters of one margin regime. */
export interface RiskParameters {
  /** Share of an unrealised gain that counts as collateral. */
  readonly pnlFactor: bigint;
  /** Largest |shock| of any scenario. */
  readonly shockCap: bigint;
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
