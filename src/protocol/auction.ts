import { BPS } from "./bounds.js";
import type { QuotedPrices } from "./odometer.js";

/**
 * What a liquidation's auction raises and asks: the figures of VaultAuctions.sol and DutchAuctions.sol. Amounts are in
 * a token's smallest unit, and every quotient is rounded up.
 */

/** The part of VaultTerms that an auction's figures depend on. */
export interface AuctionTerms {
  /** Largest part of a debt that one liquidation repays, basis points. */
  readonly closeFactor: number;
  /** Debt that one liquidation may repay whatever the part, settlement units, decimal. */
  readonly minimumClose: string;
  /** How far above the market the price starts, basis points. */
  readonly premium: number;
  /** Share of the start cost at which the price stops falling, basis points. */
  readonly floor: number;
  /** Seconds in which the price falls to the floor. */
  readonly auctionPeriod: number;
  /** Nominal seconds from one block to the next. */
  readonly blockTime: number;
}

/** The parts of a token that a price depends on. */
export interface PricedToken {
  /** Of its asset in the listing. */
  readonly slot: number;
  readonly quantumDecimals: number;
  readonly tokenDecimals: number;
}

/** The parts of an auction that its price depends on. */
export interface PricedAuction {
  /** Unix seconds. */
  readonly startedAt: number;
  /** Number of the block that it started in. */
  readonly startBlock: number;
  /** What all of `offered` costs at the start, settlement units. */
  readonly startCost: bigint;
  readonly offered: bigint;
}

/**
 * The part of a debt that one liquidation repays, settlement units. As VaultAuctions._closable.
 *
 * @example
 * ```ts
 * import { closableDebt } from "zkmargin/protocol";
 *
 * console.log(closableDebt(1_000n, { closeFactor: 5_000, minimumClose: "600" })); // 600n
 * ```
 */
export function closableDebt(
  debt: bigint,
  { closeFactor, minimumClose }: Pick<AuctionTerms, "closeFactor" | "minimumClose">,
): bigint {
  const part = up(debt * BigInt(closeFactor), BPS);
  const most = part > BigInt(minimumClose) ? part : BigInt(minimumClose);
  return debt < most ? debt : most;
}

/**
 * A debt with the penalty of its liquidation. As VaultAuctions._withPenalty.
 * @param penalty basis points
 *
 * @example
 * ```ts
 * import { withPenalty } from "zkmargin/protocol";
 *
 * console.log(withPenalty(1_000n, 500)); // 1050n
 * ```
 */
export function withPenalty(debt: bigint, penalty: number): bigint {
  return up(debt * (BPS + BigInt(penalty)), BPS);
}

/**
 * What all of `offered` costs at the start, settlement units: `asset` at its high and the premium, over the low of `paid`,
 * the settlement token. 0 where either has no price. As VaultAuctions._startCost.
 * @param quotes by slot, attodollars per quantum
 *
 * @example
 * ```ts
 * import { startCostOf } from "zkmargin/protocol";
 *
 * const ether = { slot: 1, quantumDecimals: 6, tokenDecimals: 18 };
 * const dollars = { slot: 0, quantumDecimals: 2, tokenDecimals: 6 };
 * const quotes = [{ low: 10n ** 16n, high: 10n ** 16n }, { low: 3n * 10n ** 15n, high: 3n * 10n ** 15n }]; // $1, $3 000
 * console.log(startCostOf(quotes, ether, dollars, 10n ** 18n, { premium: 500 })); // 3150000000n
 * ```
 */
export function startCostOf(
  quotes: readonly Pick<QuotedPrices, "low" | "high">[],
  asset: PricedToken,
  paid: PricedToken,
  offered: bigint,
  { premium }: Pick<AuctionTerms, "premium">,
): bigint {
  const high = quotes[asset.slot]?.high ?? 0n;
  const low = quotes[paid.slot]?.low ?? 0n;
  if (high === 0n || low === 0n) return 0n;
  const value = up(offered * ten(asset.quantumDecimals) * high, ten(asset.tokenDecimals));
  return up(value * (BPS + BigInt(premium)) * ten(paid.tokenDecimals), low * ten(paid.quantumDecimals) * BPS);
}

