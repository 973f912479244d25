import { chiSquareAbove } from "../statistics/elementary.js";
import { kupiec, type TestResult, timesLn } from "./kupiec.js";

/** How often a day without (0) or with (1) an exception was followed by one without or with. */
export interface Transitions {
  readonly n00: number;
  readonly n01: number;
  readonly n10: number;
  readonly n11: number;
}

/** Counts what follows what. */
export function transitions(exceptions: readonly boolean[]): Transitions {
  const count = (before: boolean, after: boolean) =>
    exceptions.filter((hit, i) => i > 0 && exceptions[i - 1] === before && hit === after).length;
  return {
    n00: count(false, false),
    n01: count(false, true),
    n10: count(true, false),
    n11: count(true, true),
  };
}

/**
 * Christoffersen's test of independence: whether an exception makes another on the next day more, or less, likely. χ²
 * with one degree of freedom. It sees only what follows within a day, and little where exceptions are few.
 * (P. Christoffersen, "Evaluating Interval Forecasts", International Economic Review 39, 1998.)
 *
 *     LR = −2 ln [ (1−π)^(n00+n10)·π^(n01+n11) / ((1−π0)^n00·π0^n01·(1−π1)^n10·π1^n11) ]
 *     π0 = n01/(n00+n01), π1 = n11/(n10+n11), π = (n01+n11)/(n00+n01+n10+n11)
 */
export function independence({ n00, n01, n10, n11 }: Transitions): TestResult {
  const likelihood = (none: number, one: number) =>
    timesLn(none, none / (none + one)) + timesLn(one, one / (none + one));
  const apart = likelihood(n00, n01) + likelihood(n10, n11);
  const together = likelihood(n00 + n10, n01 + n11);
  const statistic = Math.max(0, 2 * (apart - together));
  return { statistic, pValue: chiSquareAbove(statistic, 1) };
}

/** Christoffersen's conditional coverage: both tests at once, χ² with two degrees of freedom. @throws as kupiec */
export function conditionalCoverage(exceptions: readonly boolean[], probability: number): TestResult {
  const coverage = kupiec(exceptions.length, exceptions.filter(Boolean).length, probability);
  const statistic = coverage.statistic + independence(transitions(exceptions)).statistic;
  return { statistic, pValue: chiSquareAbove(statistic, 2) };
}
