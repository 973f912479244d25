import { readAddress } from "../encoding/address.js";
import { isPrintable, ObjectReader } from "../encoding/objectReader.js";
import { type JsonObject, type JsonValue, parseStrictJson } from "../encoding/strictJson.js";
import { DuplicateFieldError, FormatError, MissingFieldError, TooManyError } from "../errors.js";
import { MAX_DECIMALS } from "./bounds.js";
import { checkListing, DEFAULT_LISTING, type ListedAsset, type Listing } from "./listing.js";
import { TIERS } from "./tiers.js";

/** What can be traded of an asset in a day, as a listing states it. */
export interface StatedDepth {
  /** Millions of dollars, 1 … 1 000 000. */
  readonly millions: number;
  /** Half a stressed spread, basis points, 0 … 10 000. */
  readonly spread: number;
}

/**
 * An asset of a listing file. Symbol and decimals are what books and markets commit to. The rest says what commands need of
 * the asset, and no proof depends on it.
 */
export interface AssetTerms extends ListedAsset {
  /**
   * Whether it is meant to hold its value or to accrue slowly, as a dollar token or a tokenised T-bill does. A pegged asset has
   * no part in the market's correlation, falls in the depeg scenario, and may stand still.
   */
  readonly pegged: boolean;
  /** The ERC-20 contract, with its checksum. */
  readonly token?: string;
  /** What an oracle calls it: the WBTC of a feed "WBTC / USD". The symbol by default. */
  readonly oracle?: string;
  /** What exports and price files call it besides: XBT, bitcoin. */
  readonly names: readonly string[];
  readonly depth?: StatedDepth;
  /** Its feed as a deployment plan has it. Deployments read it, with its path `listing.assets[u].feed`. */
  readonly feed?: JsonValue;
}

/** A listing with what commands need to know of its assets. It is a {@link Listing} too. */
export type ListingFile = readonly AssetTerms[];

const FORMAT = "zkmargin/listing@1";
const FIELDS = ["symbol", "decimals", "pegged", "token", "oracle", "names", "depth", "feed"] as const;
/** Characters of a name in a file of others. */
const NAME_MAX = 64;
const MILLIONS = { min: 1, max: 1_000_000 };
const SPREAD = { min: 0, max: 10_000 };
/** Slots of the largest tier. */
const ASSETS_MAX = TIERS.reduce((most, { assets }) => Math.max(most, assets), 0);

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
  const file = ObjectReader.document(parseStrictJson(text, path), path, FORMAT, ["assets"]);
  const assets = file.list("assets", readTerms);
  const at = file.at("assets");
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

function readTerms(value: JsonValue, path: string): AssetTerms {
  const asset = ObjectReader.of(value, path, FIELDS);
  const optional = <T>(field: (typeof FIELDS)[number], read: () => T): T | undefined =>
    asset.has(field) ? read() : undefined;
  const token = optional("token", () => readAddress(asset, "token"));
  const oracle = optional("oracle", () => asset.text("oracle", NAME_MAX));
  const depth = optional("depth", () => readDepth(asset.value("depth"), asset.at("depth")));
  const feed = optional("feed", () => asset.value("feed"));
  return {
    symbol: asset.string("symbol"),
    decimals: asset.integer("decimals", { min: 0, max: MAX_DECIMALS }),
    pegged: optional("pegged", () => asset.boolean("pegged")) ?? false,
    names: optional("names", () => asset.list("names", readName)) ?? [],
    ...(token !== undefined && { token }),
    ...(oracle !== undefined && { oracle }),
    ...(depth !== undefined && { depth }),
    ...(feed !== undefined && { feed }),
  };
}

function readName(value: JsonValue, path: string): string {
  if (typeof value !== "string" || value.length > NAME_MAX || !isPrintable(value) || value.trim() !== value)
    throw new FormatError(
      path,
      `1 to ${NAME_MAX} printable characters, no space around them`,
      "something else",
    );
  return value;
}

function readDepth(value: JsonValue, path: string): StatedDepth {
  const depth = ObjectReader.of(value, path, ["millions", "spread"]);
  return { millions: depth.integer("millions", MILLIONS), spread: depth.integer("spread", SPREAD) };
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
