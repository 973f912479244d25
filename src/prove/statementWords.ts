import { BPS } from "../protocol/bounds.js";
import type { Claim } from "../protocol/claim.js";

/** What every claim rests on. */
export const QUALIFIER = "complete with respect to the registered attesters";

/**
 * A health factor in basis points as people write it: 12500 is "1.2500".
 *
 * @example
 * ```ts
 * import { factorText } from "zkmargin/verify";
 *
 * console.log(factorText(12_500)); // 1.2500
 * ```
 */
export function factorText(basisPoints: bigint | number): string {
  const value = BigInt(basisPoints);
  return `${value / BPS}.${(value % BPS).toString().padStart(4, "0")}`;
}

/**
 * Basis points as a percentage: 250 is "2.50%".
 *
 * @example
 * ```ts
 * import { percentText } from "zkmargin/verify";
 *
 * console.log(percentText(250)); // 2.50%
 * ```
 */
export function percentText(basisPoints: number): string {
  return `${Math.floor(basisPoints / 100)}.${String(basisPoints % 100).padStart(2, "0")}%`;
}

/**
 * The claim in plain English, made from its numbers alone, so that the two cannot disagree.
 *
 * @example
 * ```ts
 * import { statementWords } from "zkmargin/verify";
 *
 * console.log(statementWords({ theta: 10_000, envelope: 100, healthy: true, isolated: false }));
 * ```
 */
export function statementWords(claim: Claim): string {
  const { theta, envelope, healthy, isolated, sleeve = false, support = 0n } = claim;
  const verdict = healthy ? "above" : "not above";
  const range = envelope === 0 ? "" : ` and at all prices within ${percentText(envelope)} of them`;
  const changed = support === 0n ? "" : `, ${supportWords(support)},`;
  return (
    `The health factor of ${bookWords(isolated)}${changed} is ${verdict} ${factorText(theta)} at the prices of this market${range}. ` +
    `${sleeve ? SLEEVE_WORDS : ""}The book is ${QUALIFIER}.`
  );
}

const SLEEVE_WORDS =
  "Its options and whatever else is not linear in a price count as its attesters computed them: at prices that also lie within " +
  "the band, and until the time, that they signed. ";

/** "with 1000.00 dollars added to its collateral". @param support cents, not 0 */
function supportWords(support: bigint): string {
  const size = support < 0n ? -support : support;
  const dollars = `${size / 100n}.${(size % 100n).toString().padStart(2, "0")} dollars`;
  return support > 0n ? `with ${dollars} added to its collateral` : `with ${dollars} more owed`;
}

/** A band of the health factor, in basis points: above the one, not above the other. */
export interface BandClaim {
  readonly above: number;
  readonly notAbove: number;
  readonly isolated: boolean;
}

/**
 * A band in plain English. Each half has its own prices, which are the same where the market has no spread.
 *
 * @example
 * ```ts
 * import { bandWords } from "zkmargin/verify";
 *
 * console.log(bandWords({ above: 11_000, notAbove: 12_500, isolated: false }));
 * ```
 */
export function bandWords({ above, notAbove, isolated }: BandClaim): string {
  return (
    `The health factor of ${bookWords(isolated)} is, at the prices of this market, above ${factorText(above)} priced against ` +
    `the account, and not above ${factorText(notAbove)} priced in its favour. The book is ${QUALIFIER}.`
  );
}

function bookWords(isolated: boolean): string {
  return `the committed ${isolated ? "book, isolated (at most one perpetual and one collateral asset)," : "book"}`;
}

const UNITS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/**
 * How long ago a time is, in its largest unit and rounded down, so that a reader sees that prices are old: "5 years ago".
 * @param time Unix seconds
 * @param now Unix seconds
 *
 * @example
 * ```ts
 * import { agoText } from "zkmargin/verify";
 *
 * console.log(agoText(1_621_382_400, 1_780_000_000)); // 5 years ago
 * console.log(agoText(1_621_382_400, 1_621_296_000)); // in 1 day
 * ```
 */
export function agoText(time: number, now: number): string {
  const distance = Math.abs(now - time);
  const [unit, seconds] = UNITS.find(([, length]) => distance >= length) ?? ["second", 1];
  const count = Math.floor(distance / seconds);
  if (count === 0) return "now";
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return time > now ? `in ${words}` : `${words} ago`;
}
