import { OutOfRangeError, TooLittleHistoryError } from "../../errors.js";
import { daysBetween } from "../../market/date.js";
import { columnOf, type DailyPrices, dailyTable, dateOf } from "../../market/history.js";
import type { Listing } from "../../protocol/listing.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { type CashFactors, marginOf, marketAt } from "../margin.js";
import type { BookRecipe } from "./books.js";
import { awaitedOn, isBlank, knownOn, testedRows } from "./history.js";
import { cashFactors, closesOf, compose, lossOf, marginApart, type Prepared, prepare } from "./positions.js";
import type { KnownPrices, Regime } from "./regimes.js";

/** What a backtest is made from. */
export interface WalkOptions {
  readonly prices: DailyPrices;
  readonly listing: Listing;
  readonly regimes: readonly Regime[];
  readonly books: readonly BookRecipe[];
  /** Days of the calendar from one calibration to the next; one that cannot be made is due until it can. */
  readonly every: number;
  /** Pegged assets, which may stand still; the first is the dollar token that accounts are funded in. USDC by default. */
  readonly pegged?: readonly string[];
  /** Days from a margin to the close that its loss is measured to; 1 by default. Losses of following days then overlap. */
  readonly horizonDays?: number;
  /** Returns that an asset must have before books may hold it. */
  readonly minimumReturns: number;
  /** First and last day on which a margin is set; the whole history by default. */
  readonly from?: string;
  readonly to?: string;
  /** Told the share that is done, 0 … 1, after each calibration. */
  readonly onProgress?: (done: number) => void;
}

/** One day of one book in one regime. */
export interface TestedDay {
  /** ISO date of the close at which the margin was set. */
  readonly date: string;
  /** ISO date of the close to which the loss is measured. */
  readonly lossDate: string;
  /** Attodollars × SCALE. */
  readonly margin: bigint;
  /** Attodollars × SCALE; negative is a gain. */
  readonly loss: bigint;
}

/** One book in one regime over all days. */
export interface WalkedBook {
  readonly regime: string;
  readonly book: BookRecipe;
  readonly days: readonly TestedDay[];
  /** Indices of days from which on the book held something else than before: an asset had been listed. */
  readonly changes: readonly number[];
  /**
   * On the days of calibration: the book's margin, and what its positions would need one by one in the same regime.
   * Both are sums over these days, attodollars × SCALE.
   */
  readonly whole: bigint;
  readonly apart: bigint;
}

/** A day or an asset that was not tested, and why. */
export interface Untested {
  readonly date: string;
  readonly what: string;
  readonly why: string;
}

export interface Walk {
  /** First and last day on which a margin was set. */
  readonly from: string;
  readonly to: string;
  /** Days on which parameters were set again. */
  readonly calibrations: readonly string[];
  /** The first calibration at which each asset had enough history to be held. */
  readonly since: readonly { readonly asset: string; readonly date: string }[];
  readonly books: readonly WalkedBook[];
  readonly untested: readonly Untested[];
}

/**
 * Walks forward over the history. Every `every` days each regime sets its parameters from the closes until then, and
 * nothing later. Every day each book is made at the day's close, and the reference model computes its margin. The loss
 * to the next close, or over the horizon, is compared with that margin. Exact integers throughout, except inside a calibration.
 *
 * A day without closes is not tested, nor is any day on which a calibration is due and cannot be made: a price is missing, or
 * there is too little history. The walk goes on.
 *
 * @throws OutOfRangeError (every, from, to; too short a history), MissingFieldError (a listed asset without a column),
 *   and what a regime's calibration throws but TooLittleHistoryError.
 */
