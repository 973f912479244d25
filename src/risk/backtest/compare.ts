import { SCALE } from "../../margin/assess.js";
import { BPS, USD_DECIMALS } from "../../spec/bounds.js";
import type { BookRecipe } from "./books.js";
import { type Coverage, coverageOf } from "./coverage.js";
import { isRejected } from "./kupiec.js";
import { type Procyclicality, procyclicality } from "./procyclicality.js";
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
}

export interface Backtest {
  /** Basis points. */
  readonly confidence: number;
  readonly walk: Walk;
  readonly outcomes: readonly Outcome[];
  readonly totals: readonly Total[];
}

/**
 * Walks forward and compares regimes on the same books.
 * @throws what {@link walk} throws
 */
export function backtest(options: WalkOptions & { readonly confidence: number }): Backtest {
  const walked = walk(options);
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
  return {
    regime,
    days: own.reduce((sum, { coverage }) => sum + coverage.days, 0),
    exceptions: own.reduce((sum, { coverage }) => sum + coverage.exceptions.length, 0),
    tooMany: names((c) => isRejected(c.kupiec) && c.exceptions.length > c.expected),
    tooFew: names((c) => isRejected(c.kupiec) && c.exceptions.length < c.expected),
    notConditional: names(({ conditional }) => isRejected(conditional)),
  };
}
