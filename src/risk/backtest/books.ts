import { FormatError, MissingFieldError } from "../../errors.js";
import type { PriceTable } from "../../market/history.js";
import { USD_DECIMALS } from "../../protocol/bounds.js";
import type { Listing } from "../../protocol/listing.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { magnitude } from "../../protocol/statement.js";
import type { Book } from "../../protocol/types.js";

/** How a part of a book is held. */
export type LegKind = "spot" | "perp";

/** One position of a book, as a share of the book's size. */
export interface Leg {
  readonly asset: string;
  readonly kind: LegKind;
  /** Signed share of the gross exposure, in units of 1 / WEIGHT_UNIT. */
  readonly weight: number;
}

/** A weight of this is the whole gross exposure. */
export const WEIGHT_UNIT = 1_000_000;

/** What kind of book a backtest looks at; a comparison groups by it. */
export type BookKind =
  | "long"
  | "short"
  | "hedged"
  | "basis"
  | "borrower"
  | "equal weight"
  | "concentrated"
  | "market neutral"
  | "random"
  | "adversary"
  | "own";

/** The regime that a book is margined in, and what is known on the day: what an adversary chooses its book by. */
export interface Against {
  readonly profile: RiskProfile;
  readonly prices: PriceTable;
}

/** A book rebuilt every day at the day's closes, always of the same gross size in dollars. */
export interface BookRecipe {
  /** Lower-case words joined by hyphens: it is an argument and a file name too. */
  readonly name: string;
  readonly kind: BookKind;
  /** Gross exposure, whole dollars. */
  readonly gross: bigint;
  /** What it holds where `universe` can be held, in a regime; null where something it needs is not there. */
  legs(universe: readonly string[], against?: Against): readonly Leg[] | null;
}

/** Printed with every result, so that the random books can be made again. */
export const DEFAULT_SEED = 20_210_519;

/** The dollar token in which accounts are funded. */
export const CASH = "USDC";

const MILLION = 1_000_000n;
const RANDOM_BOOKS = 5;

/**
 * The books of the shipped backtest. Directional, hedged and mixed books are held in perpetuals; the basis books hold
 * coins against a short perpetual, the borrower coins against a debt in dollars. One concentrated book is as large as the
 * assumed depth of its market, so that the concentration charge shows.
 *
 * @example
 * ```ts
 * import { backtestBooks } from "zkmargin/risk";
 *
 * console.log(backtestBooks().length > 0); // true
 * ```
 */
export function backtestBooks(seed: number = DEFAULT_SEED): BookRecipe[] {
  return [
    fixed("long-btc", "long", [perp("BTC", 1)]),
    fixed("long-eth", "long", [perp("ETH", 1)]),
    fixed("short-btc", "short", [perp("BTC", -1)]),
    fixed("short-eth", "short", [perp("ETH", -1)]),
    fixed("eth-vs-btc", "hedged", [perp("ETH", 0.5), perp("BTC", -0.5)]),
    fixed("btc-vs-eth", "hedged", [perp("BTC", 0.5), perp("ETH", -0.5)]),
    fixed("link-vs-eth", "hedged", [perp("LINK", 0.5), perp("ETH", -0.5)]),
    fixed("xrp-vs-xlm", "hedged", [perp("XRP", 0.5), perp("XLM", -0.5)]),
    fixed("btc-cash-and-carry", "basis", [spot("BTC", 0.5), perp("BTC", -0.5)]),
    fixed("eth-cash-and-carry", "basis", [spot("ETH", 0.5), perp("ETH", -0.5)]),
    fixed("coins-on-credit", "borrower", [spot("ETH", 0.4), spot("BTC", 0.2), spot(CASH, -0.4)]),
    spread("equal-weight-long", "equal weight", (coins) => coins.map(() => 1)),
    spread("equal-weight-short", "equal weight", (coins) => coins.map(() => -1)),
    fixed("doge-long", "concentrated", [perp("DOGE", 1)]),
    fixed("doge-short", "concentrated", [perp("DOGE", -1)]),
    fixed("trx-long", "concentrated", [perp("TRX", 1)]),
    fixed("trx-long-x20", "concentrated", [perp("TRX", 1)], 20n * MILLION),
    spread("btc-vs-rest", "market neutral", (coins) =>
      coins.map((coin) => (coin === "BTC" ? coins.length - 1 : -1)),
    ),
    spread("every-other-coin", "market neutral", everyOther),
    ...randomBooks(seed),
  ];
}

/** Legs of a book of one asset against another. */
const against = (asset: string, other: string) => [perp(asset, 0.5), perp(other, -0.5)];

/**
 * As {@link backtestBooks}, for an own listing: of every asset that is not pegged a long book, a short one and one against the
 * first; a basis book and a borrower; and the books over all coins.
 * @param pegged symbols; the first is the dollar token in which accounts are funded
 *
 * @example
 * ```ts
 * import { listedBooks } from "zkmargin/risk";
 *
 * console.log(listedBooks(["USDC", "BTC", "ETH"], ["USDC"]).length > 0); // true
 * ```
 */
