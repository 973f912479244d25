import { TooLittleHistoryError } from "../../errors.js";
import { dailyTable, rowOf } from "../../market/history.js";
import { BPS, USD_DECIMALS } from "../../protocol/bounds.js";
import { SCALE } from "../../protocol/statement.js";
import { checkJumps, type NamedJump } from "../jumps.js";
import { checkNotStale } from "../stale.js";
import { type BookRecipe, CASH } from "./books.js";
import { type Coverage, coverageOf, holm, isRejected, type Zone } from "./coverage.js";
import { type Walk, type WalkedBook, type WalkOptions, walk } from "./walk.js";

/** One book in one regime, summed up. Shares are of the book's gross exposure, basis points, rounded up. */
export interface Outcome {
  readonly regime: string;
  readonly book: BookRecipe;
  readonly walked: WalkedBook;
  readonly coverage: Coverage;
  readonly meanShare: bigint;
  readonly leastShare: bigint;
  readonly mostShare: bigint;
  /**
   * What it saves to margin the book as a whole, not position by position: 1 − whole/apart, basis points, rounded down;
   * null where its positions need nothing. Negative where the whole costs more, as concentration does.
   */
  readonly saving: bigint | null;
  readonly procyclicality: Procyclicality;
}

/** All books of a regime taken together. Their days are the same, so it is a sum and no sample of independent days. */
export interface Total {
  readonly regime: string;
  readonly days: number;
  readonly exceptions: number;
  /** Books of which Kupiec's test rejects the stated confidence at 5 %: for too many exceptions, or for too few. */
  readonly tooMany: readonly string[];
  readonly tooFew: readonly string[];
  /** Books of which conditional coverage is rejected at 5 %. */
  readonly notConditional: readonly string[];
  /** Of `tooMany` and `tooFew`, those that Holm's adjustment for all of the regime's books still rejects. */
  readonly afterHolm: { readonly tooMany: readonly string[]; readonly tooFew: readonly string[] };
  /** Books by the zone of their worst 250 days in a row; empty where there were fewer. */
  readonly lights: {
    readonly green: readonly string[];
    readonly yellow: readonly string[];
    readonly red: readonly string[];
  };
}

/** A walk forward over prices, and how each regime did on it. */
export interface Backtest {
  /** Basis points. */
  readonly confidence: number;
  readonly walk: Walk;
  readonly outcomes: readonly Outcome[];
  readonly totals: readonly Total[];
}

/** The walk, the confidence that regimes are held to, and the jumps that are true. */
export interface BacktestOptions extends WalkOptions {
  /** Basis points. */
  readonly confidence: number;
  /** Closes that look like a redenomination or a bad print, and are true; all others are refused. */
  readonly acceptJumps?: readonly NamedJump[];
}

/**
 * Walks forward and compares regimes on the same books, over prices that a market made.
 * @throws StalePricesError, PriceJumpError; TooLittleHistoryError if no day could be tested; and what {@link walk} throws
 *
 * @example
 * ```ts
 * import { backtest, backtestBooks, fixedRegime } from "zkmargin/risk";
 *
 * const result = backtest({
 *   ...{ prices: history, listing: market.listing, books: backtestBooks().slice(0, 1), every: 60, minimumReturns: 60 },
 *   ...{ confidence: 9_900, regimes: [fixedRegime(profile)] },
 * });
 * console.log(result.totals.length > 0); // true
 * ```
 */
export function backtest(options: BacktestOptions): Backtest {
  checkPrices(options);
  const walked = walk(options);
  if (walked.books.every(({ days }) => days.length === 0)) {
    const [first] = walked.untested;
    throw new TooLittleHistoryError(
      "history",
      `a day from ${walked.from} to ${walked.to} that can be tested`,
      first === undefined ? "none" : `none (${first.date}, ${first.what}: ${first.why})`,
    );
  }
  const outcomes = walked.books
    .filter(({ days }) => days.length > 0)
    .map((book) => outcome(book, options.confidence));
  return {
    confidence: options.confidence,
    walk: walked,
    outcomes,
    totals: options.regimes.map(({ name }) => total(name, outcomes)),
  };
}

/** Checks the closes that a walk takes: those before it too, as calibrations learn from them. */
function checkPrices(options: BacktestOptions): void {
  const { prices, listing, to, horizonDays = 1, acceptJumps = [], pegged = [CASH] } = options;
  const taken = listing.filter(({ symbol }) => prices.assets.includes(symbol)).map(({ symbol }) => symbol);
  const columns = taken.map((symbol) => prices.assets.indexOf(symbol));
  const rows = to === undefined ? prices.days.length : rowOf(prices, to, "to") + 1 + horizonDays;
  const { times, closes } = dailyTable({ ...prices, days: prices.days.slice(0, rows) });
  const table = { assets: taken, times, closes: closes.map((row) => columns.map((c) => row[c] ?? null)) };
  checkNotStale(
    table,
    taken.filter((symbol) => !pegged.includes(symbol)),
  );
  checkJumps(table, acceptJumps);
}