/**
 * The price `elapsed` seconds into an auction, basis points of the start cost: it falls linearly to the floor. As
 * DutchAuctions.factor.
 *
 * @example
 * ```ts
 * import { auctionFactor } from "zkmargin/protocol";
 *
 * console.log(auctionFactor(1_800, { auctionPeriod: 3_600, floor: 6_000 })); // 8000n
 * ```
 */
export function auctionFactor(
  elapsed: number,
  { auctionPeriod, floor }: Pick<AuctionTerms, "auctionPeriod" | "floor">,
): bigint {
  if (elapsed >= auctionPeriod) return BigInt(floor);
  return BPS - ((BPS - BigInt(floor)) * BigInt(elapsed)) / BigInt(auctionPeriod);
}

/**
 * What `amount` costs at a time and a block, settlement units, regardless of the amount due. A block counts for no more
 * than `blockTime`, so the price does not fall while nobody can bid. As DutchAuctions.elapsed, factor and quote.
 *
 * @example
 * ```ts
 * import { auctionPrice } from "zkmargin/protocol";
 *
 * const auction = { startedAt: 1_000, startBlock: 10, startCost: 5_000n, offered: 100n };
 * const terms = { auctionPeriod: 3_600, floor: 6_000, blockTime: 12 };
 * console.log(auctionPrice(auction, 10n, { time: 2_800, block: 160 }, terms)); // 400n
 * ```
 */
export function auctionPrice(
  { startedAt, startBlock, startCost, offered }: PricedAuction,
  amount: bigint,
  { time, block }: { readonly time: number; readonly block: number },
  terms: Pick<AuctionTerms, "auctionPeriod" | "floor" | "blockTime">,
): bigint {
  const elapsed = Math.min(time - startedAt, (block - startBlock) * terms.blockTime);
  return up(amount * startCost * auctionFactor(elapsed, terms), offered * BPS);
}

/**
 * What the buyer of at most `most` units gets and pays now, when no more than `due` is to be raised. As DutchAuctions.quote.
 * @param factor the price, basis points of the start cost
 *
 * @example
 * ```ts
 * import { auctionQuote } from "zkmargin/protocol";
 *
 * const auction = { startCost: 5_000n, offered: 100n, left: 80n };
 * console.log(auctionQuote(auction, { most: 90n, due: 2_000n, factor: 8_000n }).amount); // 50n
 * ```
 */
export function auctionQuote(
  { startCost, offered, left }: Pick<PricedAuction, "startCost" | "offered"> & { readonly left: bigint },
  { most, due, factor }: { readonly most: bigint; readonly due: bigint; readonly factor: bigint },
): { readonly amount: bigint; readonly cost: bigint } {
  const asked = startCost * factor;
  const whole = offered * BPS;
  const amount = most < left ? most : left;
  const cost = up(amount * asked, whole);
  if (cost <= due) return { amount, cost };
  const affordable = (due * whole) / asked;
  return { amount: affordable, cost: up(affordable * asked, whole) };
}

/** How a bidder's payment is divided, settlement units. */
export interface DividedBid {
  readonly repaid: bigint;
  readonly incentive: bigint;
  readonly insured: bigint;
}

/**
 * Divides a bidder's payment: the debt's part first, rounded up, then the keeper's and the insurance fund's. As
 * VaultAuctions._distribute.
 * @param debt what is owed before, settlement units
 * @param penalty basis points of the debt
 * @param incentive the keeper's share of the penalty, basis points
 *
 * @example
 * ```ts
 * import { divideBid } from "zkmargin/protocol";
 *
 * const { repaid, incentive, insured } = divideBid(1_050n, { debt: 5_000n, penalty: 500, incentive: 2_000 });
 * console.log(repaid, incentive, insured); // 1000n 10n 40n
 * ```
 */
export function divideBid(
  cost: bigint,
  {
    debt,
    penalty,
    incentive,
  }: { readonly debt: bigint; readonly penalty: number; readonly incentive: number },
): DividedBid {
  const part = up(cost * BPS, BPS + BigInt(penalty));
  const repaid = debt < part ? debt : part;
  const keepers = ((cost - repaid) * BigInt(incentive)) / BPS;
  return { repaid, incentive: keepers, insured: cost - repaid - keepers };
}

function ten(power: number): bigint {
  return 10n ** BigInt(power);
}

function up(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}