export function listedBooks(
  assets: readonly string[],
  pegged: readonly string[],
  seed: number = DEFAULT_SEED,
): BookRecipe[] {
  const risky = assets.filter((asset) => !pegged.includes(asset));
  const [first] = risky;
  const [cash] = pegged;
  const named = (...parts: readonly string[]) => parts.join("-").toLowerCase();
  return [
    ...risky.flatMap((asset) => [
      fixed(named("long", asset), "long", [perp(asset, 1)]),
      fixed(named("short", asset), "short", [perp(asset, -1)]),
    ]),
    ...(first === undefined ? [] : risky.slice(1)).flatMap((asset) => [
      fixed(named(asset, "vs", first ?? ""), "hedged", against(asset, first ?? "")),
      fixed(named(first ?? "", "vs", asset), "hedged", against(first ?? "", asset)),
    ]),
    ...(first === undefined
      ? []
      : [fixed(named(first, "cash-and-carry"), "basis", [spot(first, 0.5), perp(first, -0.5)])]),
    ...(first === undefined || cash === undefined
      ? []
      : [fixed("coins-on-credit", "borrower", [spot(first, 0.6), spot(cash, -0.4)])]),
    ...overAll(seed, pegged),
  ];
}

/** Books over all coins there are. */
function overAll(seed: number, pegged: readonly string[]): BookRecipe[] {
  return [
    spread("equal-weight-long", "equal weight", (coins) => coins.map(() => 1), pegged),
    spread("equal-weight-short", "equal weight", (coins) => coins.map(() => -1), pegged),
    spread("every-other-coin", "market neutral", everyOther, pegged),
    ...randomBooks(seed, pegged),
  ];
}

/** Long and short in turn. An odd one out stays out, so that as much is long as short. */
function everyOther(coins: readonly string[]): number[] {
  return coins.map((_, i) => (i < coins.length - (coins.length % 2) ? 1 - 2 * (i % 2) : 0));
}

const perp = (asset: string, share: number): Leg => ({ asset, kind: "perp", weight: share * WEIGHT_UNIT });
const spot = (asset: string, share: number): Leg => ({ asset, kind: "spot", weight: share * WEIGHT_UNIT });

function fixed(name: string, kind: BookKind, legs: readonly Leg[], gross = MILLION): BookRecipe {
  return {
    name,
    kind,
    gross,
    legs: (universe) => (legs.every(({ asset }) => universe.includes(asset)) ? legs : null),
  };
}

/** A book over all coins there are, in perpetuals. Weights are any whole numbers; they are scaled to the gross size. */
function spread(
  name: string,
  kind: BookKind,
  weights: (coins: readonly string[]) => number[],
  pegged: readonly string[] = [CASH],
): BookRecipe {
  return {
    name,
    kind,
    gross: MILLION,
    legs: (universe) => {
      const coins = universe.filter((asset) => !pegged.includes(asset));
      if (coins.length < 2) return null;
      const raw = weights(coins);
      const total = raw.reduce((sum, weight) => sum + Math.abs(weight), 0);
      return coins.flatMap((asset, i): Leg[] => {
        const weight = Math.trunc(((raw[i] ?? 0) * WEIGHT_UNIT) / total);
        return weight === 0 ? [] : [{ asset, kind: "perp", weight }];
      });
    },
  };
}

/**
 * An own book as a backtest holds it: as large each day as at some closes, and of the same shares in dollars. Its perpetuals are
 * entered at each day's close, so what it has gained or lost before is no part of it.
 * @param closes by slot of the listing, attodollars a unit; null where there is none
 * @throws MissingFieldError where an asset that it holds has no close; FormatError of a book that holds nothing, or a sleeve
 *
 * @example
 * ```ts
 * import { ownBook } from "zkmargin/risk";
 *
 * const closes = market.listing.map(() => 10n ** 18n);
 * console.log(ownBook("own-desk", dense, market.listing, closes).gross > 0n); // true
 * ```
 */
export function ownBook(
  name: string,
  book: Book,
  listing: Listing,
  closes: readonly (bigint | null)[],
): BookRecipe {
  if (book.sleeve !== undefined)
    throw new FormatError(
      "book.sleeve",
      "coins and perpetuals, as a history has no prices of options",
      "a sleeve",
    );
  const values = listing.flatMap(({ symbol, decimals }, u) =>
    (["spot", "perp"] as const).flatMap((kind) => {
      const quanta = book[kind][u] ?? 0n;
      if (quanta === 0n) return [];
      const close = closes[u] ?? null;
      if (close === null)
        throw new MissingFieldError(`prices.${symbol}`, "a close of what the book holds", "none");
      return [{ asset: symbol, kind, value: (quanta * close) / 10n ** BigInt(decimals) }];
    }),
  );
  const gross = values.reduce((sum, { value }) => sum + magnitude(value), 0n);
  if (gross === 0n) throw new FormatError("book.positions", "a position that is worth something", "none");
  const legs = values.map(({ asset, kind, value }): Leg => {
    return { asset, kind, weight: Number((value * BigInt(WEIGHT_UNIT)) / gross) };
  });
  return fixed(name, "own", legs, gross / 10n ** BigInt(USD_DECIMALS) + 1n);
}

/** Every coin gets a whole weight from −1000 to 1000 that stays its own, whatever else is listed. */
function randomBooks(seed: number, pegged: readonly string[] = [CASH]): BookRecipe[] {
  return Array.from({ length: RANDOM_BOOKS }, (_, book) =>
    spread(
      `random-${book + 1}`,
      "random",
      (coins) =>
        coins.map((coin) => {
          const next = seeded(
            [...coin].reduce((hash, c) => Math.imul(hash, 31) + c.charCodeAt(0), seed + book),
          );
          next();
          return (next() % 2001) - 1000;
        }),
      pegged,
    ),
  );
}

/**
 * Numbers in [0, 2^32) from a seed, the same on every machine: the generator mulberry32, which is 32-bit integer
 * arithmetic only. For made-up books, never for secrets.
 */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}
