import { BPS } from "./bounds.js";

/** The rules of a credit line and its covenant, as LineAccounts.sol and CreditRegistry.sol have them. */

const YEAR = 365n * 86_400n;
/** Debt is counted in 10^-18 of a smallest unit. */
export const FINE = 10n ** 18n;
/** Shares of a smallest unit, as a power of ten. As LineLenders.SHARE_DECIMALS. */
export const SHARE_DECIMALS = 6;
const SHARE_UNIT = 10n ** BigInt(SHARE_DECIMALS);
const CENT = 10n ** 16n;

/** What interest depends on: rates in basis points a year, `gracePeriod` in seconds. */
export interface RateTerms {
  readonly baseRate: bigint;
  readonly kinkRate: bigint;
  readonly fullRate: bigint;
  readonly kink: bigint;
  readonly penaltyRate: bigint;
  readonly gracePeriod: bigint;
}

/** What the interest since the last action depends on. Times are unix seconds; debt is in 10^-18 of a smallest unit. */
export interface AccruingLine {
  readonly debt: bigint;
  /** Smallest units. */
  readonly cash: bigint;
  readonly accruedAt: bigint;
  readonly lateSeconds: bigint;
  readonly short: boolean;
  readonly called: boolean;
}

const ceilDiv = (value: bigint, by: bigint) => (value + by - 1n) / by;
const least = (a: bigint, b: bigint) => (a < b ? a : b);

/**
 * What is owed, smallest units, rounded up.
 *
 * @example
 * ```ts
 * import { owedOf } from "zkmargin/protocol";
 *
 * console.log(owedOf({ debt: 1n })); // 1n
 * ```
 */
export function owedOf({ debt }: Pick<AccruingLine, "debt">): bigint {
  return ceilDiv(debt, FINE);
}

/**
 * The rate of a line, basis points a year, rounded up. As LineAccounts._rate.
 *
 * @example
 * ```ts
 * import { creditRate } from "zkmargin/protocol";
 *
 * const terms = { baseRate: 200n, kinkRate: 800n, fullRate: 5_000n, kink: 8_000n, penaltyRate: 1_000n, gracePeriod: 0n };
 * console.log(creditRate(terms, { debt: 40n * 10n ** 18n, cash: 60n })); // 500n
 * ```
 */
export function creditRate(terms: RateTerms, line: Pick<AccruingLine, "debt" | "cash">): bigint {
  const lent = owedOf(line);
  if (lent === 0n) return terms.baseRate;
  const used = ceilDiv(lent * BPS, lent + line.cash);
  const { baseRate, kinkRate, fullRate, kink } = terms;
  if (used <= kink) return baseRate + ceilDiv((kinkRate - baseRate) * used, kink);
  return kinkRate + ceilDiv((fullRate - kinkRate) * (used - kink), BPS - kink);
}

/**
 * What time adds to a line: interest in 10^-18 of a smallest unit, rounded up, and the seconds short that count then. As
 * LineAccounts._pending.
 *
 * @example
 * ```ts
 * import { creditInterest } from "zkmargin/protocol";
 *
 * const terms = { baseRate: 200n, kinkRate: 800n, fullRate: 5_000n, kink: 8_000n, penaltyRate: 1_000n, gracePeriod: 0n };
 * const line = { debt: 40n * 10n ** 18n, cash: 60n, accruedAt: 0n, lateSeconds: 0n, short: false, called: false };
 * console.log(creditInterest(terms, line, 31_536_000n).interest); // 2000000000000000000n
 * ```
 */
export function creditInterest(
  terms: RateTerms,
  line: AccruingLine,
  time: bigint,
): { readonly interest: bigint; readonly penaltySeconds: bigint; readonly lateSeconds: bigint } {
  const passed = time - line.accruedAt;
  const { gracePeriod: grace } = terms;
  let [lateSeconds, penaltySeconds] = [line.lateSeconds, 0n];
  if (line.short) {
    const free = lateSeconds < grace ? grace - lateSeconds : 0n;
    penaltySeconds = passed - least(passed, free);
    lateSeconds += passed;
  } else {
    if (lateSeconds > grace) penaltySeconds = least(passed, lateSeconds - grace);
    lateSeconds -= least(lateSeconds, passed);
  }
  if (line.debt === 0n) return { interest: 0n, penaltySeconds, lateSeconds };
  if (line.called) penaltySeconds = passed;
  const bpsSeconds = creditRate(terms, line) * passed + terms.penaltyRate * penaltySeconds;
  const interest = ceilDiv(line.debt * bpsSeconds, BPS * YEAR);
  return { interest, penaltySeconds, lateSeconds };
}

/**
 * A debt with the interest that the covenant counts ahead, at the highest rate; smallest units, rounded up. As LineAccounts.exposure.
 *
 * @example
 * ```ts
 * import { owedAhead } from "zkmargin/protocol";
 *
 * const year = 31_536_000n;
 * console.log(owedAhead(1_000_000n, { fullRate: 1_000n, penaltyRate: 500n }, year)); // 1150000n
 * ```
 */
export function owedAhead(
  owed: bigint,
  { fullRate, penaltyRate }: Pick<RateTerms, "fullRate" | "penaltyRate">,
  horizon: bigint,
): bigint {
  return owed + ceilDiv(owed * (fullRate + penaltyRate) * horizon, BPS * YEAR);
}

/**
 * An amount in cents, rounded up, at a price in attodollars a quantum. As CreditRegistry._cents.
 *
 * @example
 * ```ts
 * import { centsOwed } from "zkmargin/protocol";
 *
 * const token = { quantumDecimals: 6, tokenDecimals: 6 };
 * console.log(centsOwed(1_000_001n, 10n ** 12n, token)); // 101n
 * ```
 */
export function centsOwed(
  amount: bigint,
  high: bigint,
  { quantumDecimals, tokenDecimals }: { readonly quantumDecimals: number; readonly tokenDecimals: number },
): bigint {
  return ceilDiv(amount * 10n ** BigInt(quantumDecimals) * high, 10n ** BigInt(tokenDecimals) * CENT);
}

/**
 * What shares are worth, smallest units, rounded down. As ERC4626._convertToAssets with six virtual decimals.
 *
 * @example
 * ```ts
 * import { worthOf } from "zkmargin/protocol";
 *
 * console.log(worthOf(1_000_000n, 0n, 0n)); // 1n
 * ```
 */
export function worthOf(shares: bigint, totalAssets: bigint, totalShares: bigint): bigint {
  return (shares * (totalAssets + 1n)) / (totalShares + SHARE_UNIT);
}

/**
 * How many shares an amount buys, rounded down, or, `up`, burns. As ERC4626._convertToShares with six virtual decimals.
 *
 * @example
 * ```ts
 * import { sharesOf } from "zkmargin/protocol";
 *
 * console.log(sharesOf(1n, 0n, 0n)); // 1000000n
 * ```
 */
export function sharesOf(assets: bigint, totalAssets: bigint, totalShares: bigint, up = false): bigint {
  const [value, by] = [assets * (totalShares + SHARE_UNIT), totalAssets + 1n];
  return up ? ceilDiv(value, by) : value / by;
}
