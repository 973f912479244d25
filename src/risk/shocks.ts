import * as z from "zod/mini";
import { percentInBps } from "../encoding/decimal.js";
import { document, printable, readBy, shaped } from "../encoding/shape.js";
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
}

/** A shocks file. */
export interface ShockFile {
  readonly name: string;
  readonly shocks: Shocks;
}

const SHOCKS_FORMAT = "zkmargin/shocks@1";
const BASIS_POINTS = /^(0|-?[1-9][0-9]{0,6})$/;
/** From losing everything to eleven times the price, basis points. */
const RANGE = { min: -Number(BPS), max: RISE_MAX };
const schema = document(SHOCKS_FORMAT, {
  name: printable(64),
  // A percentage with its sign is read as basis points.
  shocks: readBy((value: unknown, path): Shocks => {
    if (!isJsonObject(value)) throw new FormatError(path, "an object", kindOf(value));
    const plain = Object.entries(value).map(([symbol, move], i) => {
      if (typeof move !== "string") return [symbol, move] as const;
      const bps = percentInBps(move);
      if (bps !== undefined) return [symbol, bps] as const;
      const at = isSymbol(symbol) ? `${path}.${symbol}` : `${path}[${i}]`;
      throw new FormatError(at, 'basis points, or a percentage such as "-30%"', "other text");
    });
    return shaped(symbolNumbers(RANGE.min, RANGE.max), Object.fromEntries(plain), { path });
  }, z.unknown()),
});

/**
 * Parses shocks as people type them: `BTC=-3000,ETH=-35%`, basis points in whole digits or percent with its sign.
 * @throws FormatError, UnknownAssetError, DuplicateAssetError, OutOfRangeError
 *
 * @example
 * ```ts
 * import { parseShocks } from "zkmargin/risk";
 *
 * console.log(parseShocks("BTC=-3000", market.listing));
 * ```
 */
export function parseShocks(text: string, listing: Listing, path = "shock"): Shocks {
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
  const shocks = Object.fromEntries(given);
  checkShocks(shocks, listing, path);
  return shocks;
}

/**
 * Reads a shocks file, `zkmargin/shocks@1`.
 * @throws FormatError, MissingFieldError, UnknownFieldError, UnknownAssetError, OutOfRangeError
 */
export function readShocks(value: JsonValue, listing: Listing, path = "shocks"): ShockFile {
  const file = shaped(schema, value, { path });
  const at = `${path}.shocks`;
  if (Object.keys(file.shocks).length === 0) throw new MissingFieldError(at, "at least one asset", "none");
  checkShocks(file.shocks, listing, at);
  return file;
}

/**
 * A day and shocks as one joint move: shocks come before the day. Without a day, what has no shock stays where it is; on a day,
 * an asset that had no price and has no shock has no move.
 *
 * @example
 * ```ts
 * import { joinShock, movesOn } from "zkmargin/risk";
 *
 * const shock = joinShock("the May crash", market.listing, movesOn(history, market.listing, "2021-05-19"), {});
 * console.log(shock.moves.length === market.listing.length); // true
 * ```
 */
export function joinShock(name: string, listing: Listing, day: DayMoves | null, shocks: Shocks): Shock {
  return {
    name,
    moves: listing.map(({ symbol }, u) => shocks[symbol] ?? (day === null ? 0 : (day.moves[u] ?? null))),
    given: listing.flatMap(({ symbol }) => (shocks[symbol] === undefined ? [] : [symbol])),
  };
}

function checkShocks(shocks: Shocks, listing: Listing, path: string): void {
  for (const [asset, move] of Object.entries(shocks)) {
    if (slotOf(listing, asset) === undefined)
      throw new UnknownAssetError(path, "an asset that the market lists", JSON.stringify(asset));
    if (move < RANGE.min || move > RANGE.max)
      throw new OutOfRangeError(
        `${path}.${asset}`,
        `${RANGE.min} to ${RANGE.max} basis points`,
        String(move),
      );
  }
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
  const row = rowOf(prices, date, "date");
  const moves = listing.map((asset) => moveIn(prices, asset.symbol, row, pegged));
  if (moves.every((move) => move === null))
    throw new MissingFieldError(`history.${date}`, "closes on the day and on the day before as well", "none");
  refuseJumps(jumpsAmong(prices, listing, dateOf(prices, row - 1), date), acceptJumps, "history");
  return { date, moves };
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
  return moves.every((move) => move === null)
    ? { date, moves }
    : movesOn(prices, listing, date, acceptJumps, pegged);
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
