import { exp, ln } from "./elementary.js";

/** The decay λ at which weights halve in so many steps: ½^(1/halfLife). @throws RangeError */
export function decayOf(halfLife: number): number {
  if (!(halfLife > 0 && Number.isFinite(halfLife))) throw new RangeError("a half-life that is not above 0");
  return exp(ln(0.5) / halfLife);
}

/**
 * Exponentially weighted variances about a mean of 0: σ²[t+1] = λ·σ²[t] + (1 − λ)·r[t]² (J.P. Morgan/Reuters,
 * RiskMetrics Technical Document, 4th edition 1996, section 5.2).
 * @param seed variance before the first return
 * @param bound what one return may count for at most, in the volatility expected of it
 * @returns the forecast before every return, and after the last: one more than there are returns
 */
export function ewmaVariances(
  returns: readonly number[],
  lambda: number,
  seed: number,
  bound = Number.POSITIVE_INFINITY,
): number[] {
  const variances = [seed];
  let variance = seed;
  for (const r of returns) {
    variance = lambda * variance + (1 - lambda) * Math.min(r * r, bound * bound * variance);
    variances.push(variance);
  }
  return variances;
}
