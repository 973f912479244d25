import { BPS, LEAST_MOVE, ODOMETER_UNIT, ROUNDS } from "./bounds.js";
import type { Claim } from "./claim.js";

/** What a round commits for an asset, all in attodollars per quantum. */
export interface QuotedPrices {
  readonly low: bigint;
  readonly high: bigint;
  readonly funding: bigint;
}

/**
 * How far the odometer may run, in units of 10^-8, before a claim of health with this envelope lapses: the largest m with
 * m·(10^4 + e) ≤ e·10^8. As 1/(1 − m) ≤ 1 + e, every price is then within e of where it was.
 * @param envelope basis points
 *
 * @example
 * ```ts
 * import { allowanceOf } from "zkmargin/protocol";
 *
 * console.log(allowanceOf(100)); // 990099n
 * ```
 */
export function allowanceOf(envelope: number): bigint {
  const e = BigInt(envelope);
  return (e * ODOMETER_UNIT) / (BPS + e);
}

/** A reading of the odometer, units of 10^-8. */
export interface OdometerReading {
  readonly odometer: bigint;
}

/**
 * The reading up to which a claim of health holds, given the one of its round. As HealthWord.limit.
 * @returns units of 10^-8
 *
 * @example
 * ```ts
 * import { odometerLimit } from "zkmargin/protocol";
 *
 * console.log(odometerLimit({ odometer: 5_000n, claim: { envelope: 100 } })); // 995099n
 * ```
 */
export function odometerLimit({
  claim,
  odometer,
}: OdometerReading & { readonly claim: Pick<Claim, "envelope"> }): bigint {
  return odometer + allowanceOf(claim.envelope);
}

/**
 * The oldest remembered round after `from` whose reading is above `limit`; null if none is. As MarketLedger.firstBeyond.
 * @param ring the last rounds, by number modulo ROUNDS
 * @param limit units of 10^-8
 *
 * @example
 * ```ts
 * import { firstBeyond } from "zkmargin/protocol";
 *
 * const round = (number: number, odometer: bigint) => ({ number, odometer });
 * const ring = [null, round(1, 0n), round(2, 500n), round(3, 900n)];
 * console.log(firstBeyond({ newest: round(3, 900n), ring }, 1, 600n)?.number); // 3
 * ```
 */
export function firstBeyond<Round extends OdometerReading & { readonly number: number }>(
  { newest, ring }: { readonly newest: Round | null; readonly ring: readonly (Round | null)[] },
  from: number,
  limit: bigint,
): Round | null {
  const last = newest?.number ?? 0;
  let low = last < ROUNDS ? 1 : last - ROUNDS + 1;
  let high = last + 1;
  if (from >= low) low = from + 1;
  const end = high;
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if ((ring[middle % ROUNDS]?.odometer ?? 0n) > limit) high = middle;
    else low = middle + 1;
  }
  return low < end ? (ring[low % ROUNDS] ?? null) : null;
}

/**
 * How far one asset moves the odometer from a round to the next, in units of 10^-8: the greater relative move of low and
 * high, and the drift of funding relative to low, each rounded up. As QuoteLib.moved; 0 where there is no price before.
 *
 * @example
 * ```ts
 * import { moveOf } from "zkmargin/protocol";
 *
 * const before = { low: 1_000n, high: 1_000n, funding: 0n };
 * console.log(moveOf(before, { ...before, low: 990n })); // 1000000n
 * ```
 */
export function moveOf(before: QuotedPrices | undefined, next: QuotedPrices): bigint {
  if (before === undefined || before.low <= 0n || before.high <= 0n) return 0n;
  const relative = (a: bigint, b: bigint, base: bigint) =>
    ((a > b ? a - b : b - a) * ODOMETER_UNIT + base - 1n) / base;
  const ofLow = relative(before.low, next.low, before.low);
  const ofHigh = relative(before.high, next.high, before.high);
  return (ofLow > ofHigh ? ofLow : ofHigh) + relative(next.funding, before.funding, before.low);
}

/** A time-weighted average, rounded down and up; attodollars per quantum. */
export interface Average {
  readonly floor: bigint;
  readonly ceiling: bigint;
}

/** What a feed answered: attodollars per quantum. */
export interface Observation {
  readonly spot: bigint;
  readonly confidence: bigint;
}

/**
 * The low and high of a round: low = min(spot − confidence, average), high = max(spot + confidence, average). As
 * MarketLedger._quote.
 * @param average null where there are no seconds to average over
 * @returns attodollars per quantum
 *
 * @example
 * ```ts
 * import { quoteOf } from "zkmargin/protocol";
 *
 * console.log(quoteOf({ spot: 1_000n, confidence: 10n }, { floor: 1_040n, ceiling: 1_041n }).join()); // 990,1041
 * ```
 */
export function quoteOf({ spot, confidence }: Observation, average: Average | null): [bigint, bigint] {
  const [low, high] = [spot - confidence, spot + confidence];
  if (average === null) return [low, high];
  return [average.floor < low ? average.floor : low, average.ceiling > high ? average.ceiling : high];
}

/**
 * Whether the ledger takes another round of the same epoch. Within half the proving window of the last round the market must
 * have moved by LEAST_MOVE, and never does it take one within `minInterval`. As MarketLedger.poke.
 * @param elapsed seconds since the last round
 * @param moved since then, units of 10^-8
 *
 * @example
 * ```ts
 * import { takesRound } from "zkmargin/protocol";
 *
 * console.log(takesRound(60, 1_000_000n, { minInterval: 60, provingWindow: 1_800 })); // true
 * ```
 */
export function takesRound(
  elapsed: number,
  moved: bigint,
  { minInterval, provingWindow }: { readonly minInterval: number; readonly provingWindow: number },
): boolean {
  return elapsed >= minInterval && (moved >= LEAST_MOVE || elapsed >= Math.floor(provingWindow / 2));
}
