import { MissingFieldError, OutOfRangeError } from "../errors.js";
import { daysBetween } from "../market/date.js";
import type { DailyPrices } from "../market/history.js";
import { BPS } from "../protocol/bounds.js";
import type { Listing } from "../protocol/listing.js";
import { checkProfile, type RiskProfile, type Scenario } from "../protocol/profile.js";
import { TIERS } from "../protocol/tiers.js";
import { CASH } from "./backtest/books.js";
import { jumpsAmong, type NamedJump, refuseJumps } from "./jumps.js";
import { limitOffsets, OFFSET_LIMIT } from "./offsets.js";
import { staleRuns } from "./stale.js";

/** The stress profile of a default fund: what members' books lose on the worst days of a history, at full size. */

/** What the profile is made from. */
export interface CoverOptions {
  readonly name: string;
  readonly listing: Listing;
  readonly prices: DailyPrices;
  /** Days that a default takes, over which moves are measured, 1 to 30. */
  readonly horizonDays: number;
  /** Share of a position's own worst move that no offset takes away, basis points. */
  readonly offsetLimit: number;
  /** Distance of a perpetual from its index that gross perpetuals are charged for, basis points. */
  readonly basis: number;
  /** Funding of a day, likewise. */
  readonly funding: number;
  /** Assets that are meant to be worth a dollar, and may stand still. */
  readonly pegged: readonly string[];
  /** Closes that look like a redenomination or a bad print, and are true. */
  readonly acceptJumps?: readonly NamedJump[];
}

/** What the choices of a calibration are, with nothing weighed down. */
export const DEFAULT_COVER: Omit<CoverOptions, "name" | "listing" | "prices"> = {
  horizonDays: 2,
  offsetLimit: OFFSET_LIMIT,
  basis: 1_000,
  funding: 90,
  pegged: [CASH],
};

/** A scenario of the profile, and why it is there. */
export interface CoverScenario {
  readonly name: string;
  readonly why: string;
  /** Listed assets that had no price then and move as the mean of the others. */
  readonly filled: readonly string[];
}

/** The profile, and what it was made of. */
export interface CoverProfile {
  readonly profile: RiskProfile;
  /** First and last day of the history. */
  readonly from: string;
  readonly to: string;
  /** Ends of horizons that had enough prices. */
  readonly days: number;
  readonly scenarios: readonly CoverScenario[];
}

interface Row {
  readonly date: string;
  readonly moves: readonly number[];
  readonly filled: readonly string[];
}

/** The most that a scenario can move a price. */
const SHOCK_LIMIT = Number(BPS);
/** Share of the risky assets that must have had a price. */
const LEAST_PRICED = 0.5;

/**
 * Makes the profile. Its scenarios are: every asset's worst fall at once; every asset's best rise; the days with the lowest and the
 * highest mean; then the days that reach furthest in a direction which no day before them has. All at full size, since a default
 * fund is for what did happen. A rise is cut off at 100 %, the bound of a shock.
 *
 * All factors are 1 and there is no charge for impact: a haircut and a shock would count one move twice. φ of each asset's smaller
 * worst move is charged on its net exposure (limitOffsets), so no book is without stress because it is flat in sixteen
 * scenarios. Gross perpetuals are charged for basis and funding of the horizon.
 * @throws OutOfRangeError for an option out of bounds; MissingFieldError for an asset that never has a move; PriceJumpError
 *
 * @example
 * ```ts
 * import { coverProfile, DEFAULT_COVER } from "zkmargin/risk";
 *
 * const { profile } = coverProfile({ ...DEFAULT_COVER, name: "stress", listing: market.listing, prices: history });
 * console.log(profile.assets.every(({ collateralFactor }) => collateralFactor === 10_000)); // true
 * ```
 */
