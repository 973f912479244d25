import { TooLittleHistoryError } from "../errors.js";
import type { PriceTable } from "../market/history.js";
import { BPS } from "../protocol/bounds.js";
import type { Listing } from "../protocol/listing.js";
import { assess, exceeds } from "../protocol/statement.js";
import type { Book, Market } from "../protocol/types.js";
import { RISE_MAX, withPriceFactors } from "../protocol/whatIf.js";
import { equityOf } from "./margin.js";
import { returnsOf } from "./returns.js";
import { shrinkCovariance } from "./statistics/matrices.js";

/** Days of returns of all held assets that an estimate takes at least. */
const LEAST_ROWS = 60;
/** Relative moves are in this part of the price; a path in this part of its move. */
const FINE = 100_000_000n;
const STEPS = 1_000_000n;
const HEALTHY = { healthy: true, envelope: 0 } as const;

/** How prices move in a day: covariances of relative moves of some slots. */
export interface Moves {
  /** Slots of the listing. */
  readonly slots: readonly number[];
  /** `[i][j]` of slots i and j, shrunk as Ledoit and Wolf do. */
  readonly covariance: readonly (readonly number[])[];
  /** Days that it was estimated from. */
  readonly days: number;
}

/** The least move to a threshold. Private, as its book is. */
export interface ReverseMove {
  /** Slots that move; one of an asset alone. */
  readonly slots: readonly number[];
  /** Relative moves of these slots: −0.2 is a fall by a fifth. */
  readonly moves: readonly number[];
  /** Mahalanobis distance: the length of the move in standard deviations of a day, correlations counted. */
  readonly distance: number;
}

/** Where a threshold lies. */
export interface Reversal {
  readonly name: string;
  /** Of all held assets together; null where none that is possible reaches it. */
  readonly joint: ReverseMove | null;
  /** Of each held asset alone, others unchanged; null where it cannot. */
  readonly alone: readonly { readonly slot: number; readonly move: ReverseMove | null }[];
}

/**
 * The covariance of a day's relative moves of what a book holds, of a price table's days.
 * @throws TooLittleHistoryError where fewer than 60 days have closes of all that is held and moves
 *
 * @example
 * ```ts
 * import { movesOf } from "zkmargin/risk";
 *
 * console.log(movesOf(dense, market.listing, table).days > 60); // true
 * ```
 */
export function movesOf(book: Book, listing: Listing, table: PriceTable): Moves {
  const held = listing.flatMap(({ symbol }, u) =>
    (book.spot[u] ?? 0n) !== 0n || (book.perp[u] ?? 0n) !== 0n ? [{ slot: u, symbol }] : [],
  );
  const priced = held.filter(({ symbol }) => table.assets.includes(symbol));
  const columns = priced.map(({ symbol }) => table.assets.indexOf(symbol));
  const rows = returnsOf(table).values.flatMap((row) => {
    const values = columns.map((column) => row[column] ?? null);
    return values.every((value): value is number => value !== null) ? [values] : [];
  });
  if (rows.length < LEAST_ROWS || columns.length === 0)
    throw new TooLittleHistoryError(
      "history",
      `${LEAST_ROWS} days with closes of all that the book holds, and of the day before`,
      `${columns.length === 0 ? 0 : rows.length}`,
    );
  const moving = columns.flatMap((_, i) => (rows.some((row) => row[i] !== 0) ? [i] : []));
  const { covariance } = shrinkCovariance(rows.map((row) => moving.map((i) => row[i] ?? 0)));
  return { slots: moving.map((i) => priced[i]?.slot ?? 0), covariance, days: rows.length };
}

/** A linear gain of relative moves: above 0 the threshold is not reached. */
interface Piece {
  readonly constant: number;
  /** By {@link Moves.slots}. */
  readonly slope: readonly number[];
}

/**
 * The least move of prices, in standard deviations of a day, that brings a book to HF ≤ θ and to equity ≤ 0.
 *
 * A·10⁴ − θ·R is the least of linear functions of the prices: one for each scenario and none, and for a profit and a loss of the
 * perpetuals. So the least move is the shortest of the distances to these planes, c / √(a′Σa) along Σa. Each is then followed with
 * the reference model itself until it reaches the threshold.
 * @param theta basis points
 *
 * @example
 * ```ts
 * import { movesOf, reverseStress } from "zkmargin/risk";
 *
 * const [margin] = reverseStress(dense, prices, movesOf(dense, market.listing, table), 10_000);
 * console.log(margin?.name); // health factor 1
 * ```
 */
export function reverseStress(book: Book, market: Market, moves: Moves, theta: number): Reversal[] {
  const isHealthy = (b: Book, m: Market) => exceeds(assess(b, m, HEALTHY), theta);
  const isSolvent = (b: Book, m: Market) => equityOf(b, m) > 0n;
  return [
    reversal(
      `health factor ${theta / Number(BPS)}`,
      book,
      market,
      moves,
      linearParts(market, theta).map((part) => piece(book, market, moves, part)),
      isHealthy,
    ),
    reversal(
      "equity 0",
      book,
      market,
      moves,
      [piece(book, market, moves, (b, m) => equityOf(b, m))],
      isSolvent,
    ),
  ];
}

