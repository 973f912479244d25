import { BPS } from "../../protocol/bounds.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { returnsOf } from "../returns.js";
import { normalQuantile } from "../statistics/elementary.js";
import type { LinearProgramme, Maximise, Solver } from "../statistics/linearProgramme.js";
import { type BookRecipe, CASH, type Leg, WEIGHT_UNIT } from "./books.js";

/** What an adversary takes for a book's risk: the mean of its worst days, or its standard deviation to the confidence. */
export type RiskMeasure = "tail" | "volatility";

/** The book that a search found. All shares are of its gross exposure. */
export interface WeakBook {
  /** Signed, one for each asset; their sizes sum to 1. */
  readonly weights: readonly number[];
  /** What the profile asks for it, without the charge on concentration. */
  readonly margin: number;
  /** Its own loss at the confidence, estimated from the same past days. */
  readonly tailLoss: number;
}

/** Past days to search, and what the search goes by. */
export interface SearchOptions {
  readonly assets: readonly string[];
  /** `[t][u]`: simple returns of past days, each of every asset. */
  readonly returns: readonly (readonly number[])[];
  readonly measure: RiskMeasure;
  /** Basis points. */
  readonly confidence: number;
}

/** Days from which the search starts: the largest of the past. */
const DAY_STARTS = 10;
/** Improvements from one start; the search seldom makes more than five. */
const MOST_STEPS = 15;
/** A step that gains less than this share ends the search. */
const LEAST_GAIN = 1e-6;
/** Fewest past days from which a loss is estimated. */
const LEAST_DAYS = 30;

/**
 * Finds the book of perpetuals with the most estimated risk for its margin, on past days alone. The margin (scenarios and
 * rates) is convex and piecewise linear, so the books of one dollar of margin are a polytope. Risk is convex too; each step
 * maximises its tangent over the polytope, by a linear programme, and so never falls. It starts from every asset long and
 * short, and from the largest days either way.
 *
 * What it finds is no proven maximum: there may be books that are weaker still.
 * @returns null where there are too few days, or nothing has risk
 */
export function weakestBook(solver: Solver, profile: RiskProfile, options: SearchOptions): WeakBook | null {
  const { assets, returns } = options;
  if (assets.length === 0 || returns.length < LEAST_DAYS) return null;
  const risk = options.measure === "tail" ? tailOf(options) : volatilityOf(options);
  const exposures = ([...columns]: readonly number[]) =>
    assets.map((_, u) => (columns[u] ?? 0) - (columns[assets.length + u] ?? 0));
  const best = solver.solving(marginProgramme(profile, assets), (maximise: Maximise) => {
    const along = (slope: readonly number[]) => {
      const solution = maximise([...slope, ...slope.map((gain) => -gain), 0]);
      return solution === null ? null : exposures(solution);
    };
    let found: { readonly book: readonly number[]; readonly value: number } | null = null;
    for (const start of startsOf(options)) {
      let book = along(start);
      if (book === null) continue;
      let at = risk(book);
      for (let step = 0; step < MOST_STEPS; step++) {
        const next = along(at.slope);
        if (next === null) break;
        const there = risk(next);
        if (there.value <= at.value * (1 + LEAST_GAIN)) break;
        [book, at] = [next, there];
      }
      if (found === null || at.value > found.value) found = { book, value: at.value };
    }
    return found as { readonly book: readonly number[]; readonly value: number } | null;
  });
  if (best === null || best.value <= 0) return null;
  const gross = best.book.reduce((sum, x) => sum + Math.abs(x), 0);
  const weights = best.book.map((x) => x / gross);
  return { weights, margin: marginShare(profile, assets, weights), tailLoss: best.value / gross };
}

/** Margin per dollar of gross exposure of a book of perpetuals, without the charge on concentration. */
export function marginShare(
  profile: RiskProfile,
  assets: readonly string[],
  weights: readonly number[],
): number {
  const loss = profile.scenarios.reduce(
    (most, { shocks }) =>
      Math.max(most, -assets.reduce((sum, asset, u) => sum + (shocks[asset] ?? 0) * (weights[u] ?? 0), 0)),
    0,
  );
  const rates = assets.reduce((sum, asset, u) => sum + rateOf(profile, asset) * Math.abs(weights[u] ?? 0), 0);
  return loss / Number(BPS) + rates;
}

/** Variables: each asset long, each short, and the scenario margin. The last row: margin and rates are at most 1. */
function marginProgramme(profile: RiskProfile, assets: readonly string[]): LinearProgramme {
  const rows = profile.scenarios.map(({ shocks }) => {
    const moves = assets.map((asset) => (shocks[asset] ?? 0) / Number(BPS));
    return { coefficients: [...moves.map((move) => -move), ...moves, -1], most: 0 };
  });
  const rates = assets.map((asset) => rateOf(profile, asset));
  return {
    columns: 2 * assets.length + 1,
    rows: [...rows, { coefficients: [...rates, ...rates, 1], most: 1 }],
  };
}

