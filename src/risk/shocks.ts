import * as z from "zod/mini";
import { percentInBps } from "../encoding/decimal.js";
import { document, integer, printable, readBy, shaped } from "../encoding/shape.js";
import { isJsonObject, type JsonValue, kindOf } from "../encoding/strictJson.js";
import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
} from "../errors.js";
import { isNextDay } from "../market/date.js";
import { type DailyPrices, dateOf, rowOf } from "../market/history.js";
import { BPS } from "../protocol/bounds.js";
import { isSymbol, type Listing, slotOf, symbolNumbers } from "../protocol/listing.js";
import { RISE_MAX } from "../protocol/whatIf.js";
import { CASH } from "./backtest/books.js";
import { jumpsAmong, type NamedJump, refuseJumps } from "./jumps.js";
import { staleRuns } from "./stale.js";

/** Price moves of some assets by symbol, basis points. */
export type Shocks = Readonly<Record<string, number>>;

/** A joint move of all listed prices. Public: it says nothing of any book. */
export interface Shock {
  readonly name: string;
  /** In the listing's order, basis points, −10 000 … 100 000; null of an asset that had no price on the day and has no shock. */
  readonly moves: readonly (number | null)[];
  /** Assets whose moves are not the day's but shocks. */
  readonly given: readonly string[];
  /** What happens to perpetuals beside their prices; absent where nothing does. */
  readonly perps?: PerpMoves;
}

/** What happens to perpetuals beside the moves of their indices. In the listing's order, basis points. */
export interface PerpMoves {
  /** Where a perpetual ends beside its index: −1 000 is a tenth below it. */
  readonly basis: readonly number[];
  /** What a long pays to a short on the way, of the price at its start; negative is paid by the short. */
  readonly funding: readonly number[];
}

/** Shocks as people state them: of prices, of what perpetuals are beside them, and of their funding. */
export interface StatedShocks {
  readonly shocks: Shocks;
  readonly basis: Shocks;
  readonly funding: Shocks;
}

/** A shocks file. */
export interface ShockFile extends StatedShocks {
  readonly name: string;
}

const SHOCKS_FORMAT = "zkmargin/shocks@1";
const BASIS_POINTS = /^(0|-?[1-9][0-9]{0,6})$/;
/** From losing everything to eleven times the price, basis points. */
const RANGE = { min: -Number(BPS), max: RISE_MAX };
/** How far a perpetual may be from its index, and what funding may take, basis points. */
const PERP_RANGE = { min: -Number(BPS), max: Number(BPS) };
/** In place of a symbol: every listed asset. */
const EVERY = "all";
// A percentage with its sign is read as basis points.
const movesSchema = readBy((value: unknown, path): Shocks => {
  if (!isJsonObject(value)) throw new FormatError(path, "an object", kindOf(value));
  const plain = Object.entries(value).map(([symbol, move], i) => {
    if (typeof move !== "string") return [symbol, move] as const;
    const bps = percentInBps(move);
    if (bps !== undefined) return [symbol, bps] as const;
    const at = isSymbol(symbol) ? `${path}.${symbol}` : `${path}[${i}]`;
    throw new FormatError(at, 'basis points, or a percentage such as "-30%"', "other text");
  });
  const { [EVERY]: every, ...named } = Object.fromEntries(plain);
  return {
    ...shaped(symbolNumbers(RANGE.min, RANGE.max), named, { path }),
    ...(every !== undefined && {
      [EVERY]: shaped(integer(RANGE.min, RANGE.max), every, { path: `${path}.${EVERY}` }),
    }),
  };
}, z.unknown());
const schema = document(SHOCKS_FORMAT, {
  name: printable(64),
  shocks: movesSchema,
  basis: z.optional(movesSchema),
  funding: z.optional(movesSchema),
});

/**
 * Parses shocks as people type them: `BTC=-3000,ETH=-35%`, basis points in whole digits or percent with its sign. `all=-10%` is of
 * every listed asset; what is stated of one comes before it.
 * @throws FormatError, UnknownAssetError, DuplicateAssetError, OutOfRangeError
 *
 * @example
 * ```ts
 * import { parseShocks } from "zkmargin/risk";
 *
 * console.log(parseShocks("BTC=-3000", market.listing));
 * ```
 */