export function walk(options: WalkOptions): Walk {
  const { prices, listing, regimes, books, every, onProgress } = options;
  const { horizonDays = 1 } = options;
  for (const [name, value] of [
    ["every", every],
    ["horizonDays", horizonDays],
  ] as const)
    if (!Number.isInteger(value) || value < 1)
      throw new OutOfRangeError(name, "1 day or more", String(value));
  const columns = listing.map(({ symbol }) => columnOf(prices.assets, symbol));
  const [first, last] = testedRows(options, columns);
  const table = dailyTable(prices);
  const results = regimes.map(() => books.map(() => newResult()));
  const untested: Untested[] = [];
  const calibrations: string[] = [];
  const since: { asset: string; date: string }[] = [];
  let prepared: Prepared[] = [];
  let cash: CashFactors[] = [];
  let due = 0;

  for (let row = first; row <= last; row++) {
    const date = dateOf(prices, row);
    const allUntested = (why: string) => untested.push({ date, what: "all books", why });
    if (isBlank(prices, columns, row)) {
      allUntested("the day has no closes");
      continue;
    }
    const day = daysBetween(dateOf(prices, first), date);
    const calibrating = day >= due;
    if (calibrating) {
      const awaited = awaitedOn(options, columns, row);
      const known = awaited.length > 0 ? null : knownOn(options, table, columns, row);
      const profiles = known && profilesOn(known, regimes);
      if (known === null || profiles === null) {
        const lacking = awaited.length > 0 ? `no close of ${awaited.join(", ")}` : "too little history";
        allUntested(`no calibration: ${lacking}`);
        continue;
      }
      due = day - (day % every) + every;
      cash = profiles.map((profile) => cashFactors(profile, options.pegged?.[0]));
      prepared = books.flatMap((recipe) => prepare(recipe, known, prices.assets, regimes, profiles));
      calibrations.push(date);
      for (const { symbol } of known.listing)
        if (since.every(({ asset }) => asset !== symbol)) since.push({ asset: symbol, date });
      const skipped = books.filter((recipe) => prepared.every((book) => book.recipe !== recipe));
      for (const { name } of skipped)
        untested.push({ date, what: name, why: "an asset has too little history" });
    }
    const lossRow = row + horizonDays;
    const lossDate = dateOf(prices, lossRow);
    if (daysBetween(date, lossDate) !== horizonDays || isBlank(prices, columns, lossRow)) {
      allUntested(`${horizonDays === 1 ? "the next day" : `the day ${horizonDays} days on`} has no closes`);
      continue;
    }
    for (const book of prepared) {
      const now = closesOf(prices, row, book);
      const next = closesOf(prices, lossRow, book);
      if (now === null || next === null) {
        untested.push({ date, what: book.recipe.name, why: "an asset has no close on the day or the next" });
        continue;
      }
      book.inRegime.forEach((inRegime, r) => {
        if (inRegime === null) return;
        const { legs, risk } = inRegime;
        const result = results[r]?.[books.indexOf(book.recipe)];
        const factors = cash[r];
        if (result === undefined || factors === undefined) return;
        const holding = JSON.stringify(legs);
        if (result.days.length > 0 && holding !== result.holding) result.changes.push(result.days.length);
        result.holding = holding;
        const held = compose(book, legs, now);
        const margin = marginOf(held, marketAt(risk, now), factors);
        result.days.push({ date, lossDate, margin, loss: lossOf(held, now, next) });
        if (!calibrating) return;
        result.whole += margin;
        result.apart += legs.reduce((sum, leg) => sum + marginApart(book, leg, risk, now, factors), 0n);
      });
    }
    if (calibrating) onProgress?.((row - first + 1) / (last - first + 1));
  }
  return {
    from: dateOf(prices, first),
    to: dateOf(prices, last),
    calibrations,
    since,
    untested,
    books: regimes.flatMap(({ name }, r) =>
      books.flatMap((book, b) => {
        const result = results[r]?.[b];
        if (result === undefined) return [];
        const { days, changes, whole, apart } = result;
        return [{ regime: name, book, days, changes, whole, apart }];
      }),
    ),
  };
}

/** What the regimes set on a day; null where one has too little history for it. */
function profilesOn(known: KnownPrices, regimes: readonly Regime[]): RiskProfile[] | null {
  if (known.listing.length < 2) return null;
  try {
    return regimes.map((regime) => regime.profileOn(known));
  } catch (error) {
    if (error instanceof TooLittleHistoryError) return null;
    throw error;
  }
}

function newResult() {
  return { days: [] as TestedDay[], changes: [] as number[], holding: "", whole: 0n, apart: 0n };
}
