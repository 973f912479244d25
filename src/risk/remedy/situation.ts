import { ZkMarginError } from "../../errors.js";
import { BPS } from "../../protocol/bounds.js";
import { checkBook } from "../../protocol/checks.js";
import { assess, exceeds, SCALE } from "../../protocol/statement.js";
import type { Book, Market } from "../../protocol/types.js";
import { healthFactor } from "../../protocol/whatIf.js";

/** A book that is to be brought above a health factor. Private. */
export interface Situation {
  readonly book: Book;
  readonly market: Market;
  /** Health factor to exceed, basis points. */
  readonly target: number;
  /** At most one perpetual and one collateral asset. */
  readonly isolated: boolean;
  /** Slots of the market that are listed; nothing is proposed in the others. */
  readonly listed: number;
  /** Slot of the asset that proceeds are paid in; null where there is none. */
  readonly cash: number | null;
  /** Least cost of a trade, basis points of its notional, where the profile's charges are less. */
  readonly tradingCost: number;
}

/** What a remedy does: bring in, pay back, close a perpetual, sell an asset held, or trade a perpetual against it. */
export type RemedyKind = "deposit" | "repay" | "close" | "sell" | "hedge";

/** A signed change of one position, quanta. */
export interface Change {
  readonly slot: number;
  readonly part: "spot" | "perp";
  readonly quanta: bigint;
}

/** A single step that brings the health factor above the target; one quantum less does not. Private. */
export interface Remedy {
  readonly kind: RemedyKind;
  /** What the step is counted in first; what it brings about after. */
  readonly changes: readonly Change[];
  /** Dollars to bring in, or lost in trading: attodollars × SCALE. */
  readonly cost: bigint;
  /** The book after it, its trading costs paid. */
  readonly book: Book;
  /** Of that book, basis points, rounded down; null is infinite. */
  readonly healthFactor: bigint | null;
}

/** A step of `amount` quanta, for every amount from 1 to `most`. */
export interface Lever {
  readonly kindOf: (amount: bigint) => RemedyKind;
  readonly most: bigint;
  /** Amounts that part the range in ranges on which the excess is concave; rising. */
  readonly kinks: readonly bigint[];
  readonly apply: (amount: bigint) => Applied;
}

/** What a step makes of the book. */
export interface Applied {
  readonly changes: readonly Change[];
  readonly cost: bigint;
  readonly book: Book;
}

/**
 * What trading `quanta` of an asset costs, attodollars × SCALE: what the profile charges for working off as much of it.
 * That is the notional at `price` times a rate, and the impact. The rate is the lesser of `liquidity` and `perpMargin`, as
 * `liquidity` may hold more than a spread: a limit on offsets, or a whole shock. It is no less than the least cost.
 */
export function tradingCost(
  { market, tradingCost }: Situation,
  slot: number,
  quanta: bigint,
  price: bigint,
): bigint {
  const size = quanta < 0n ? -quanta : quanta;
  const liquidity = market.liquidity[slot] ?? 0n;
  const margin = market.perpMargin[slot] ?? 0n;
  const spread = liquidity < margin ? liquidity : margin;
  const rate = spread > BigInt(tradingCost) ? spread : BigInt(tradingCost);
  return size * price * rate * BPS + size * size * (market.impact[slot] ?? 0n);
}

/** An amount in attodollars × SCALE as whole attodollars, rounded up. */
export function upToAttodollars(amount: bigint): bigint {
  return (amount + SCALE - 1n) / SCALE;
}

/** A book with some positions changed, and its basis. */
export function changed(book: Book, changes: readonly Change[], basis = 0n): Book {
  const moved = (part: "spot" | "perp") =>
    book[part].map((quantity, u) =>
      changes.reduce(
        (sum, change) => (change.part === part && change.slot === u ? sum + change.quanta : sum),
        quantity,
      ),
    );
  return { spot: moved("spot"), perp: moved("perp"), basis: book.basis + basis };
}

/** A·10⁴ − θ·R of a book: above 0 where the health factor exceeds the target. */
export function excess({ market, target }: Situation, book: Book): bigint {
  const { collateral, requirement } = assess(book, market, { healthy: true, envelope: 0 });
  return collateral * BPS - BigInt(target) * requirement;
}

/** The remedy of an amount, held to the reference model; undefined where it breaks a bound or is not enough. */
export function verified(situation: Situation, lever: Lever, amount: bigint): Remedy | undefined {
  const applied = lever.apply(amount);
  // A sale that fetches nothing is none.
  if (applied.changes.some(({ quanta }) => quanta === 0n)) return undefined;
  try {
    checkBook(applied.book, { isolated: situation.isolated });
  } catch (error) {
    if (error instanceof ZkMarginError) return undefined;
    throw error;
  }
  const assessment = assess(applied.book, situation.market, { healthy: true, envelope: 0 });
  if (!exceeds(assessment, situation.target)) return undefined;
  return { kind: lever.kindOf(amount), ...applied, healthFactor: healthFactor(assessment) };
}