export function parseShocks(
  text: string,
  listing: Listing,
  path = "shock",
  /** `perp` for a basis or for funding, at most 100 % either way. */
  kind: "price" | "perp" = "price",
): Shocks {
  const given = new Map<string, number>();
  for (const part of text.split(",")) {
    const [, asset, text = ""] = /^([^=]+)=(.+)$/.exec(part) ?? [];
    const move = text.endsWith("%") ? percentInBps(text) : BASIS_POINTS.test(text) ? Number(text) : undefined;
    if (asset === undefined || move === undefined)
      throw new FormatError(
        path,
        "moves in basis points such as BTC=-3000,ETH=-3500, or in percent such as BTC=-30%",
        "other text",
      );
    if (given.has(asset)) throw new DuplicateAssetError(path, "each asset once", asset);
    given.set(asset, move);
  }
  return checkShocks(Object.fromEntries(given), listing, path, kind === "price" ? RANGE : PERP_RANGE);
}

/**
 * Reads a shocks file, `zkmargin/shocks@1`.
 * @throws FormatError, MissingFieldError, UnknownFieldError, UnknownAssetError, OutOfRangeError
 */
export function readShocks(value: JsonValue, listing: Listing, path = "shocks"): ShockFile {
  const { name, shocks, basis = {}, funding = {} } = shaped(schema, value, { path });
  if ([shocks, basis, funding].every((moves) => Object.keys(moves).length === 0))
    throw new MissingFieldError(`${path}.shocks`, "at least one asset (or one in basis or funding)", "none");
  return {
    name,
    shocks: checkShocks(shocks, listing, `${path}.shocks`, RANGE),
    basis: checkShocks(basis, listing, `${path}.basis`, PERP_RANGE),
    funding: checkShocks(funding, listing, `${path}.funding`, PERP_RANGE),
  };
}

/**
 * A day and shocks as one joint move: shocks come before the day. Without a day, what has no shock stays where it is; on a day,
 * an asset that had no price and has no shock has no move. Basis and funding are none where they are not stated: prices know none.
 *
 * @example
 * ```ts
 * import { joinShock, movesOn } from "zkmargin/risk";
 *
 * const day = movesOn(history, market.listing, "2021-05-19");
 * const shock = joinShock("the May crash", market.listing, day, { basis: { BTC: -1_000 } });
 * console.log(shock.moves.length === market.listing.length); // true
 * ```
 */
export function joinShock(
  name: string,
  listing: Listing,
  day: DayMoves | null,
  { shocks = {}, basis = {}, funding = {} }: Partial<StatedShocks>,
): Shock {
  const column = (stated: Shocks) => listing.map(({ symbol }) => stated[symbol] ?? 0);
  const perps = Object.keys(basis).length + Object.keys(funding).length > 0;
  return {
    name,
    moves: listing.map(({ symbol }, u) => shocks[symbol] ?? (day === null ? 0 : (day.moves[u] ?? null))),
    given: listing.flatMap(({ symbol }) => (shocks[symbol] === undefined ? [] : [symbol])),
    ...(perps && { perps: { basis: column(basis), funding: column(funding) } }),
  };
}

/** Shocks within a range, of what a market lists; `all` as each of it. */
function checkShocks(
  { [EVERY]: every, ...shocks }: Shocks,
  listing: Listing,
  path: string,
  { min, max }: typeof RANGE,
): Shocks {
  for (const [asset, move] of [
    ...Object.entries(shocks),
    ...(every === undefined ? [] : [[EVERY, every] as const]),
  ]) {
    if (asset !== EVERY && slotOf(listing, asset) === undefined)
      throw new UnknownAssetError(path, "an asset that the market lists, or all", JSON.stringify(asset));
    if (move < min || move > max)
      throw new OutOfRangeError(`${path}.${asset}`, `${min} to ${max} basis points`, String(move));
  }
  if (every === undefined) return shocks;
  return { ...Object.fromEntries(listing.map(({ symbol }) => [symbol, every])), ...shocks };
}

