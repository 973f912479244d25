import { BPS } from "../../protocol/bounds.js";
import { chiSquareAbove, exp, ln } from "../statistics/elementary.js";
import type { TestedDay } from "./walk.js";

/** How often a margin held. */
export interface Coverage {
  readonly days: number;
  /** Days on which the loss was above the margin. */
  readonly exceptions: readonly TestedDay[];
  /** Share of days on which it was not, basis points, rounded down. */
  readonly coverage: number;
  /** Exceptions that the confidence would lead one to expect. */
  readonly expected: number;
  readonly kupiec: TestResult;
  readonly independence: TestResult;
  readonly conditional: TestResult;
  /** Largest loss above the margin, as a share of the margin, basis points; 0 without an exception, null of no margin. */
  readonly worstShortfall: bigint | null;
  /** Of loss over margin: what it stays below at the confidence, and its mean on the days beyond (expected shortfall). */
  readonly tail: LossTail;
  /** The last 250 days by the traffic light of Basel, and the worst 250 in a row; null of fewer days. */
  readonly light: TrafficLight | null;
}

/** How losses compare with margins far out, basis points of the margin; null where there was none. */
export interface LossTail {
  readonly valueAtRisk: bigint | null;
  readonly expectedShortfall: bigint | null;
}

/**
 * Coverage at a stated confidence (basis points). A loss that is equal to the margin is covered.
 * @throws RangeError for no days, or a confidence that is not between 0 and 10 000
 */
export function coverageOf(days: readonly TestedDay[], confidence: number): Coverage {
  const probability = (Number(BPS) - confidence) / Number(BPS);
  const hits = days.map(({ loss, margin }) => loss > margin);
  const exceptions = days.filter((_, i) => hits[i]);
  return {
    days: days.length,
    exceptions,
    coverage: Math.floor(((days.length - exceptions.length) * Number(BPS)) / days.length),
    expected: days.length * probability,
    kupiec: kupiec(days.length, exceptions.length, probability),
    independence: independence(transitions(hits)),
    conditional: conditionalCoverage(hits, probability),
    tail: lossTail(days, probability),
    light: trafficLight(hits, probability),
    worstShortfall: exceptions.reduce<bigint | null>((worst, { loss, margin }) => {
      if (worst === null || margin <= 0n) return null;
      const shortfall = ((loss - margin) * BPS) / margin;
      return shortfall > worst ? shortfall : worst;
    }, 0n),
  };
}

/** The days beyond the confidence are the worst ⌈n·p⌉; the value at risk is the least of them. */
function lossTail(days: readonly TestedDay[], probability: number): LossTail {
  if (days.some(({ margin }) => margin <= 0n)) return { valueAtRisk: null, expectedShortfall: null };
  const worst = days
    .map(({ loss, margin }) => (loss * BPS) / margin)
    .sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))
    .slice(0, Math.max(1, Math.ceil(days.length * probability)));
  return {
    valueAtRisk: worst.at(-1) ?? null,
    expectedShortfall: worst.reduce((sum, share) => sum + share, 0n) / BigInt(worst.length),
  };
}

/** A zone of the Basel Committee's traffic light. */
export type Zone = "green" | "yellow" | "red";

/** Exceptions and zone of the last days, and of the worst days in a row. */
export interface TrafficLight {
  readonly last: { readonly exceptions: number; readonly zone: Zone };
  readonly worst: { readonly exceptions: number; readonly zone: Zone };
}

/** Days that a light looks at. */
const LIGHT_DAYS = 250;

/**
 * Green where as many exceptions or fewer have a probability below 95 %, red from 99.99 %, yellow between: at 99 % over 250 days,
 * from 5 and from 10 exceptions (Basel Committee, "Supervisory framework for the use of backtesting in conjunction with the internal
 * models approach", 1996).
 */
export function zoneOf(exceptions: number, days: number, probability: number): Zone {
  const cumulative = binomialUpTo(exceptions, days, probability);
  return cumulative < 0.95 ? "green" : cumulative < 0.9999 ? "yellow" : "red";
}

function trafficLight(hits: readonly boolean[], probability: number): TrafficLight | null {
  if (hits.length < LIGHT_DAYS) return null;
  const before = hits.reduce<number[]>((sums, hit) => [...sums, (sums.at(-1) ?? 0) + (hit ? 1 : 0)], [0]);
  const windows = before.slice(LIGHT_DAYS).map((sum, i) => sum - (before[i] ?? 0));
  const of = (exceptions: number) => ({ exceptions, zone: zoneOf(exceptions, LIGHT_DAYS, probability) });
  return { last: of(windows.at(-1) ?? 0), worst: of(windows.reduce((most, x) => Math.max(most, x), 0)) };
}

/** Probability of at most x successes in n. */
function binomialUpTo(x: number, n: number, p: number): number {
  return binomial(n, p).reduce((sum, probability, k) => (k <= x ? sum + probability : sum), 0);
}

/** Probability of each number of successes, 0 … n. */
function binomial(n: number, p: number): number[] {
  let log = n * ln(1 - p);
  return Array.from({ length: n + 1 }, (_, k) => {
    if (k > 0) log += ln(n - k + 1) - ln(k) + ln(p) - ln(1 - p);
    return log < -700 ? 0 : exp(log);
  });
}

/**
 * How probable it is that Kupiec's test rejects a stated probability in so many days, if `truth` is the true one: its power, exact by the
 * binomial distribution. With `truth` the stated one, it is the test's true size, which is not 5 % as days are whole.
 */
export function kupiecPower(days: number, probability: number, truth: number): number {
  return binomial(days, truth).reduce(
    (sum, chance, x) => (isRejected(kupiec(days, x, probability)) ? sum + chance : sum),
    0,
  );
}

/**
 * Holm's adjustment for many tests at once: each p-value times the tests that are left, in rising order, and never below the one before.
 * Below 5 % it rejects with at most 5 % of a wrong rejection among all (S. Holm, "A Simple Sequentially Rejective Multiple Test
 * Procedure", Scandinavian Journal of Statistics 6, 1979).
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => (pValues[a] ?? 0) - (pValues[b] ?? 0));
  const adjusted = pValues.map(() => 1);
  let least = 0;
  order.forEach((i, k) => {
    least = Math.max(least, Math.min(1, (pValues[i] ?? 1) * (pValues.length - k)));
    adjusted[i] = least;
  });
  return adjusted;
}

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
function timesLn(x: number, y: number): number {
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
