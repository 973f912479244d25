import * as z from "zod/mini";
import { address } from "../encoding/address.js";
import { type DeepReadonly, document, integer, isPrintable, printable, shaped } from "../encoding/shape.js";
import { type JsonObject, type JsonValue, parseStrictJson } from "../encoding/strictJson.js";
import { DuplicateFieldError, MissingFieldError, TooManyError } from "../errors.js";
import { MAX_DECIMALS } from "./bounds.js";
import { checkListing, DEFAULT_LISTING, type ListedAsset, type Listing } from "./listing.js";
import { TIERS } from "./tiers.js";

const FORMAT = "zkmargin/listing@1";
/** Characters of a name in a file of others. */
const NAME_MAX = 64;
/** Slots of the largest tier. */
const ASSETS_MAX = TIERS.reduce((most, { assets }) => Math.max(most, assets), 0);

const depth = z.strictObject({
  /** Millions of dollars, 1 … 1 000 000. */
  millions: integer(1, 1_000_000),
  /** Half a stressed spread, basis points, 0 … 10 000. */
  spread: integer(0, 10_000),
});
const name = z
  .string()
  .check(
    z.refine(
      (text) => text.length <= NAME_MAX && isPrintable(text) && text.trim() === text,
      `1 to ${NAME_MAX} printable characters, no space around them`,
    ),
  );
const terms = z.strictObject({
  symbol: z.string(),
  decimals: integer(0, MAX_DECIMALS),
  /**
   * Whether it is meant to hold its value or to accrue slowly, as a dollar token or a tokenised T-bill does. A pegged asset has
   * no part in the market's correlation, falls in the depeg scenario, and may stand still.
   */
  pegged: z._default(z.boolean(), false),
  /** What exports and price files call it besides: XBT, bitcoin. */
  names: z._default(z.array(name), []),
  /** The ERC-20 contract, with its checksum. */
  token: z.exactOptional(address),
  /** What an oracle calls it: the WBTC of a feed "WBTC / USD". The symbol by default. */
  oracle: z.exactOptional(printable(NAME_MAX)),
  depth: z.exactOptional(depth),
  /** Its feed as a deployment plan has it. Deployments read it, with its path `listing.assets[u].feed`. */
  feed: z.exactOptional(z.custom<JsonValue>()),
});
const schema = document(FORMAT, { assets: z.array(terms) });

/** What can be traded of an asset in a day, as a listing states it. */
export type StatedDepth = Readonly<z.infer<typeof depth>>;

/**
 * An asset of a listing file. Symbol and decimals are what books and markets commit to. The rest says what commands need of
 * the asset, and no proof depends on it.
 */
export type AssetTerms = ListedAsset &
  DeepReadonly<Omit<z.infer<typeof terms>, "feed">> &
  Readonly<Pick<z.infer<typeof terms>, "feed">>;

/** A listing with what commands need to know of its assets. It is a {@link Listing} too. */
export type ListingFile = readonly AssetTerms[];

/** The built-in listing as a file would have it: USDC is pegged, and BTC is known as XBT too. */
export const DEFAULT_ASSETS: ListingFile = DEFAULT_LISTING.map((asset) => ({
  ...asset,
  pegged: asset.symbol === "USDC",
  names: asset.symbol === "BTC" ? ["XBT"] : [],
}));

/**
 * Parses a listing file, `zkmargin/listing@1`.
 * @throws MalformedError, FormatError, OutOfRangeError, MissingFieldError, UnknownFieldError, DuplicateAssetError,
 *   TooManyError (more assets than the largest tier has slots), DuplicateFieldError (a name of two assets)
 *
 * @example
 * ```ts
 * import { parseListing } from "zkmargin/protocol";
 *
 * const usdc = { symbol: "USDC", decimals: 2, pegged: true };
 * const listing = parseListing(JSON.stringify({ format: "zkmargin/listing@1", assets: [usdc] }));
 * console.log(listing[0]?.pegged); // true
 * ```
 */
export function parseListing(text: string, path = "listing"): ListingFile {
  const { assets } = shaped(schema, parseStrictJson(text, path), { path });
  const at = `${path}.assets`;
  if (assets.length > ASSETS_MAX)
    throw new TooManyError(
      at,
      `at most ${ASSETS_MAX} assets, the slots of the largest tier`,
      String(assets.length),
    );
  checkListing(assets, at);
  const known = new Map<string, number>();
  assets.forEach(({ symbol, names }, u) => {
    for (const name of [symbol, ...names]) {
      const key = name.toUpperCase();
      const other = known.get(key);
      if (other !== undefined && (other !== u || name !== symbol))
        throw new DuplicateFieldError(
          `${at}[${u}].names`,
          "each name once in the listing",
          JSON.stringify(name),
        );
      known.set(key, u);
    }
  });
  return assets;
}

/**
 * The text of a listing file.
 *
 * @example
 * ```ts
 * import { parseListing, serialiseListing } from "zkmargin/protocol";
 *
 * const listing = [{ symbol: "USDC", decimals: 2, pegged: true, names: [] }];
 * console.log(parseListing(serialiseListing(listing)).length); // 1
 * ```
 */
export function serialiseListing(listing: ListingFile): string {
  const assets = listing.map(
    ({ symbol, decimals, pegged, token, oracle, names, depth, feed }): JsonObject => ({
      symbol,
      decimals,
      pegged,
      ...(token !== undefined && { token }),
      ...(oracle !== undefined && { oracle }),
      ...(names.length > 0 && { names }),
      ...(depth !== undefined && { depth: { ...depth } }),
      ...(feed !== undefined && { feed }),
    }),
  );
  return `${JSON.stringify({ format: FORMAT, assets }, null, 2)}\n`;
}

/** Symbol and decimals alone: the part of a listing that books, markets and profiles are of. */
export function committedListing(listing: Listing): Listing {
  return listing.map(({ symbol, decimals }) => ({ symbol, decimals }));
}

/** The asset that a text names: its symbol, or one of its names, in capitals or not; undefined if none is meant. */
export function assetNamed(listing: ListingFile, text: string): AssetTerms | undefined {
  const key = text.toUpperCase();
  return listing.find(({ symbol, names }) => [symbol, ...names].some((name) => name.toUpperCase() === key));
}

/** Symbols of the pegged assets, in the listing's order. */
export function peggedAssets(listing: ListingFile): string[] {
  return listing.filter(({ pegged }) => pegged).map(({ symbol }) => symbol);
}

/** The stated depths, one for each asset that states one. @throws MissingFieldError naming the assets that do not */
export function statedDepths(
  listing: ListingFile,
  path = "listing",
): (StatedDepth & { readonly asset: string })[] {
  const without = listing.filter(({ depth }) => depth === undefined).map(({ symbol }) => symbol);
  if (without.length > 0)
    throw new MissingFieldError(
      `${path}.${without[0]}.depth`,
      'a depth of every listed asset, such as "depth": {"millions": 20, "spread": 100}, or --depths',
      `none of ${without.join(", ")}`,
    );
  return listing.flatMap(({ symbol, depth }) => (depth === undefined ? [] : [{ asset: symbol, ...depth }]));
}
