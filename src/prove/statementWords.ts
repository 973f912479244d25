import { BPS } from "../protocol/bounds.js";
import type { Claim } from "../protocol/claim.js";

/** What every claim rests on. */
export const QUALIFIER = "complete with respect to the registered attesters";

/** A health factor in basis points as people write it: 12500 is "1.2500". */
export function factorText(basisPoints: bigint | number): string {
  const value = BigInt(basisPoints);
  return `${value / BPS}.${(value % BPS).toString().padStart(4, "0")}`;
}

/** Basis points as a percentage: 250 is "2.50%". */
export function percentText(basisPoints: number): string {
  return `${Math.floor(basisPoints / 100)}.${String(basisPoints % 100).padStart(2, "0")}%`;
}

/** The claim in plain English, made from its numbers alone, so that the two cannot disagree. */
export function statementWords({ theta, envelope, healthy, isolated }: Claim): string {
  const verdict = healthy ? "above" : "not above";
  const range = envelope === 0 ? "" : ` and at all prices within ${percentText(envelope)} of them`;
  return (
    `The health factor of ${bookWords(isolated)} is ${verdict} ${factorText(theta)} at the prices of this market${range}. ` +
    `The book is ${QUALIFIER}.`
  );
}

/** A band of the health factor, in basis points: above the one, not above the other. */
export interface BandClaim {
  readonly above: number;
  readonly notAbove: number;
  readonly isolated: boolean;
}

/** A band in plain English. Each half has its own prices, which are the same where the market has no spread. */
export function bandWords({ above, notAbove, isolated }: BandClaim): string {
  return (
    `The health factor of ${bookWords(isolated)} is, at the prices of this market, above ${factorText(above)} priced against ` +
    `the account, and not above ${factorText(notAbove)} priced in its favour. The book is ${QUALIFIER}.`
  );
}

function bookWords(isolated: boolean): string {
  return `the committed ${isolated ? "book, isolated (at most one perpetual and one collateral asset)," : "book"}`;
}
