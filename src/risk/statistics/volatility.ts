import { exp, ln } from "./elementary.js";

/** GARCH(1,1) about a mean of 0: σ²[t+1] = ω + α·r[t]² + β·σ²[t], with ω = (1 − α − β)·longRun. */
export interface Garch {
  readonly alpha: number;
  readonly beta: number;
  /** The variance it returns to. */
  readonly longRun: number;
  /** Gaussian log-likelihood, without its constant: −½ Σ (ln σ² + r²/σ²). */
  readonly logLikelihood: number;
}

/** α + β is kept below 1, so that there is a variance to return to; and α above 0. */
const PERSISTENCE = [0.5, 0.995] as const;
const SHARE = [0.01, 0.5] as const;
/** Steps of the grid, fine enough for a likelihood of two humps; and halvings where another search goes on around. */
const COARSE = 16;
/** Halvings of the golden section: 0.618^22 of an interval is 2.5e-5 of it. */
const FINE = 22;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Fits a GARCH(1,1) by maximum likelihood with variance targeting (Engle and Mezrich, "GARCH for groups", Risk
 * 1996): the long-run variance is the sample's, so that only persistence α + β and the share α/(α + β) are searched:
 * on a grid, then by golden sections in turn. The same steps for every input, so the same result everywhere. The
 * last return counts for no more than half of what persists: α ≤ β.
 *
 * A return beyond `bound` volatilities counts as one of `bound`, in the recursion and the likelihood. So one day cannot
 * settle the fit (bounded innovations: N. Muler, V. Yohai, "Robust estimates for GARCH models", Journal of Statistical
 * Planning and Inference 138, 2008).
 * @param returns at least two, not all 0
 */
export function fitGarch(returns: readonly number[], bound = Number.POSITIVE_INFINITY): Garch {
  const longRun = returns.reduce((sum, r) => sum + r * r, 0) / returns.length;
  const squares = returns.map((r) => (r * r) / longRun);
  const likelihood = (persistence: number, share: number) =>
    unitLikelihood(squares, persistence, share, bound * bound);
  const bestShare = (persistence: number, rounds: number) =>
    maximum((share) => likelihood(persistence, share), SHARE, rounds);
  const persistence = maximum((p) => likelihood(p, bestShare(p, COARSE)), PERSISTENCE, FINE);
  const share = bestShare(persistence, FINE);
  return {
    alpha: persistence * share,
    beta: persistence * (1 - share),
    longRun,
    logLikelihood: likelihood(persistence, share) - (returns.length / 2) * ln(longRun),
  };
}

/** How near to an end of its search a fit counts as being at it. */
const EDGE = 0.002;

/** At which end of its search a fit lies, so that its likelihood has no peak within: in words, or null. */
export function searchEdge({ alpha, beta }: Garch): string | null {
  const persistence = alpha + beta;
  if (persistence === 0) return null;
  const share = alpha / persistence;
  const near = (value: number, end: number) => Math.abs(value - end) <= EDGE;
  if (near(persistence, PERSISTENCE[0])) return `α + β at its least, ${PERSISTENCE[0]}`;
  if (near(persistence, PERSISTENCE[1])) return `α + β at its most, ${PERSISTENCE[1]}`;
  if (near(share, SHARE[0])) return `α/(α + β) at its least, ${SHARE[0]}`;
  if (near(share, SHARE[1])) return `α/(α + β) at its most, ${SHARE[1]}`;
  return null;
}

/** The forecast before every return, and after the last; the first is the long-run variance. */
export function garchVariances(
  returns: readonly number[],
  { alpha, beta, longRun }: Garch,
  bound = Number.POSITIVE_INFINITY,
): number[] {
  const omega = (1 - alpha - beta) * longRun;
  const variances = [longRun];
  let variance = longRun;
  for (const r of returns) {
    variance = omega + alpha * Math.min(r * r, bound * bound * variance) + beta * variance;
    variances.push(variance);
  }
  return variances;
}

/** Variance over the next n steps: n·longRun + (σ² − longRun)·(1 − pⁿ)/(1 − p), p = α + β. */
export function garchVarianceOver(next: number, { alpha, beta, longRun }: Garch, steps: number): number {
  let excess = next - longRun;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    sum += longRun + excess;
    excess *= alpha + beta;
  }
  return sum;
}

/** Log-likelihood of squares whose mean is 1. The logarithm of a product is taken once in a while, not of every factor. */
function unitLikelihood(
  squares: readonly number[],
  persistence: number,
  share: number,
  boundSquare: number,
): number {
  const alpha = persistence * share;
  const beta = persistence - alpha;
  const omega = 1 - persistence;
  let variance = 1;
  let product = 1;
  let logs = 0;
  let sum = 0;
  for (const full of squares) {
    const square = Math.min(full, boundSquare * variance);
    product *= variance;
    if (product > 1e100 || product < 1e-100) {
      logs += ln(product);
      product = 1;
    }
    sum += square / variance;
    variance = omega + alpha * square + beta * variance;
  }
  return -(logs + ln(product) + sum) / 2;
}

/** Where a function of one hump is largest: a grid finds the hump, a golden section the place. */
function maximum(f: (x: number) => number, [from, to]: readonly [number, number], rounds: number): number {
  const width = (to - from) / COARSE;
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i <= COARSE; i++) {
    const value = f(from + i * width);
    if (value > most) [best, most] = [i, value];
  }
  let low = from + Math.max(0, best - 1) * width;
  let high = from + Math.min(COARSE, best + 1) * width;
  let [x1, x2] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [f1, f2] = [f(x1), f(x2)];
  for (let i = 0; i < rounds; i++) {
    if (f1 >= f2) {
      [high, x2, f2] = [x2, x1, f1];
      x1 = high - GOLDEN * (high - low);
      f1 = f(x1);
    } else {
      [low, x1, f1] = [x1, x2, f2];
      x2 = low + GOLDEN * (high - low);
      f2 = f(x2);
    }
  }
  return (low + high) / 2;
}

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
