import { ObjectReader } from "../../encoding/objectReader.js";
import type { JsonValue } from "../../encoding/strictJson.js";
import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
} from "../../errors.js";
import { BPS } from "../../protocol/bounds.js";
import { type Listing, slotOf } from "../../protocol/listing.js";
import { readSymbolNumbers } from "../../protocol/symbolNumbers.js";
import { RISE_MAX } from "../../protocol/whatIf.js";
import type { DayMoves } from "./days.js";

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
/** From losing everything to eleven times the price, basis points. */
const RANGE = { min: -Number(BPS), max: RISE_MAX };

/**
 * Parses shocks as people type them: `BTC=-3000,ETH=-3500`, basis points.
 * @throws FormatError, UnknownAssetError, DuplicateAssetError, OutOfRangeError
 */
export function parseShocks(text: string, listing: Listing, path = "shock"): Shocks {
  const given = new Map<string, number>();
  for (const part of text.split(",")) {
    const match = /^([^=]+)=(0|-?[1-9][0-9]{0,6})$/.exec(part);
    if (!match)
      throw new FormatError(path, "moves in basis points such as BTC=-3000,ETH=-3500", "other text");
    const [, asset = "", move = ""] = match;
    if (given.has(asset)) throw new DuplicateAssetError(path, "each asset once", asset);
    given.set(asset, Number(move));
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
  const file = ObjectReader.document(value, path, SHOCKS_FORMAT, ["name", "shocks"]);
  const at = file.at("shocks");
  const shocks = readSymbolNumbers(file.value("shocks"), at, RANGE);
  if (Object.keys(shocks).length === 0) throw new MissingFieldError(at, "at least one asset", "none");
  checkShocks(shocks, listing, at);
  return { name: file.text("name", 64), shocks };
}

/**
 * A day and shocks as one joint move: shocks come before the day. Without a day, what has no shock stays where it is; on a day,
 * an asset that had no price and has no shock has no move.
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
