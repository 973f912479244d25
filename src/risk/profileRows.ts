import { DEFAULT_LISTING } from "../protocol/listing.js";
import type { AssetRisk, Scenario } from "../protocol/profile.js";

/** One row of a table: a number for every asset of the default listing, in its order. */
export type Row = readonly number[];

/** The asset parameters of a shipped profile, from one row per parameter. */
export function assetRisks(rows: {
  readonly collateralFactor: Row;
  readonly debtFactor: Row;
  readonly perpMargin: Row;
  readonly liquidity?: Row;
  readonly impact?: readonly bigint[];
}): AssetRisk[] {
  return DEFAULT_LISTING.map(({ symbol }, u) => ({
    asset: symbol,
    collateralFactor: at(rows.collateralFactor, u),
    debtFactor: at(rows.debtFactor, u),
    perpMargin: at(rows.perpMargin, u),
    liquidity: rows.liquidity ? at(rows.liquidity, u) : 0,
    impact: rows.impact ? at(rows.impact, u) : 0n,
  }));
}

/** A scenario from a row of shocks in basis points. */
export function scenario(name: string, shocks: Row): Scenario {
  return {
    name,
    shocks: Object.fromEntries(DEFAULT_LISTING.map(({ symbol }, u) => [symbol, at(shocks, u)])),
  };
}

/** The same number for every asset of the default listing. */
export function everywhere(value: number): number[] {
  return DEFAULT_LISTING.map(() => value);
}

function at<T>(row: readonly T[], u: number): T {
  const value = row[u];
  if (value === undefined || row.length !== DEFAULT_LISTING.length)
    throw new RangeError(`a row of ${row.length} numbers for ${DEFAULT_LISTING.length} assets`);
  return value;
}
