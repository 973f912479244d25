import { MissingFieldError } from "../../errors.js";
import type { MarketDepth } from "../../market/assetTables.js";
import { BPS } from "../../protocol/bounds.js";
import type { ListedAsset } from "../../protocol/listing.js";
import type { AssetRisk } from "../../protocol/profile.js";
import { daysToLiquidate, finiteAddOns, impactAtDepth } from "../impact.js";
import { exp } from "../statistics/elementary.js";
import type { AssetTail } from "./marginals.js";

export interface ChargeInputs {
  readonly asset: ListedAsset;
  readonly tail: AssetTail;
  readonly liquidationDays: number;
  readonly horizonDays: number;
  /** The asset's move in every scenario before offsets are limited, basis points: what it pays alone. */
  readonly shocks: readonly number[];
  /** What limits offsets, basis points on net exposure. */
  readonly offsetCharge: number;
  /** Dollars per unit. */
  readonly price: number;
  readonly depths: readonly MarketDepth[];
  readonly leastDebtFactor: number;
  /** What a perpetual may part from its index by, and what funding may take of it; basis points, at their weight. */
  readonly perpStress: number;
  /** Whether its issuer's default and the account's come together, so that it is no collateral. */
  readonly wrongWay: boolean;
}

/** Least margin on gross perpetuals, and what it exceeds the spread by, basis points. */
const PERP_BASIS = { least: 100, aboveSpread: 50 } as const;
const DEBT_FACTOR_MAX = 32_767;

/**
 * The parameters of one asset beside its shocks, basis points, each rounded against the account.
 *
 * The scenarios already take from a book what its net exposure loses at the confidence. So a collateral factor takes
 * only what lies beyond, and the spread at which collateral is sold. Beyond them lies the mean fall in the tail
 * (expected shortfall) over a liquidation, less the largest fall in any scenario. Likewise, a debt factor adds the mean
 * rise in the tail, less the largest rise in any scenario, to the interest between two attestations.
 * @throws MissingFieldError for an asset without a depth
 */
export function assetCharges(inputs: ChargeInputs): AssetRisk {
  const { asset, tail, liquidationDays, horizonDays, shocks, price, depths } = inputs;
  const depth = depths.find((candidate) => candidate.asset === asset.symbol);
  if (!depth) throw new MissingFieldError(`depths.${asset.symbol}`, "a depth for every listed asset", "none");
  const { marginal, tails } = tail;
  const bps = Number(BPS);
  const stretch = Math.sqrt(Math.max(liquidationDays, daysToLiquidate(depth)) / horizonDays);
  const fall = (1 - exp(-marginal.volatility * stretch * tails.downBeyond)) * bps;
  const rise = (exp(marginal.volatility * stretch * tails.upBeyond) - 1) * bps;
  const covered = shocks.reduce(
    ({ down, up }, shock) => ({ down: Math.max(down, -shock), up: Math.max(up, shock) }),
    { down: 0, up: 0 },
  );
  const haircut = Math.ceil(Math.max(0, fall - covered.down)) + depth.spread;
  const surcharge = Math.ceil(Math.max(0, rise - covered.up));
  const { liquidity, impact } = finiteAddOns(
    { ...depth, price: attodollars(price) },
    asset.decimals,
    impactAtDepth(depth, marginal.volatility / Math.sqrt(horizonDays)),
  );
  return {
    asset: asset.symbol,
    collateralFactor: inputs.wrongWay ? 0 : Math.max(0, bps - haircut),
    debtFactor: Math.min(DEBT_FACTOR_MAX, inputs.leastDebtFactor + surcharge),
    perpMargin: Math.max(PERP_BASIS.least, depth.spread + PERP_BASIS.aboveSpread, inputs.perpStress),
    liquidity: liquidity + inputs.offsetCharge,
    impact,
  };
}

/** Attodollars per unit, rounded up to nanodollars. */
function attodollars(price: number): bigint {
  return BigInt(Math.ceil(price * 1e9)) * 10n ** 9n;
}
