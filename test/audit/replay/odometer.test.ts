import assert from "node:assert/strict";
import { LEAST_MOVE } from "../../../src/protocol/bounds.js";
import { moveOf, quoteOf } from "../../../src/protocol/odometer.js";
import { Random } from "../../support/cases.js";

const SEED = 20_261_129;
const ASSETS = 16;
const MINUTES = 3 * 1_440;
const PRICE = 10n ** 12n;
/** Minutes: the default average, and the proving windows that contracts are tested and deployed with. */
const TWAP = 30;
const WINDOWS = [10, 30];

/** What a round says of an asset, and Σ spot · minutes up to it. */
interface Round {
  readonly minute: number;
  readonly spots: readonly bigint[];
  readonly sums: readonly bigint[];
}

describe("how fast poking can run the odometer", () => {
  const walk = randomWalk(new Random(SEED));
  const whenever = (window: number) => (age: number, move: bigint) => age >= window / 2 || move >= LEAST_MOVE;

  // shows: P32, A20
  for (const window of WINDOWS)
    it(`at most half as fast again as rounds each ${window} minutes (seed ${SEED})`, () => {
      const calm = odometer(walk, (age) => age >= window);
      const often = odometer(walk, whenever(window));
      const ratio = Number((often * 1_000n) / calm) / 1_000;
      assert.ok(ratio > 1.2 && ratio <= 1.5, `${ratio}`);
      // Without the rule, a round each minute.
      const each = odometer(walk, () => true);
      assert.ok(each > 3n * calm, `${Number((each * 1_000n) / calm) / 1_000}`);
    });
});

/** Spots of each minute: 1 % an hour, each asset on its own. */
function randomWalk(random: Random): bigint[][] {
  const perMinute = 0.01 / Math.sqrt(60);
  let spots = Array.from({ length: ASSETS }, () => PRICE);
  return Array.from({ length: MINUTES }, () => {
    spots = spots.map((spot) => {
      // Of twelve draws the sum is as good as normal.
      const draws = Array.from({ length: 12 }, () => random.integer(0, 1_000_000) / 1_000_000);
      const normal = draws.reduce((sum, draw) => sum + draw, -6);
      return (spot * BigInt(Math.round(1e9 * (1 + normal * perMinute)))) / 1_000_000_000n;
    });
    return spots;
  });
}

/** The odometer's reading in the end, where somebody pokes whenever `allowed`, minute by minute. */
function odometer(walk: readonly bigint[][], allowed: (age: number, move: bigint) => boolean): bigint {
  const rounds: Round[] = [];
  let [reading, anchor] = [0n, 0];
  let quotes: (readonly [bigint, bigint])[] = [];
  for (const [minute, spots] of walk.entries()) {
    const last = rounds.at(-1);
    if (last === undefined) {
      rounds.push({ minute, spots, sums: spots.map(() => 0n) });
      quotes = spots.map((spot) => [spot, spot]);
      continue;
    }
    const age = minute - last.minute;
    const sums = last.sums.map((sum, u) => sum + (last.spots[u] ?? 0n) * BigInt(age));
    while ((rounds[anchor + 1]?.minute ?? minute) + TWAP <= minute) anchor++;
    const old = rounds[anchor];
    const span = BigInt(minute - (old?.minute ?? 0));
    const next = spots.map((spot, u) => {
      const area = (sums[u] ?? 0n) - (old?.sums[u] ?? 0n);
      const average = { floor: area / span, ceiling: (area + span - 1n) / span };
      return quoteOf({ spot, confidence: 0n }, average);
    });
    const move = next.reduce((most, [low, high], u) => {
      const [lowBefore, highBefore] = quotes[u] ?? [1n, 1n];
      const one = moveOf({ low: lowBefore, high: highBefore, funding: 0n }, { low, high, funding: 0n });
      return one > most ? one : most;
    }, 0n);
    if (!allowed(age, move)) continue;
    reading += move;
    quotes = next;
    rounds.push({ minute, spots, sums });
  }
  return reading;
}