export function coverProfile(options: CoverOptions): CoverProfile {
  const { name, listing, prices, horizonDays, offsetLimit, basis, funding } = options;
  for (const [field, value, low, high] of [
    ["horizonDays", horizonDays, 1, 30],
    ["offsetLimit", offsetLimit, 0, SHOCK_LIMIT],
    ["basis", basis, 0, SHOCK_LIMIT],
    ["funding", funding, 0, SHOCK_LIMIT],
  ] as const)
    if (!Number.isInteger(value) || value < low || value > high)
      throw new OutOfRangeError(field, `${low} to ${high}`, String(value));
  const [from, to] = [prices.days[0]?.date ?? "", prices.days.at(-1)?.date ?? ""];
  refuseJumps(jumpsAmong(prices, listing, from, to), options.acceptJumps ?? [], "history");
  const columns = listing.map(({ symbol }) => movesOf(options, symbol));
  const rows = rowsOf(options, columns);
  const chosen = [...worstOfEach(options, columns), ...unlikeDays(options, rows)];
  const scenarios = chosen.map(
    ({ date, moves }): Scenario => ({
      name: date,
      shocks: Object.fromEntries(listing.map(({ symbol }, u) => [symbol, moves[u] ?? 0])),
    }),
  );
  const limited = limitOffsets(scenarios, offsetLimit);
  const perpMargin = Math.min(SHOCK_LIMIT, basis + funding * horizonDays);
  const profile: RiskProfile = {
    name,
    description: `Stress of a default fund: the worst ${horizonDays} days of ${from} to ${to} at full size, factors 1.`,
    pnlFactor: SHOCK_LIMIT,
    maxBorrowRate: 0,
    bookMaxAge: 86_400,
    assets: listing.map(({ symbol }) => ({
      asset: symbol,
      collateralFactor: SHOCK_LIMIT,
      debtFactor: SHOCK_LIMIT,
      perpMargin,
      liquidity: limited.charges[symbol] ?? 0,
      impact: 0n,
    })),
    scenarios: limited.scenarios,
  };
  checkProfile(profile, listing);
  return {
    profile,
    from,
    to,
    days: rows.length,
    scenarios: chosen.map(({ date, why, filled }) => ({ name: date, why, filled })),
  };
}

/** An asset's moves over the horizon, by day; null where it had no price at either end, or a close was carried forward. */
function movesOf({ prices, horizonDays, pegged }: CoverOptions, symbol: string): (number | null)[] {
  const column = prices.assets.indexOf(symbol);
  const closes = prices.days.map((day) => day.closes[column] ?? null);
  const stale = pegged.includes(symbol) ? [] : staleRuns(closes);
  const at = new Map(prices.days.map(({ date }, t) => [date, t]));
  const moves = prices.days.map(({ date }, t) => {
    const start = horizonStart(prices, at, t, date, horizonDays);
    const [first, last] = [start === null ? null : (closes[start] ?? null), closes[t] ?? null];
    if (first === null || last === null) return null;
    if (stale.some((run) => run.from < t && t <= run.to)) return null;
    return cut(awayFromZero(last - first, first));
  });
  if (moves.every((move) => move === null))
    throw new MissingFieldError(`history.${symbol}`, "closes at both ends of a horizon", "none");
  return moves;
}

function horizonStart(
  { days }: DailyPrices,
  at: ReadonlyMap<string, number>,
  t: number,
  date: string,
  horizon: number,
): number | null {
  for (let i = Math.max(0, t - horizon); i < t; i++) {
    const day = days[i]?.date ?? "";
    if (daysBetween(day, date) === horizon) return at.get(day) ?? null;
  }
  return null;
}

