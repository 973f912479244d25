import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
} from "../../errors.js";
import { keyPath, publicKeys } from "../../spec/keyPath.js";
import { isSymbol, type Listing, slotOf } from "../../spec/listing.js";
import { asObject, ObjectReader } from "../../spec/objectReader.js";
import type { JsonValue } from "../../spec/strictJson.js";
import type { DayMoves } from "./days.js";

/** Price moves of some assets by symbol, basis points. */
export type Shocks = Readonly<Record<string, number>>;

/** A joint move of all listed prices. Public: it says nothing of any book. */
export interface Shock {
  readonly name: string;
  /** In the listing's order, basis points, −10 000 … RISE_MAX. */
  readonly moves: readonly number[];
  /** Assets that had no price on the day, and were given its median move. */
  readonly substituted: readonly string[];
}

/** A shocks file. */
export interface ShockFile {
  readonly name: string;
  readonly shocks: Shocks;
}

const FALL_MAX = 10_000;
/** The largest rise that a shock may be: the price times eleven. */
export const RISE_MAX = 100_000;
const SHOCKS_FORMAT = "zkmargin/shocks@1";
const RANGE = { min: -FALL_MAX, max: RISE_MAX };

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
  const object = asObject(file.value("shocks"), at);
  Object.keys(object).forEach((key, index) => {
    if (!isSymbol(key))
      throw new UnknownAssetError(
        keyPath(at, key, index, publicKeys),
        "the symbol of an asset",
        "other text",
      );
  });
  const reader = ObjectReader.of(object, at, Object.keys(object));
  const shocks = Object.fromEntries(
    Object.keys(object).map((symbol) => [symbol, reader.integer(symbol, RANGE)]),
  );
  if (Object.keys(shocks).length === 0) throw new MissingFieldError(at, "at least one asset", "none");
  checkShocks(shocks, listing, at);
  return { name: file.text("name", 64), shocks };
}

/**
 * A day and shocks as one joint move: shocks come before the day, and what neither speaks of stays where it is. An asset
 * that had no price on the day, and no shock, moves by the median of those that had one.
 */
export function joinShock(name: string, listing: Listing, day: DayMoves | null, shocks: Shocks): Shock {
  const priced = (day?.moves ?? []).filter((move) => move !== null).toSorted((a, b) => a - b);
  const median = lowerMedian(priced);
  const without = listing.filter(
    ({ symbol }, u) => day !== null && day.moves[u] === null && shocks[symbol] === undefined,
  );
  return {
    name,
    moves: listing.map(({ symbol }, u) => shocks[symbol] ?? (day === null ? 0 : (day.moves[u] ?? median))),
    substituted: without.map(({ symbol }) => symbol),
  };
}

/** Of an even number the lower one of the middle two, so that it is a move that there was. */
function lowerMedian(rising: readonly number[]): number {
  return rising[Math.floor((rising.length - 1) / 2)] ?? 0;
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
