import * as z from "zod/mini";
import { integer, readBy, shaped } from "../encoding/shape.js";
import {
  canonicalJson,
  isJsonObject,
  type JsonValue,
  type KeyPolicy,
  keyPath,
  kindOf,
  publicKeys,
  sha256OfText,
} from "../encoding/strictJson.js";
import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
} from "../errors.js";
import { MAX_DECIMALS } from "./bounds.js";

/** An asset that books and markets may contain. Its quantum is 10^-decimals units. */
export interface ListedAsset {
  readonly symbol: string;
  readonly decimals: number;
}

/** The listed assets; the asset at index u has slot u in every book and market. */
export type Listing = readonly ListedAsset[];

/** The sixteen assets of the example prices, in their order. */
export const DEFAULT_LISTING: Listing = [
  { symbol: "USDC", decimals: 6 },
  { symbol: "BTC", decimals: 8 },
  { symbol: "ETH", decimals: 9 },
  { symbol: "BNB", decimals: 8 },
  { symbol: "SOL", decimals: 9 },
  { symbol: "XRP", decimals: 6 },
  { symbol: "ADA", decimals: 6 },
  { symbol: "DOGE", decimals: 8 },
  { symbol: "LTC", decimals: 8 },
  { symbol: "LINK", decimals: 8 },
  { symbol: "DOT", decimals: 10 },
  { symbol: "UNI", decimals: 8 },
  { symbol: "AAVE", decimals: 8 },
  { symbol: "XLM", decimals: 7 },
  { symbol: "ATOM", decimals: 6 },
  { symbol: "TRX", decimals: 6 },
];

const LISTING_FORMAT = "zkmargin/listing@1";
/** Bytes of the SHA-256 that fit a field element: 248 bits. */
const DIGEST_BYTES = 31;

/** Whether a text has the form of a symbol: 1 to 16 of A-Z, 0-9, '.', '_' and '-', starting with a letter or digit. */
export function isSymbol(text: string): boolean {
  return /^[A-Z0-9][A-Z0-9._-]{0,15}$/.test(text);
}

/**
 * The public signal `listing`: the top 248 bits of SHA-256 of the tagged canonical list of assets.
 *
 * @example
 * ```ts
 * import { DEFAULT_LISTING, listingDigest } from "zkmargin/protocol";
 *
 * console.log(listingDigest(DEFAULT_LISTING) === listingDigest(market.listing)); // true
 * ```
 */
export function listingDigest(listing: Listing): bigint {
  const assets = canonicalJson(listing.map(({ symbol, decimals }) => [symbol, decimals]));
  return BigInt(`0x${sha256OfText(`${LISTING_FORMAT}\n${assets}`).slice(0, 2 * DIGEST_BYTES)}`);
}

/** Slot of an asset, or undefined if it is not listed. */
export function slotOf(listing: Listing, symbol: string): number | undefined {
  const slot = listing.findIndex((asset) => asset.symbol === symbol);
  return slot === -1 ? undefined : slot;
}

/** @throws FormatError, OutOfRangeError, DuplicateAssetError, MissingFieldError (no asset at all) */
export function checkListing(listing: Listing, path = "listing"): void {
  if (listing.length === 0) throw new MissingFieldError(path, "at least one asset", "none");
  listing.forEach(({ symbol, decimals }, u) => {
    if (!isSymbol(symbol))
      throw new FormatError(
        `${path}[${u}].symbol`,
        "1 to 16 of A-Z, 0-9, '.', '_' and '-', first a letter or digit",
        "other text",
      );
    if (!Number.isInteger(decimals) || decimals < 0 || decimals > MAX_DECIMALS)
      throw new OutOfRangeError(`${path}[${u}].decimals`, `0 to ${MAX_DECIMALS}`, String(decimals));
    if (slotOf(listing, symbol) !== u)
      throw new DuplicateAssetError(`${path}[${u}].symbol`, "each asset once", symbol);
  });
}

/**
 * Checks that public data has exactly the listed assets in the listing's order.
 * `path` names the list; its items have a field `asset`.
 * @throws UnknownAssetError, DuplicateAssetError, FormatError (another order), MissingFieldError
 */
export function checkAssetOrder(symbols: readonly string[], listing: Listing, path: string): void {
  symbols.forEach((symbol, i) => {
    const at = `${path}[${i}].asset`;
    const slot = slotOf(listing, symbol);
    if (slot === undefined) throw new UnknownAssetError(at, "a listed asset", JSON.stringify(symbol));
    if (symbols.indexOf(symbol) !== i) throw new DuplicateAssetError(at, "each asset once", symbol);
    if (slot !== i) throw new FormatError(at, `${listing[i]?.symbol}, as in the listing`, symbol);
  });
  const missing = listing[symbols.length];
  if (missing)
    throw new MissingFieldError(`${path}[${symbols.length}]`, `the asset ${missing.symbol}`, "none");
}

/** A listing inside another file: a list of `{symbol, decimals}`. */
export const listingSchema = readBy(
  (listing: Listing, path): Listing => {
    checkListing(listing, path);
    return listing;
  },
  z.array(z.strictObject({ symbol: z.string(), decimals: integer(0, MAX_DECIMALS) })),
);

/** A listing inside another JSON document. */
export function readListing(value: JsonValue, path: string, quotable: KeyPolicy = publicKeys): Listing {
  return shaped(listingSchema, value, { path, quotable });
}

/** The inverse of {@link readListing}. */
export function listingToJson(listing: Listing): JsonValue {
  return listing.map(({ symbol, decimals }) => ({ symbol, decimals }));
}

/**
 * Public whole numbers by asset in a schema, such as the shocks of a scenario: an object whose keys are symbols. The caller
 * checks which of them are listed, and which are required. A key that is not written as a symbol is an UnknownAssetError.
 */
export function symbolNumbers(min: number, max: number): z.ZodMiniType<Record<string, number>> {
  const number = integer(min, max);
  return readBy((value: unknown, path) => {
    if (!isJsonObject(value)) throw new FormatError(path, "an object", kindOf(value));
    const wrong = Object.keys(value).findIndex((key) => !isSymbol(key));
    if (wrong !== -1)
      throw new UnknownAssetError(
        keyPath(path, Object.keys(value)[wrong] ?? "", wrong, publicKeys),
        "the symbol of an asset",
        "other text",
      );
    return Object.fromEntries(
      Object.entries(value).map(([symbol, item]) => [
        symbol,
        shaped(number, item, { path: `${path}.${symbol}` }),
      ]),
    );
  }, z.unknown());
}
