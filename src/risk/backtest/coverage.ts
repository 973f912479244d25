import { BPS } from "../../protocol/bounds.js";
import { conditionalCoverage, independence, transitions } from "./christoffersen.js";
import { kupiec, type TestResult } from "./kupiec.js";
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
    worstShortfall: exceptions.reduce<bigint | null>((worst, { loss, margin }) => {
      if (worst === null || margin <= 0n) return null;
      const shortfall = ((loss - margin) * BPS) / margin;
      return shortfall > worst ? shortfall : worst;
    }, 0n),
  };
}
