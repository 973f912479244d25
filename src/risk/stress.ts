import { BPS } from "../protocol/bounds.js";
import type { Listing } from "../protocol/listing.js";
import { type Assessment, assess, exceeds } from "../protocol/statement.js";
import type { Book, Market } from "../protocol/types.js";
import { healthFactor, lastTrue, withPriceFactors } from "../protocol/whatIf.js";
import type { LegKind } from "./backtest/books.js";
import { equityOf } from "./margin.js";
import type { PerpMoves, Shock } from "./shocks.js";

/** A line that an account can fall below on its way down. */
export interface Threshold {
  readonly name: string;
  /** Health factor in basis points; null is the end of equity. */
  readonly theta: number | null;
}

/** In the order in which an account falls through them, where nothing but its prices moves. */
export const THRESHOLDS: readonly Threshold[] = [
  { name: "initial margin", theta: 12_500 },
  { name: "margin call", theta: 11_000 },
  { name: "maintenance margin", theta: 10_000 },
  { name: "bankruptcy", theta: null },
];

/** A book at one point of a path. Amounts are attodollars × SCALE, floored. */
export interface PathPoint {
  /** Share of the path, basis points. */
  readonly at: number;
  /** Basis points, rounded down; null is infinite. */
  readonly healthFactor: bigint | null;
  /** See equityOf. */
  readonly equity: bigint;
  readonly collateral: bigint;
  readonly debt: bigint;
  readonly addOns: bigint;
  readonly scenarioLoss: bigint;
  readonly requirement: bigint;
  /** Index of the worst scenario from here, null where none loses. */
  readonly worstScenario: number | null;
  /** What each position has lost since the start, the largest loss first; negative is a gain. */
  readonly losses: readonly LegLoss[];
}

export interface LegLoss {
  readonly slot: number;
  readonly kind: LegKind;
  readonly loss: bigint;
}

/** Where a path crosses a threshold. */
export interface Crossing {
  readonly threshold: Threshold;
  /**
   * How the book stands at the first point (in basis points of the path) at or below it; null where it holds to the end.
   * A book that is past it at the start has crossed at 0, even if it recovers on the way.
   */
  readonly point: PathPoint | null;
}

/** A book along one shock: before, after, and where it crosses each threshold. */
export interface Cascade {
  readonly before: PathPoint;
  readonly after: PathPoint;
  /** In the order of THRESHOLDS. */
  readonly crossings: readonly Crossing[];
}

/** What a shock does to prices and to perpetuals, each of which moves in a straight line. */
export interface PathMoves {
  /** By slot, basis points of the price. */
  readonly moves: readonly number[];
  readonly perps?: PerpMoves;
}

const WHOLE_PATH = Number(BPS);
/** Amounts at a point of a path are in this part of an attodollar, so that nothing is rounded. */
const POINT_SCALE = BPS * BPS * BPS;

/**
 * Leads a book along a path. Every price moves in a straight line from where it is (0) to its move (10 000 basis points
 * of the path). Low and high move alike; parameters stay. A perpetual's own price goes in a straight line to its index and the
 * basis beside it, and funding is paid evenly: both are gained or lost as funding is. Scenarios and charges are of the index.
 *
 * The first point past a threshold is exact. A·10⁴ − θ·R is linear along the path but for −θ·M, which is concave, and for
 * the kink where P changes sign; there its slope falls from θ to pnlFactor per unit of P, as θ ≥ 10 000 ≥ pnlFactor, so
 * that is concave too. What lies above a threshold is therefore one interval, and where it begins at 0 bisection finds its end. Equity is linear.
 *
 * @example
 * ```ts
 * import { cascade } from "zkmargin/risk";
 *
 * const moves = market.listing.map(() => -3_000); // every price falls by 30 percent
 * console.log(cascade(dense, prices, { moves }).crossings.length);
 * ```
 */
export function cascade(
  book: Book,
  market: Market,
  path: PathMoves,
  thresholds: readonly Threshold[] = THRESHOLDS,
): Cascade {
  const pointOf = (at: number) => pointAt(book, market, path, at);
  return {
    before: pointOf(0),
    after: pointOf(WHOLE_PATH),
    crossings: thresholds.map((threshold) => {
      const at = firstPast((point) => isPast(...atPoint(book, market, path, point), threshold));
      return { threshold, point: at === null ? null : pointOf(at) };
    }),
  };
}

