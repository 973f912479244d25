import { ZkMarginError } from "../../errors.js";
import { checkBook } from "../../protocol/checks.js";
import { assess, exceeds, SCALE } from "../../protocol/statement.js";
import type { Book } from "../../protocol/types.js";
import { healthFactor } from "../../protocol/whatIf.js";
import { linearParts } from "../reverse.js";
import type { Solver } from "../statistics/linearProgramme.js";
import { closings, hedges, sales, topUps } from "./levers.js";
import { type Change, changed, excess, type Lever, type RemedyKind, type Situation } from "./situation.js";

/** Several steps that together bring a book above its target. Private. */
export interface Combination {
  readonly steps: readonly CombinedStep[];
  /** Dollars to bring in and lost in trading: attodollars × SCALE. */
  readonly cost: bigint;
  readonly book: Book;
  /** Of that book, basis points, rounded down; null is infinite. */
  readonly healthFactor: bigint | null;
}

/** One step of a combination. */
export interface CombinedStep {
  readonly kind: RemedyKind;
  readonly changes: readonly Change[];
  readonly cost: bigint;
}

/** How often the programme is made again: of secants to its last answer, and for what rounding has taken. */
const ROUNDS = 12;
/** How many times what is missing a step may do. */
const SEVERAL = 8n;
/** A step below this share of what it could be is left out. */
const NOTHING = 1e-7;

/**
 * The cheapest combination of steps that brings a book above its target: a linear programme over all steps at once, in the planes
 * of `linearParts`. Charges for impact grow with the square of a trade, so the programme is solved again with the secants to its
 * last answer. Amounts are then rounded up to quanta, held to the reference model, and made as small as it allows one by one.
 * @returns null where the book is above its target already, or no combination is found that is
 *
 * @example
 * ```ts
 * import { cheapestCombination, openSolver } from "zkmargin/risk";
 *
 * const situation = { book: dense, market: prices, target: 30_000, isolated: false, listed: market.listing.length, cash: 0, tradingCost: 10 };
 * const found = cheapestCombination(situation, await openSolver());
 * console.log((found?.steps.length ?? 0) > 0); // true
 * ```
 */
export function cheapestCombination(situation: Situation, solver: Solver): Combination | null {
  const { book } = situation;
  if (excess(situation, book) > 0n) return null;
  const levers = [
    ...closings(situation),
    ...oneSaleEach(situation),
    ...topUps(situation),
    ...hedges(situation),
  ].flatMap((lever) => {
    // Up to the first kink each step is linear but for its impact.
    const bound = [...lever.kinks.filter((kink) => kink > 0n), lever.most].reduce((a, b) => (a < b ? a : b));
    return bound > 0n ? [{ lever, bound: useful(situation, lever, bound) }] : [];
  });
  if (levers.length === 0) return null;
  let amounts = levers.map(({ bound }) => bound);
  let best: bigint[] | null = null;
  let wanted = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const shares = solved(situation, solver, levers, amounts, wanted);
    if (shares === null) return best && finished(situation, levers, best);
    const rounded = levers.map(({ bound }, j) => {
      const share = shares[j] ?? 0;
      const amount = share < NOTHING ? 0n : BigInt(Math.ceil(share * Number(bound)));
      return amount < bound ? amount : bound;
    });
    if (isEnough(situation, levers, rounded)) {
      const known = best && costOf(levers, best);
      if (known !== null && costOf(levers, rounded) >= known) break;
      best = rounded;
      wanted = 1;
    } else wanted *= 1.5;
    amounts = levers.map(({ bound }, j) => (rounded[j] ? rounded[j] : bound / 16n + 1n));
  }
  return best && finished(situation, levers, best);
}

interface Bounded {
  readonly lever: Lever;
  readonly bound: bigint;
}

/** No more of a step than has an effect of several times what is missing: larger numbers would only be less exact. */
function useful({ book, market, target }: Situation, lever: Lever, most: bigint): bigint {
  const parts = linearParts(market, target).map((part) => ({ part, start: part(book, market) }));
  const missing = parts.reduce((worst, { start }) => (-start > worst ? -start : worst), 1n);
  let bound = most;
  for (;;) {
    const after = lever.apply(bound).book;
    const effect = parts.reduce((largest, { part, start }) => {
      const change = part(after, market) - start;
      const size = change < 0n ? -change : change;
      return size > largest ? size : largest;
    }, 0n);
    if (effect <= SEVERAL * missing || bound === 1n) return bound;
    // Impact grows with the square of the amount, so that one look may not be enough.
    const next = (bound * SEVERAL * missing) / effect;
    bound = next > bound / 1_000n ? next : bound / 1_000n;
    if (bound < 1n) return 1n;
  }
}

