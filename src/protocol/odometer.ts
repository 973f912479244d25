import { BPS, ODOMETER_UNIT } from "./bounds.js";

/** What a round commits of an asset: attodollars per quantum, all three. */
export interface QuotedPrices {
  readonly low: bigint;
  readonly high: bigint;
  readonly funding: bigint;
}

/**
 * How far the odometer may run, in units of 10^-8, before a claim of health with this envelope lapses: the largest m with
 * m·(10^4 + e) ≤ e·10^8. As 1/(1 − m) ≤ 1 + e, every price is then within e of where it was. HealthWord.limit adds the
 * odometer of the claim's round.
 * @param envelope basis points
 */
export function allowanceOf(envelope: number): bigint {
  const e = BigInt(envelope);
  return (e * ODOMETER_UNIT) / (BPS + e);
}

/**
 * How far one asset moves the odometer from a round to the next, in units of 10^-8: the greater relative move of low and
 * high, and the drift of funding relative to low, each rounded up. As QuoteLib.moved; 0 where there is no price before.
 */
export function moveOf(before: QuotedPrices | undefined, next: QuotedPrices): bigint {
  if (before === undefined || before.low <= 0n || before.high <= 0n) return 0n;
  const relative = (a: bigint, b: bigint, base: bigint) =>
    ((a > b ? a - b : b - a) * ODOMETER_UNIT + base - 1n) / base;
  const ofLow = relative(before.low, next.low, before.low);
  const ofHigh = relative(before.high, next.high, before.high);
  return (ofLow > ofHigh ? ofLow : ofHigh) + relative(next.funding, before.funding, before.low);
}
