import { OutOfRangeError } from "../errors.js";
import { BPS } from "./bounds.js";

/** Caps on what accounts may lose under stress, and what the default fund must hold for them. As FundRequirement.sol, to the cent. */

/** The parts of FundTerms, in TypeScript's numbers. */
export interface FundRules {
  /** Least share of the sum of all caps that the fund must hold, basis points. */
  readonly alpha: bigint;
  /** Least share of its own caps that a member must have contributed, basis points. */
  readonly share: bigint;
  /** The most that a crisis can assess, basis points of what a member had in the fund. */
  readonly assessment: bigint;
  /** Seconds from a request to its payment. */
  readonly horizon: number;
  /** Seconds in which it can be paid. */
  readonly window: number;
  /** Seconds in which a past peak of the requirement fades. */
  readonly memoryPeriod: number;
  /** Seconds from a recorded lapse of a cap to default. */
  readonly grace: number;
  /** Seconds in which an assessment is in time. */
  readonly assessmentPeriod: number;
  /** Cents that the fund must hold whatever the caps are. */
  readonly floor: bigint;
  /** Cents of the grid's first step: a multiple of 4. */
  readonly leastCap: bigint;
}

/** The terms by which a fund's cover is judged, and its peak remembered. */
export type CoverTerms = Pick<FundRules, "alpha" | "floor" | "memoryPeriod">;

/** Groups are numbered from 1 to this. */
export const MAX_GROUPS = 128;
/** A claim's support has so many bits. */
const CAP_BITS = 56n;

/**
 * The cap of a step of the grid, cents: 0, then four steps to each doubling. As IDefaultFund.capAt.
 * @throws OutOfRangeError for a step whose cap no claim can carry
 *
 * @example
 * ```ts
 * import { capAt } from "zkmargin/protocol";
 *
 * console.log([0, 1, 2, 5].map((step) => capAt(step, 100_000n)).join()); // 0,100000,125000,200000
 * ```
 */
export function capAt(step: number, leastCap: bigint): bigint {
  if (step === 0) return 0n;
  const i = BigInt(step - 1);
  const cap = ((leastCap / 4n) * (4n + (i % 4n))) << (i / 4n);
  if (i / 4n >= CAP_BITS || cap >> CAP_BITS !== 0n)
    throw new OutOfRangeError("steps", `a cap below 2^${CAP_BITS} cents`, `step ${step}`);
  return cap;
}

/**
 * The lowest step whose cap is at least so many cents. What the cap says more than the loss is what it hides.
 * @throws OutOfRangeError if no step is
 *
 * @example
 * ```ts
 * import { stepFor } from "zkmargin/protocol";
 *
 * console.log(stepFor(110_000n, 100_000n)); // 2
 * ```
 */
export function stepFor(cents: bigint, leastCap: bigint): number {
  let step = 0;
  while (capAt(step, leastCap) < cents) step++;
  return step;
}

/** Sums of caps, cents. */
export interface CapSums {
  readonly all: bigint;
  /** Of the two groups with the most. */
  readonly first: bigint;
  readonly second: bigint;
}

/** The sums of caps. @param byGroup cents, by group from 1; others beside them have no group and a cap of 0 */
export function capSums(byGroup: Iterable<bigint>): CapSums {
  let [all, first, second] = [0n, 0n, 0n];
  for (const caps of byGroup) {
    all += caps;
    if (caps > first) [first, second] = [caps, first];
    else if (caps > second) second = caps;
  }
  return { all, first, second };
}

/**
 * What the fund must hold, cents: the caps of the two largest groups, alpha times all caps, or the floor.
 *
 * @example
 * ```ts
 * import { requiredFund } from "zkmargin/protocol";
 *
 * const terms = { alpha: 2_500n, floor: 0n };
 * console.log(requiredFund({ all: 1_000n, first: 100n, second: 100n }, terms)); // 250n
 * ```
 */
export function requiredFund(
  { all, first, second }: CapSums,
  { alpha, floor }: Pick<FundRules, "alpha" | "floor">,
): bigint {
  return [first + second, ceilDiv(all * alpha, BPS), floor].reduce((most, part) =>
    part > most ? part : most,
  );
}

/** A past peak of the requirement. */
export interface RequiredPeak {
  /** Cents. */
  readonly required: bigint;
  /** Unix seconds at which it last applied. */
  readonly at: number;
}

/** What is left of a past peak, cents. It fades in a straight line, rounded up. */
export function fadedPeak({ required, at }: RequiredPeak, time: number, memoryPeriod: number): bigint {
  const age = time - at;
  if (age >= memoryPeriod) return 0n;
  return ceilDiv(required * BigInt(memoryPeriod - age), BigInt(memoryPeriod));
}

/** Settlement units in a cent. @param decimals of the settlement token, 2 to 18 */
export function centUnits(decimals: number): bigint {
  if (decimals < 2 || decimals > 18) throw new OutOfRangeError("decimals", "2 to 18", String(decimals));
  return 10n ** BigInt(decimals - 2);
}

export function ceilDiv(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}