function reversal(
  name: string,
  book: Book,
  market: Market,
  { slots, covariance }: Moves,
  planes: readonly Piece[],
  holds: (book: Book, market: Market) => boolean,
): Reversal {
  const least = (chosen: readonly number[]): ReverseMove | null => {
    const found = planes.flatMap((plane): ReverseMove[] => {
      const slope = chosen.map((i) => plane.slope[i] ?? 0);
      const pushed = chosen.map((i) =>
        chosen.reduce((sum, j, k) => sum + (covariance[i]?.[j] ?? 0) * (slope[k] ?? 0), 0),
      );
      const variance = pushed.reduce((sum, value, k) => sum + value * (slope[k] ?? 0), 0);
      if (!(variance > 0)) return [];
      const direction = pushed.map((value) => (-plane.constant * value) / variance);
      const at = chosen.map((i) => slots[i] ?? 0);
      const share = firstFailure(book, market, at, direction, holds);
      if (share === null) return [];
      const length = Math.abs(plane.constant) / Math.sqrt(variance);
      return [{ slots: at, moves: direction.map((move) => move * share), distance: length * share }];
    });
    return found.sort((a, b) => a.distance - b.distance)[0] ?? null;
  };
  const all = slots.map((_, i) => i);
  return {
    name,
    joint: least(all),
    alone: all.map((i) => ({ slot: slots[i] ?? 0, move: least([i]) })),
  };
}

/** The share of a move at which a fact ends, to a millionth; null where it does not, up to twice the move and a price of 0. */
function firstFailure(
  book: Book,
  market: Market,
  slots: readonly number[],
  direction: readonly number[],
  holds: (book: Book, market: Market) => boolean,
): number | null {
  if (!holds(book, market)) return 0;
  const fine = direction.map((move) => BigInt(Math.round(Math.max(-2, Math.min(move, 50)) * Number(FINE))));
  const after = (step: bigint) =>
    withPriceFactors(book, market, FINE * STEPS, (u) => {
      const i = slots.indexOf(u);
      const factor = FINE * STEPS + (i === -1 ? 0n : (fine[i] ?? 0n) * step);
      return factor > 0n ? factor : 0n;
    });
  // As far as the farthest price goes: to 0, or to eleven times itself.
  const most = direction.reduce(
    (least, move) => Math.min(least, move < 0 ? -1 / move : move > 0 ? RISE_MAX / 10_000 / move : least),
    2,
  );
  let [yes, no] = [0n, BigInt(Math.floor(most * Number(STEPS)))];
  if (holds(...after(no))) return null;
  while (no - yes > 1n) {
    const middle = (yes + no) / 2n;
    if (holds(...after(middle))) yes = middle;
    else no = middle;
  }
  return Number(no) / Number(STEPS);
}

/** A linear function of relative moves, from its values at no move and at one basis point of each. */
function piece(
  book: Book,
  market: Market,
  { slots }: Moves,
  value: (book: Book, market: Market) => bigint,
): Piece {
  const at = (slot: number | null) =>
    value(...withPriceFactors(book, market, BPS, (u) => (u === slot ? BPS + 1n : BPS)));
  const start = at(null);
  return {
    constant: Number(start),
    slope: slots.map((slot) => Number((at(slot) - start) * BPS)),
  };
}

/**
 * A·10⁴ − θ·R as the least of functions that are linear in prices and in positions that keep their sign: one for each scenario and
 * none, and for a profit and a loss of the perpetuals. Attodollars × SCALE × 10⁴.
 * @param theta basis points, 10 000 or more
 */
export function linearParts(
  { shock }: Pick<Market, "shock">,
  theta: number,
): ((book: Book, market: Market) => bigint)[] {
  const of = BigInt(theta);
  const part =
    (scenario: number | null, profit: boolean) =>
    (book: Book, market: Market): bigint => {
      const assessed = assess(book, market, HEALTHY);
      const { collateral, requirement, scenarioLoss, scenarioLosses, unrealizedPnl } = assessed;
      const gain = unrealizedPnl > 0n ? (unrealizedPnl / BPS) * market.pnlFactor : 0n;
      const loss = unrealizedPnl < 0n ? -unrealizedPnl : 0n;
      const worst = scenario === null ? 0n : (scenarioLosses[scenario] ?? 0n);
      const rest = (collateral - gain) * BPS - of * (requirement - scenarioLoss - loss + worst);
      return rest + (profit ? unrealizedPnl * market.pnlFactor : unrealizedPnl * of);
    };
  return [null, ...shock.map((_, s) => s)].flatMap((scenario) =>
    [true, false].map((profit) => part(scenario, profit)),
  );
}
