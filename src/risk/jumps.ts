import { PriceJumpError } from "../errors.js";
import { type DailyPrices, dailyTable, type PriceTable } from "../market/history.js";
import type { Listing } from "../protocol/listing.js";

import { ln } from "./statistics/elementary.js";

/** A jump by its asset and the time of its close, as the one who has looked at it names it. */
export interface NamedJump {
  readonly asset: string;
  readonly time: string;
}

/** A close that no market made, as far as prices tell. */
export interface PriceJump extends NamedJump {
  /** The close over the one before. */
  readonly factor: number;
  /** When the price was back, if it was: a bad print. Null for what looks like a redenomination. */
  readonly back: string | null;
}

/** How near a factor comes to a power of ten, and a price to where it was, to count as there. */
const NEAR = ln(1.25);
/** A market may halve or double in a row, and no further: beyond it a move is not ordinary. */
const ORDINARY = ln(2);
/** Least jump that is a bad print if it is taken back. */
const PRINT = ln(3);
/** Closes after a jump within which a bad print is taken back. */
const PRINT_CLOSES = 3;
const TEN = ln(10);
/** Two closes with more rows than these between them are not compared. */
const GAP_ROWS = 7;
/** Least number of other assets that make a market. */
const LEAST_OTHERS = 3;
/** Jumps that an error names one by one. */
const NAMED = 5;

/**
 * Finds the closes that look like a redenomination or a bad print. A move is the logarithm of a close over the close
 * before, once as it is and once without the market's move. The market's is the median of three others or more, where
 * that is at most a doubling.
 *
 * * a *bad print* is a move to a third, to three times or further, out of ordinary moves (less than a doubling). One of
 *   the next three closes takes it back to within a quarter;
 * * a *redenomination* is a move between two ordinary moves that is within a quarter of a power of ten, or a rise beyond
 *   tenfold.
 *
 * So a crash over several days is neither, nor is one that all assets share. Prices alone cannot tell a fall to about a
 * tenth (a hundredth, …) in one row, between calms, from a redenomination. docs/RISK.md gives error rates.
 *
 * @example
 * ```ts
 * import { priceJumps } from "zkmargin/risk";
 *
 * console.log(priceJumps(table).length); // closes that look like a redenomination or a bad print
 * ```
 */