/** A day of the history that people know by a name. */
export interface NamedDay {
  /** ISO date of the close at its end. */
  readonly date: string;
  readonly name: string;
}

/** Days of the shipped history; any other date of a history will do as well. */
export const NAMED_DAYS: readonly NamedDay[] = [
  { date: "2020-03-12", name: "Black Thursday" },
  { date: "2020-12-23", name: "XRP after the complaint of the SEC" },
  { date: "2021-01-28", name: "DOGE more than quadruples" },
  { date: "2021-02-08", name: "BTC rises by a fifth" },
  { date: "2021-05-19", name: "the May crash" },
  { date: "2021-06-21", name: "the June fall" },
];

/** Distances of all perpetuals from their indices that a book is put through beside the named days, basis points. */
export const NAMED_BASES: readonly { readonly basis: number; readonly name: string }[] = [
  { basis: -1_000, name: "as BitMEX's on 2020-03-13" },
  { basis: 1_000, name: "as far above" },
];

/** The moves of one day, from the close before to its own. */
export interface DayMoves {
  readonly date: string;
  /**
   * In the listing's order, basis points, away from 0; null of an asset without a price on the day or the day before: no
   * close, or one that was carried forward. Nothing stands in for it.
   */
  readonly moves: readonly (number | null)[];
}

/**
 * What a day of the history did to every listed asset, rounded away from 0 to whole basis points.
 * @param pegged assets that may stand still
 * @param acceptJumps closes of the day that look like a redenomination or a bad print, and are true
 * @throws OutOfRangeError for a date that is not in the history; MissingFieldError where no listed asset has closes on the day
 *   and the day before; PriceJumpError
 *
 * @example
 * ```ts
 * import { movesOn } from "zkmargin/risk";
 *
 * console.log(movesOn(history, market.listing, "2021-05-19").date); // 2021-05-19
 * ```
 */
export function movesOn(
  prices: DailyPrices,
  listing: Listing,
  date: string,
  acceptJumps: readonly NamedJump[] = [],
  pegged: readonly string[] = [CASH],
): DayMoves {
  rowOf(prices, date, "date");
  const day = movesIfAny(prices, listing, date, acceptJumps, pegged);
  if (day.moves.every((move) => move === null))
    throw new MissingFieldError(`history.${date}`, "closes on the day and on the day before as well", "none");
  return day;
}

/** As {@link movesOn}, but a day without prices has no moves, and is no error. */
export function movesIfAny(
  prices: DailyPrices,
  listing: Listing,
  date: string,
  acceptJumps: readonly NamedJump[] = [],
  pegged: readonly string[] = [CASH],
): DayMoves {
  const row = prices.days.findIndex((day) => day.date === date);
  const moves = listing.map(({ symbol }) => moveIn(prices, symbol, row, pegged));
  if (moves.some((move) => move !== null))
    refuseJumps(jumpsAmong(prices, listing, dateOf(prices, row - 1), date), acceptJumps, "history");
  return { date, moves };
}

function moveIn(prices: DailyPrices, symbol: string, row: number, pegged: readonly string[]): number | null {
  const [day, before] = [prices.days[row], prices.days[row - 1]];
  if (day === undefined || before === undefined || !isNextDay(before.date, day.date)) return null;
  const column = prices.assets.indexOf(symbol);
  const from = before.closes[column] ?? null;
  const to = day.closes[column] ?? null;
  if (from === null || to === null) return null;
  const carried =
    from === to &&
    !pegged.includes(symbol) &&
    staleRuns(prices.days.map(({ closes }) => closes[column] ?? null)).some(
      (run) => run.from < row && row <= run.to,
    );
  return carried ? null : awayFromZero(to - from, from);
}

function awayFromZero(change: bigint, of: bigint): number {
  const size = change < 0n ? -change : change;
  const move = Number((size * BPS + of - 1n) / of);
  return change < 0n ? -move : move;
}