/** Days on which half of the risky assets moved; the others move as their mean, a pegged one not at all. */
function rowsOf({ listing, prices, pegged }: CoverOptions, columns: readonly (number | null)[][]): Row[] {
  const risky = listing.map(({ symbol }) => !pegged.includes(symbol));
  return prices.days.flatMap(({ date }, t): Row[] => {
    const moves = columns.map((column) => column[t] ?? null);
    const present = moves.filter((move, u): move is number => move !== null && risky[u] === true);
    if (present.length === 0 || present.length < LEAST_PRICED * risky.filter((is) => is).length) return [];
    const mean = cut(Math.trunc(present.reduce((sum, move) => sum + move, 0) / present.length));
    return [
      {
        date,
        moves: moves.map((move, u) => move ?? (risky[u] ? mean : 0)),
        filled: listing.flatMap(({ symbol }, u) => (moves[u] === null ? [symbol] : [])),
      },
    ];
  });
}

/** All worst falls at once, and all best rises: no day, but it alone bounds a book that is long or short only. */
function worstOfEach(
  { listing }: CoverOptions,
  columns: readonly (number | null)[][],
): (Row & { readonly why: string })[] {
  const most = (way: 1 | -1) =>
    listing.map(
      (_, u) => way * (columns[u] ?? []).reduce<number>((end, move) => Math.max(end, way * (move ?? 0)), 0),
    );
  return [
    { date: "all worst falls", why: "each asset's own worst fall, at once", moves: most(-1), filled: [] },
    { date: "all best rises", why: "each asset's own best rise, at once", moves: most(1), filled: [] },
  ].map((row) => ({ ...row, moves: row.moves.map((move) => move + 0) }));
}

/** The lowest and the highest day, then days that are least like those before. */
function unlikeDays(
  { listing, pegged, horizonDays }: CoverOptions,
  rows: readonly Row[],
): (Row & { readonly why: string })[] {
  const risky = listing.flatMap(({ symbol }, u) => (pegged.includes(symbol) ? [] : [u]));
  const vectors = rows.map(({ moves }) => risky.map((u) => moves[u] ?? 0));
  const mean = (vector: readonly number[]) => vector.reduce((sum, move) => sum + move, 0);
  const chosen: number[] = [];
  const basis: number[][] = [];
  const left = vectors.map((vector) => [...vector]);
  const most = TIERS[0].scenarios - 2;
  while (chosen.length < Math.min(most, rows.length)) {
    const way = chosen.length === 0 ? -1 : 1;
    const sizes = left.map((rest, t) => {
      // Overlapping horizons are one event.
      const date = rows[t]?.date ?? "";
      if (chosen.some((i) => Math.abs(daysBetween(rows[i]?.date ?? "", date)) < horizonDays)) return -1;
      return chosen.length < 2 ? way * mean(vectors[t] ?? []) : length(rest);
    });
    const t = sizes.reduce((best, size, i) => (size > (sizes[best] ?? 0) ? i : best), 0);
    const size = length(left[t] ?? []);
    if ((sizes[t] ?? -1) <= 0) break;
    chosen.push(t);
    if (size < 1e-6) continue;
    const direction = (left[t] ?? []).map((move) => move / size);
    basis.push(direction);
    for (const rest of left) {
      const along = rest.reduce((sum, move, u) => sum + move * (direction[u] ?? 0), 0);
      rest.forEach((move, u) => {
        rest[u] = move - along * (direction[u] ?? 0);
      });
    }
  }
  const why = (i: number) => (i === 0 ? "lowest mean" : i === 1 ? "highest mean" : "least like those before");
  return chosen.map((t, i) => ({ ...(rows[t] as Row), why: why(i) }));
}

function length(vector: readonly number[]): number {
  return Math.sqrt(vector.reduce((sum, move) => sum + move * move, 0));
}

/** Basis points of a change, rounded away from 0. */
function awayFromZero(change: bigint, of: bigint): number {
  const size = change < 0n ? -change : change;
  const move = Number((size * BPS + of - 1n) / of);
  return change < 0n ? -move : move;
}

function cut(move: number): number {
  return Math.max(-SHOCK_LIMIT, Math.min(SHOCK_LIMIT, move)) + 0;
}