function rateOf(profile: RiskProfile, asset: string): number {
  const risk = profile.assets.find((row) => row.asset === asset);
  return ((risk?.perpMargin ?? 0) + (risk?.liquidity ?? 0)) / Number(BPS);
}

type Risk = (book: readonly number[]) => { readonly value: number; readonly slope: readonly number[] };

const lossOn = (day: readonly number[], book: readonly number[]) =>
  -day.reduce((sum, r, u) => sum + r * (book[u] ?? 0), 0);

/** Mean loss of the worst days, as many as lie beyond the confidence. */
function tailOf({ returns, assets, confidence }: SearchOptions): Risk {
  const count = Math.max(1, Math.ceil((returns.length * (Number(BPS) - confidence)) / Number(BPS)));
  return (book) => {
    const worst = returns
      .map((day) => ({ day, loss: lossOn(day, book) }))
      .sort((a, b) => b.loss - a.loss)
      .slice(0, count);
    return {
      value: worst.reduce((sum, { loss }) => sum + loss, 0) / count,
      slope: assets.map((_, u) => -worst.reduce((sum, { day }) => sum + (day[u] ?? 0), 0) / count),
    };
  };
}

/** Standard deviation about 0, times the normal quantile. */
function volatilityOf({ returns, assets, confidence }: SearchOptions): Risk {
  const quantile = normalQuantile(confidence / Number(BPS));
  const products = assets.map((_, u) =>
    assets.map(
      (__, v) => returns.reduce((sum, day) => sum + (day[u] ?? 0) * (day[v] ?? 0), 0) / returns.length,
    ),
  );
  return (book) => {
    const along = products.map((row) => row.reduce((sum, value, v) => sum + value * (book[v] ?? 0), 0));
    const size = Math.sqrt(
      Math.max(
        0,
        along.reduce((sum, value, u) => sum + value * (book[u] ?? 0), 0),
      ),
    );
    return {
      value: quantile * size,
      slope: along.map((value) => (size === 0 ? 0 : (quantile * value) / size)),
    };
  };
}

/** Directions in which a book may lose. */
function startsOf({ returns, assets }: SearchOptions): number[][] {
  const single = assets.map((_, u) => assets.map((__, v) => (u === v ? 1 : 0)));
  const largest = returns
    .map((day) => ({ day, size: day.reduce((sum, r) => sum + r * r, 0) }))
    .sort((a, b) => b.size - a.size)
    .slice(0, DAY_STARTS)
    .map(({ day }) => day);
  return [...single, ...largest].flatMap((way) => [[...way], way.map((x) => -x)]);
}

/** The names of the adversaries' books. */
const NAMES: Readonly<Record<RiskMeasure, string>> = {
  tail: "adversary-tail",
  volatility: "adversary-volatility",
};

/**
 * Two books that are searched for again at each calibration, each in every regime for itself: the weakest by its worst past
 * days, and by its volatility ({@link weakestBook}). Only a regime with scenarios has offsets to abuse; no other holds them.
 *
 * @example
 * ```ts
 * import { adversaries, openSolver } from "zkmargin/risk";
 *
 * console.log(adversaries(await openSolver(), 9_900).length); // 2
 * ```
 */
export function adversaries(
  solver: Solver,
  confidence: number,
  pegged: readonly string[] = [CASH],
): BookRecipe[] {
  return (["tail", "volatility"] as const).map((measure) => ({
    name: NAMES[measure],
    kind: "adversary",
    gross: 1_000_000n,
    legs: (universe, against) => {
      if (against === undefined || against.profile.scenarios.length === 0) return null;
      const assets = universe.filter((asset) => !pegged.includes(asset));
      const { prices, profile } = against;
      const table = {
        assets,
        times: prices.times,
        closes: prices.closes.map((row) => assets.map((asset) => row[prices.assets.indexOf(asset)] ?? null)),
      };
      const returns = returnsOf(table).values.filter((row): row is number[] => row.every((r) => r !== null));
      const weakest = weakestBook(solver, profile, { assets, returns, measure, confidence });
      return weakest === null ? null : legsOf(assets, weakest.weights);
    },
  }));
}

function legsOf(assets: readonly string[], weights: readonly number[]): Leg[] {
  return assets.flatMap((asset, u): Leg[] => {
    const weight = Math.trunc((weights[u] ?? 0) * WEIGHT_UNIT);
    return weight === 0 ? [] : [{ asset, kind: "perp", weight }];
  });
}
