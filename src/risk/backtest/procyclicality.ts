import { BPS } from "../../protocol/bounds.js";

/** How fast, and how far, the margin of a book of constant size moved. Basis points of the lower margin. */
export interface Procyclicality {
  /** Largest rise within one tested day, 0 where it never rose. */
  readonly rise1: bigint;
  readonly rise5: bigint;
  readonly rise30: bigint;
  /** Highest margin over the lowest, 10 000 where it never moved; null where it was 0 on some day. */
  readonly peakToTrough: bigint | null;
}

/**
 * The two kinds of measure of D. Murphy, M. Vasios, N. Vause, "An investigation into the procyclicality of risk-based
 * initial margin models", Bank of England Financial Stability Paper 29, 2014: the largest rise in n days, here at any time
 * *within* n days, and the ratio of peak to trough.
 *
 * @param margins of consecutive days
 * @param changes indices from which on the book was another one: nothing is measured across them, and the ratio is the
 *   largest of its stretches
 */
export function procyclicality(margins: readonly bigint[], changes: readonly number[] = []): Procyclicality {
  const stretches = [0, ...changes].map((from, i) => margins.slice(from, changes[i]));
  const over = (measure: (stretch: readonly bigint[]) => bigint) => stretches.map(measure).reduce(larger, 0n);
  return {
    rise1: over((stretch) => largestRise(stretch, 1)),
    rise5: over((stretch) => largestRise(stretch, 5)),
    rise30: over((stretch) => largestRise(stretch, 30)),
    peakToTrough: margins.some((margin) => margin <= 0n) ? null : over(peakToTrough),
  };
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function peakToTrough(margins: readonly bigint[]): bigint {
  const highest = margins.reduce(larger, 0n);
  const lowest = margins.reduce((a, b) => (a < b ? a : b), highest);
  return lowest === 0n ? BPS : (highest * BPS) / lowest;
}

function largestRise(margins: readonly bigint[], within: number): bigint {
  let largest = 0n;
  margins.forEach((from, t) => {
    if (from <= 0n) return;
    for (const to of margins.slice(t + 1, t + 1 + within)) {
      const rise = ((to - from) * BPS) / from;
      if (rise > largest) largest = rise;
    }
  });
  return largest;
}