export function priceJumps(table: PriceTable): PriceJump[] {
  const moves = table.closes.map((row, t) =>
    row.map((close, u) => {
      const before = table.closes[t - 1]?.[u] ?? null;
      return close === null || before === null ? null : ln(close / before);
    }),
  );
  return table.assets
    .flatMap((_, u) => jumpsOf(table, u, marketWithout(u, moves)))
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/**
 * Checks that a table holds no jump that is not named.
 * @throws PriceJumpError naming asset, time and factor of each, and how to accept it
 */
export function checkJumps(table: PriceTable, accepted: readonly NamedJump[], path = "prices"): void {
  refuseJumps(priceJumps(table), accepted, path);
}

/** As {@link checkJumps}, of jumps that were found. */
export function refuseJumps(
  jumps: readonly PriceJump[],
  accepted: readonly NamedJump[],
  path = "prices",
): void {
  const unnamed = jumps.filter(
    ({ asset, time }) => !accepted.some((named) => named.asset === asset && named.time === time),
  );
  const [first] = unnamed;
  if (first === undefined) return;
  const told = unnamed.slice(0, NAMED).map(jumpWords).join("; ");
  const more = unnamed.length > NAMED ? `; and ${unnamed.length - NAMED} more` : "";
  throw new PriceJumpError(
    `${path}.${first.time}.${first.asset}`,
    `closes that a market made (correct the history, or accept a true price with --accept-jump ${first.asset}=${first.time})`,
    `${told}${more}`,
  );
}

function jumpWords({ asset, time, factor, back }: PriceJump): string {
  const size = factor >= 1 ? `${rounded(factor)} times` : `1/${rounded(1 / factor)} of`;
  const like = back === null ? "as after a redenomination" : `and back on ${back}, as a bad print`;
  return `${asset} on ${time} at ${size} the close before, ${like}`;
}

function rounded(factor: number): string {
  return factor < 100 ? factor.toFixed(1) : factor.toFixed(0);
}

/** A move between two closes: as it is, and without the market's; none where they are too far apart to be compared. */
type Move = readonly number[];

function jumpsOf({ times, closes, assets }: PriceTable, u: number, market: readonly number[]): PriceJump[] {
  const points = closes.flatMap((row, t) => {
    const close = row[u] ?? null;
    return close === null ? [] : [{ t, close, log: ln(close), market: market[t] ?? 0 }];
  });
  const moveOf = (from: number, to: number): Move => {
    const [a, b] = [points[from], points[to]];
    if (a === undefined || b === undefined || b.t - a.t - (to - from) > GAP_ROWS) return [];
    return [b.log - a.log, b.log - a.log - (b.market - a.market)];
  };
  const isOrdinary = (to: number) => Math.abs(moveOf(to - 1, to)[0] ?? 0) <= ORDINARY;
  const found: PriceJump[] = [];
  for (let i = 1; i < points.length; i++) {
    if (isOrdinary(i) || !isOrdinary(i - 1)) continue;
    const jump = moveOf(i - 1, i);
    const back = Math.abs(jump[0] ?? 0) < PRINT ? 0 : takenBack(i, moveOf, points.length);
    if (back === 0 && !(isOrdinary(i + 1) && jump.some(isRedenomination))) continue;
    found.push({
      asset: assets[u] ?? "",
      time: times[points[i]?.t ?? 0] ?? "",
      factor: (points[i]?.close ?? 0) / (points[i - 1]?.close ?? 1),
      back: back === 0 ? null : (times[points[back]?.t ?? 0] ?? ""),
    });
    if (back > 0) i = back;
  }
  return found;
}

function isRedenomination(move: number): boolean {
  const power = Math.round(move / TEN);
  return move > TEN || (power !== 0 && Math.abs(move - power * TEN) <= NEAR);
}

/** The first of the closes after `i` that is where the one before `i` was; 0 if none is. */
function takenBack(i: number, moveOf: (from: number, to: number) => Move, count: number): number {
  for (let j = i + 1; j <= i + PRINT_CLOSES && j < count; j++)
    if (moveOf(i - 1, j).some((move) => Math.abs(move) <= NEAR)) return j;
  return 0;
}

/** By row: the sum until then of the median log moves of all assets but `u`. */
function marketWithout(u: number, moves: readonly (readonly (number | null)[])[]): number[] {
  let sum = 0;
  return moves.map((row) => {
    const others = row.filter((move, v) => v !== u && move !== null) as number[];
    others.sort((a, b) => a - b);
    const median = others[Math.floor(others.length / 2)] ?? 0;
    if (others.length >= LEAST_OTHERS && Math.abs(median) <= ORDINARY) sum += median;
    return sum;
  });
}

/** Rows on either side of the closes in question that say whether one of them is a jump; the rule looks at fewer. */
const AROUND = 40;

/**
 * The jumps of listed assets among the closes of some days: a redenomination between two of them, or a bad print that is one
 * of them. What lies before or after is not used with them, and does not matter.
 * @param from ISO date of the first close
 * @param to ISO date of the last
 */
export function jumpsAmong(prices: DailyPrices, listing: Listing, from: string, to: string): PriceJump[] {
  const first = prices.days.findIndex(({ date }) => date >= from);
  const end = prices.days.findLastIndex(({ date }) => date <= to) + 1;
  const days = prices.days.slice(Math.max(0, first - AROUND), end + AROUND);
  const listed = listing.map(({ symbol }) => symbol);
  return priceJumps(dailyTable({ assets: prices.assets, days })).filter(
    ({ asset, time, back }) => listed.includes(asset) && time <= to && (back === null ? time : back) > from,
  );
}