/** Book and market at a point of the path, every amount of money in 10^-12 attodollars. */
export function atPoint(
  book: Book,
  market: Market,
  { moves, perps }: PathMoves,
  point: number,
): [Book, Market] {
  const at = BigInt(point);
  const factorOf = (u: number) => POINT_SCALE + BigInt(moves[u] ?? 0) * at * BPS;
  const [there, then] = withPriceFactors(book, market, POINT_SCALE, factorOf);
  if (perps === undefined) return [there, then];
  const funding = then.funding.map((paid, u) => {
    const price = ((book.perp[u] ?? 0n) > 0n ? market.low[u] : market.high[u]) ?? 0n;
    const basis = (BPS + BigInt(moves[u] ?? 0)) * BigInt(perps.basis[u] ?? 0);
    return paid - price * at * (basis - BigInt(perps.funding[u] ?? 0) * BPS);
  });
  return [there, { ...then, funding }];
}

function isPast(book: Book, market: Market, { theta }: Threshold): boolean {
  return theta === null ? equityOf(book, market) <= 0n : !exceeds(assessed(book, market), theta);
}

function assessed(book: Book, market: Market): Assessment {
  return assess(book, market, { healthy: true, envelope: 0 });
}

function pointAt(book: Book, market: Market, path: PathMoves, at: number): PathPoint {
  const point = atPoint(book, market, path, at);
  const { collateral, debt, addOns, scenarioLoss, requirement, worstScenario } = assessed(...point);
  return {
    at,
    healthFactor: healthFactor({ collateral, requirement }),
    collateral: floor(collateral),
    debt: floor(debt),
    addOns: floor(addOns),
    scenarioLoss: floor(scenarioLoss),
    requirement: floor(requirement),
    equity: floor(equityOf(...point)),
    worstScenario,
    losses: lossesBetween(book, atPoint(book, market, path, 0)[1], point[1]),
  };
}

/** Equity lost by each position alone between two markets. */
function lossesBetween(book: Book, before: Market, after: Market): LegLoss[] {
  const none = book.spot.map(() => 0n);
  const alone = (kind: LegKind, u: number): Book => {
    const quantities = book[kind].map((quantity, v) => (v === u ? quantity : 0n));
    return { spot: none, perp: none, basis: 0n, [kind]: quantities };
  };
  return (["spot", "perp"] as const)
    .flatMap((kind) =>
      book[kind].flatMap((quantity, slot): LegLoss[] => {
        if (quantity === 0n) return [];
        const leg = alone(kind, slot);
        return [{ slot, kind, loss: floor(equityOf(leg, before) - equityOf(leg, after)) }];
      }),
    )
    .sort((a, b) => (a.loss === b.loss ? a.slot - b.slot : a.loss > b.loss ? -1 : 1));
}

function floor(amount: bigint): bigint {
  const quotient = amount / POINT_SCALE;
  return amount % POINT_SCALE < 0n ? quotient - 1n : quotient;
}

/** The first point of the path for which `past`, given that it stays so once it has begun; null where it never is. */
function firstPast(past: (point: number) => boolean): number | null {
  if (past(0)) return 0;
  const last = lastTrue(0, WHOLE_PATH, (point) => !past(point));
  return last === WHOLE_PATH ? null : last + 1;
}

/** A book under a shock. As private as the book. */
export interface Stress {
  readonly shock: Shock;
  /** Null where the book was not tested. */
  readonly cascade: Cascade | null;
  /** Assets that the book holds and that have no move: why it was not tested. */
  readonly unpriced: readonly string[];
}

/**
 * Leads a book along a shock, unless it holds an asset that has no move; nothing stands in for a price that was not there.
 *
 * @example
 * ```ts
 * import { joinShock, movesOn, stress } from "zkmargin/risk";
 *
 * const shock = joinShock("the May crash", market.listing, movesOn(history, market.listing, "2021-05-19"), {});
 * console.log(stress(dense, prices, market.listing, shock).cascade?.crossings.length);
 * ```
 */
export function stress(book: Book, market: Market, listing: Listing, shock: Shock): Stress {
  const unpriced = listing.flatMap(({ symbol }, u) => {
    const held = (book.spot[u] ?? 0n) !== 0n || (book.perp[u] ?? 0n) !== 0n;
    return held && (shock.moves[u] ?? null) === null ? [symbol] : [];
  });
  if (unpriced.length > 0) return { shock, cascade: null, unpriced };
  const { perps } = shock;
  const path = { moves: shock.moves.map((move) => move ?? 0), ...(perps && { perps }) };
  return { shock, cascade: cascade(book, market, path), unpriced };
}