/** The outcome of a book in a regime, if it was tested. */
export function outcomeOf({ outcomes }: Backtest, regime: string, book: string): Outcome | undefined {
  return outcomes.find((row) => row.regime === regime && row.book.name === book);
}

function outcome(walked: WalkedBook, confidence: number): Outcome {
  const { regime, book, days, changes, whole, apart } = walked;
  const gross = book.gross * 10n ** BigInt(USD_DECIMALS) * SCALE;
  const margins = days.map(({ margin }) => margin);
  const share = (margin: bigint) => (margin * BPS + gross - 1n) / gross;
  const sum = margins.reduce((a, b) => a + b, 0n);
  return {
    regime,
    book,
    walked,
    coverage: coverageOf(days, confidence),
    meanShare: share(sum / BigInt(days.length)),
    leastShare: share(margins.reduce((a, b) => (a < b ? a : b))),
    mostShare: share(margins.reduce((a, b) => (a > b ? a : b))),
    saving: apart === 0n ? null : ((apart - whole) * BPS) / apart,
    procyclicality: procyclicality(margins, changes),
  };
}

function total(regime: string, outcomes: readonly Outcome[]): Total {
  const own = outcomes.filter((row) => row.regime === regime);
  const names = (rejected: (coverage: Coverage) => boolean) =>
    own.filter(({ coverage }) => rejected(coverage)).map(({ book }) => book.name);
  const adjusted = holm(own.map(({ coverage }) => coverage.kupiec.pValue));
  const still = (side: (coverage: Coverage) => boolean) =>
    own.flatMap(({ book, coverage }, i) => ((adjusted[i] ?? 1) < 0.05 && side(coverage) ? [book.name] : []));
  const lit = (zone: Zone) => names(({ light }) => light?.worst.zone === zone);
  return {
    regime,
    days: own.reduce((sum, { coverage }) => sum + coverage.days, 0),
    exceptions: own.reduce((sum, { coverage }) => sum + coverage.exceptions.length, 0),
    tooMany: names((c) => isRejected(c.kupiec) && c.exceptions.length > c.expected),
    tooFew: names((c) => isRejected(c.kupiec) && c.exceptions.length < c.expected),
    notConditional: names(({ conditional }) => isRejected(conditional)),
    afterHolm: {
      tooMany: still((c) => c.exceptions.length > c.expected),
      tooFew: still((c) => c.exceptions.length < c.expected),
    },
    lights: { green: lit("green"), yellow: lit("yellow"), red: lit("red") },
  };
}

/** How fast, and how far, the margin of a book of constant size moved. Basis points of the lower margin. */
export interface Procyclicality {
  /** Largest rise within one tested day, 0 where it never rose. */
  readonly rise1: bigint;
  readonly rise5: bigint;
  readonly rise30: bigint;
  /** Highest margin over the lowest, 10 000 where it never moved; null where it was 0 on some day. */
  readonly peakToTrough: bigint | null;
}

/**
 * The two kinds of measure of D. Murphy, M. Vasios, N. Vause, "An investigation into the procyclicality of risk-based
 * initial margin models", Bank of England Financial Stability Paper 29, 2014: the largest rise in n days, here at any time
 * *within* n days, and the ratio of peak to trough.
 *
 * @param margins of consecutive days
 * @param changes indices from which on the book was another one: nothing is measured across them, and the ratio is the
 *   largest of its stretches
 */
export function procyclicality(margins: readonly bigint[], changes: readonly number[] = []): Procyclicality {
  const stretches = [0, ...changes].map((from, i) => margins.slice(from, changes[i]));
  const over = (measure: (stretch: readonly bigint[]) => bigint) => stretches.map(measure).reduce(larger, 0n);
  return {
    rise1: over((stretch) => largestRise(stretch, 1)),
    rise5: over((stretch) => largestRise(stretch, 5)),
    rise30: over((stretch) => largestRise(stretch, 30)),
    peakToTrough: margins.some((margin) => margin <= 0n) ? null : over(peakToTrough),
  };
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function peakToTrough(margins: readonly bigint[]): bigint {
  const highest = margins.reduce(larger, 0n);
  const lowest = margins.reduce((a, b) => (a < b ? a : b), highest);
  return lowest === 0n ? BPS : (highest * BPS) / lowest;
}

function largestRise(margins: readonly bigint[], within: number): bigint {
  let largest = 0n;
  margins.forEach((from, t) => {
    if (from <= 0n) return;
    for (const to of margins.slice(t + 1, t + 1 + within)) {
      const rise = ((to - from) * BPS) / from;
      if (rise > largest) largest = rise;
    }
  });
  return largest;
}