/** Of each asset sold, the sale that pays back most, so that no two trades move one price. */
function oneSaleEach(situation: Situation): Lever[] {
  const sold = new Map<number, Lever>();
  for (const lever of sales(situation)) {
    const slot = lever.apply(1n).changes[0]?.slot ?? -1;
    const other = sold.get(slot);
    if (other === undefined || (lever.kinks[0] ?? 0n) > (other.kinks[0] ?? 0n)) sold.set(slot, lever);
  }
  return [...sold.values()];
}

/** Shares of their bounds at which steps cost least, by secants to given amounts; null where none is enough. */
function solved(
  situation: Situation,
  solver: Solver,
  levers: readonly Bounded[],
  amounts: readonly bigint[],
  wanted: number,
): readonly number[] | null {
  const { book, market, target } = situation;
  const applied = levers.map(({ lever }, j) => lever.apply(amounts[j] ?? 1n));
  const scale = (j: number) => Number(levers[j]?.bound ?? 1n) / Number(amounts[j] ?? 1n);
  const dollars = (amount: bigint) => Number(amount / 10_000n / SCALE) / 1e18;
  const rows = linearParts(market, target).map((part) => {
    const start = part(book, market);
    const slopes = applied.map((step, j) => dollars(part(step.book, market) - start) * scale(j));
    // Above the target by a cent, and by what rounding took the last time.
    return { coefficients: slopes.map((slope) => -slope), most: dollars(start) - 0.01 * wanted };
  });
  const unit = levers.map((_, j) => ({ coefficients: levers.map((__, k) => (j === k ? 1 : 0)), most: 1 }));
  const costs = applied.map(({ cost }, j) => -(Number(cost / SCALE) / 1e18) * scale(j));
  return solver.solving({ columns: levers.length, rows: [...rows, ...unit] }, (maximise) => maximise(costs));
}

function costOf(levers: readonly Bounded[], amounts: readonly bigint[]): bigint {
  return levers.reduce((sum, { lever }, j) => sum + (amounts[j] ? lever.apply(amounts[j]).cost : 0n), 0n);
}

/** The book after all steps. */
function together(
  { book }: Situation,
  levers: readonly Bounded[],
  amounts: readonly bigint[],
): { readonly book: Book; readonly steps: CombinedStep[] } {
  const steps = levers.flatMap(({ lever }, j) => {
    const amount = amounts[j] ?? 0n;
    return amount === 0n ? [] : [{ kind: lever.kindOf(amount), ...lever.apply(amount) }];
  });
  const after = changed(
    book,
    steps.flatMap(({ changes }) => changes),
    steps.reduce((sum, step) => sum + step.book.basis - book.basis, 0n),
  );
  return { book: after, steps: steps.map(({ kind, changes, cost }) => ({ kind, changes, cost })) };
}

function isEnough(situation: Situation, levers: readonly Bounded[], amounts: readonly bigint[]): boolean {
  const { book } = together(situation, levers, amounts);
  try {
    checkBook(book, { isolated: situation.isolated });
  } catch (error) {
    if (error instanceof ZkMarginError) return false;
    throw error;
  }
  return exceeds(assess(book, situation.market, { healthy: true, envelope: 0 }), situation.target);
}

/** Each step, the dearest first, as small as the reference model lets it be. */
function finished(situation: Situation, levers: readonly Bounded[], amounts: readonly bigint[]): Combination {
  const least = [...amounts];
  const cost = (j: number) => (least[j] ? (levers[j]?.lever.apply(least[j]).cost ?? 0n) : 0n);
  const order = levers
    .map((_, j) => j)
    .sort((a, b) => (cost(a) === cost(b) ? a - b : cost(a) > cost(b) ? -1 : 1));
  for (const j of order) {
    const withAmount = (amount: bigint) => least.map((other, k) => (k === j ? amount : other));
    let [no, yes] = [-1n, least[j] ?? 0n];
    while (yes - no > 1n) {
      const middle = (yes + no) / 2n;
      if (isEnough(situation, levers, withAmount(middle))) yes = middle;
      else no = middle;
    }
    least[j] = yes;
  }
  const { book, steps } = together(situation, levers, least);
  const assessment = assess(book, situation.market, { healthy: true, envelope: 0 });
  return { steps, cost: costOf(levers, least), book, healthFactor: healthFactor(assessment) };
}
