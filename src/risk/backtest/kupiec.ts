import { chiSquareAbove, ln } from "../statistics/elementary.js";

/** A likelihood-ratio test. */
export interface TestResult {
  /** Larger is worse. */
  readonly statistic: number;
  /** Probability of a statistic at least as large if the hypothesis is true, by the χ² approximation. */
  readonly pValue: number;
}

/** Whether a test rejects its hypothesis, at 5 %. */
export function isRejected({ pValue }: TestResult): boolean {
  return pValue < 0.05;
}

/** x·ln y, which is 0 where x is, whatever y. */
export function timesLn(x: number, y: number): number {
  return x === 0 ? 0 : x * ln(y);
}

/**
 * Kupiec's test of the proportion of failures: whether `exceptions` in `days` fit the probability of one. χ² with one
 * degree of freedom; above 3.84 the hypothesis is rejected at 5 %. It has two sides: too few are rejected as well.
 * (P. Kupiec, "Techniques for Verifying the Accuracy of Risk Measurement Models", Journal of Derivatives 3, 1995.)
 *
 *     LR = −2 ln [ (1−p)^(n−x)·p^x / ((1−x/n)^(n−x)·(x/n)^x) ]
 *
 * @throws RangeError unless 0 ≤ exceptions ≤ days, days ≥ 1 and 0 < probability < 1
 */
export function kupiec(days: number, exceptions: number, probability: number): TestResult {
  if (!(days >= 1 && exceptions >= 0 && exceptions <= days && probability > 0 && probability < 1))
    throw new RangeError("Kupiec's test: expected 0 to n exceptions in n days, and a probability");
  const likelihood = (p: number) => timesLn(days - exceptions, 1 - p) + timesLn(exceptions, p);
  // It is never below 0; rounding may say so where both likelihoods are one.
  const statistic = Math.max(0, 2 * (likelihood(exceptions / days) - likelihood(probability)));
  return { statistic, pValue: chiSquareAbove(statistic, 1) };
}
