import * as z from "zod/mini";
import { parseInteger } from "../encoding/decimal.js";
import { type DeepReadonly, document, integer, readBy, sha256, shaped } from "../encoding/shape.js";
import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
  sha256OfText,
} from "../encoding/strictJson.js";
import { FormatError, OutOfRangeError, TooManyError } from "../errors.js";
import { BPS } from "../protocol/bounds.js";
import { checkMarket } from "../protocol/checks.js";
import {
  checkAssetOrder,
  checkListing,
  type Listing,
  listingSchema,
  listingToJson,
} from "../protocol/listing.js";
import { checkAtPaths, checkProfile, denseRisk, type RiskProfile } from "../protocol/profile.js";
import type { Market } from "../protocol/types.js";
import { DAY_SECONDS, parseDate } from "./date.js";
import { profileSchema, profileToJson } from "./profile.js";

/** Longest window of the time-weighted average, days. */
export const WINDOW_MAX = 366;

/** Steepest funding, either way: 100 % of the price a day, basis points. */
export const FUNDING_RATE_MAX = Number(BPS);

/** What a market was built from, so that anybody can build it again: a price history, or a round on a chain. */
export type MarketSource = HistorySource | RoundSource;

const historySource = z.strictObject({
  /** SHA-256 of the price history's text, hex. */
  history: sha256,
  /** ISO date of the close. */
  date: z.string(),
  /** Days of the time-weighted average, `date` included. */
  window: integer(1, WINDOW_MAX),
  /** Basis points a day that funding accrued at; null where the index was given explicitly. */
  fundingRate: z.nullable(integer(-FUNDING_RATE_MAX, FUNDING_RATE_MAX)),
});
const roundSource = z.strictObject({
  /** Decimal. */
  chainId: readBy((text, path): string => {
    if (parseInteger(text, path) < 1n) throw new OutOfRangeError(path, "1 or more", "less");
    return text;
  }),
  /** Address of the ledger, 0x and 40 hex digits. */
  ledger: z.string().check(z.regex(/^0x[0-9a-fA-F]{40}$/, "an address of 0x and 40 hex digits")),
  round: integer(1, Number.MAX_SAFE_INTEGER),
  /** ISO date, UTC, of the round's time. */
  date: z.string(),
});
const price = z.strictObject({
  asset: z.string(),
  low: readBy(parseInteger),
  high: readBy(parseInteger),
  /** Signed. */
  funding: readBy(parseInteger),
});

/** Daily closes. */
export type HistorySource = Readonly<z.infer<typeof historySource>>;

/** A round of a market ledger, which has its prices and its profile on the chain. */
export type RoundSource = Readonly<z.infer<typeof roundSource>>;

/** Conservative prices of one asset, and its cumulative funding; attodollars per quantum. */
export type AssetPrice = Readonly<z.infer<typeof price>>;

const MARKET_FORMAT = "zkmargin/market@1";
const TIME_MAX = 2 ** 40;

const schema = document(MARKET_FORMAT, {
  listing: listingSchema,
  /** Unix seconds: of a round, or of 00:00 UTC at the end of the source's date, which is a daily close. */
  time: integer(0, TIME_MAX),
  source: readBy(
    (value: unknown, path): MarketSource =>
      isJsonObject(value) && Object.hasOwn(value, "round")
        ? shaped(roundSource, value, { path })
        : shaped(historySource, value, { path }),
    z.unknown(),
  ),
  /** In the listing's order. */
  prices: z.array(price),
  profile: profileSchema,
});

/** A market file, `zkmargin/market@1`: everything public that a proof is made against. */
export type MarketFile = DeepReadonly<z.infer<typeof schema>>;

/** A market of daily closes. */
export type HistoryMarket = MarketFile & { readonly source: HistorySource };

/** A market inside another file, every bound checked. */
export const marketSchema = readBy((market: MarketFile, path): MarketFile => {
  checkMarketFile(market, path);
  return market;
}, schema);

/**
 * Parses a market file and checks every bound. @throws InputError of the class that fits, naming the field.
 *
 * @example
 * ```ts
 * import { parseMarket } from "zkmargin/verify";
 *
 * console.log(parseMarket(marketText).source.date); // 2021-05-17
 * ```
 */
export function parseMarket(text: string, path = "market"): MarketFile {
  return readMarket(parseStrictJson(text, path), path);
}

/** As {@link parseMarket}, for a market inside another JSON document. */
export function readMarket(value: JsonValue, path = "market"): MarketFile {
  return shaped(marketSchema, value, { path });
}

/**
 * Checks that a market has exactly the listed assets in order, and prices above zero with low ≤ high. It must also have
 * a valid profile and the time of its date.
 * @throws InputError of the class that fits, naming the field.
 */
export function checkMarketFile(market: MarketFile, path = "market"): void {
  checkListing(market.listing, `${path}.listing`);
  checkAssetOrder(
    market.prices.map(({ asset }) => asset),
    market.listing,
    `${path}.prices`,
  );
  checkProfile(market.profile, market.listing, `${path}.profile`);
  const size = { assets: market.listing.length, scenarios: market.profile.scenarios.length };
  checkAtPaths(
    () => checkMarket(denseMarket(market, size, path), size.assets, path),
    (densePath) => densePath.replace(/\.(low|high|funding)\[(\d+)\]$/, ".prices[$2].$1"),
  );
  checkTime(market, path);
}

function checkTime({ time, source }: MarketFile, path: string): void {
  const close = closingTime(source.date, `${path}.source.date`);
  const [expected, fits] =
    "round" in source
      ? [`a time of ${source.date} UTC`, time >= close - DAY_SECONDS && time < close]
      : [`the end of ${source.date} UTC`, time === close];
  if (!fits) throw new FormatError(`${path}.time`, expected, "another time");
}

/**
 * Unix seconds of the close of an ISO date: midnight UTC, as the next day begins. @throws FormatError for what is no date
 *
 * @example
 * ```ts
 * import { closingTime } from "zkmargin/verify";
 *
 * console.log(closingTime("2021-05-17")); // 1621296000
 * ```
 */
export function closingTime(date: string, path = "date"): number {
  return parseDate(date, path) + DAY_SECONDS;
}

/**
 * SHA-256 of the tagged canonical JSON, hex: names a market, whatever the layout of its file.
 *
 * @example
 * ```ts
 * import { marketDigest } from "zkmargin/verify";
 *
 * console.log(marketDigest(market) === bundle.marketDigest); // true
 * ```
 */
export function marketDigest(market: MarketFile): string {
  return sha256OfText(`${MARKET_FORMAT}\n${canonicalJson(marketToJson(market))}`);
}

/** The inverse of {@link readMarket}. */
export function marketToJson(market: MarketFile): JsonObject {
  return {
    format: MARKET_FORMAT,
    listing: listingToJson(market.listing),
    time: market.time,
    source: { ...market.source },
    prices: market.prices.map(({ asset, low, high, funding }) => ({
      asset,
      low: low.toString(),
      high: high.toString(),
      funding: funding.toString(),
    })),
    profile: profileToJson(market.profile),
  };
}

/**
 * The text of a market file.
 *
 * @example
 * ```ts
 * import { serialiseMarket } from "zkmargin/verify";
 *
 * console.log(serialiseMarket(market) === marketText); // true
 * ```
 */
export function serialiseMarket(market: MarketFile): string {
  return `${JSON.stringify(marketToJson(market), null, 2)}\n`;
}

/**
 * The market as the dense arrays of a tier. Slots beyond the listing have prices and funding of 0, collateral
 * factor 0 and debt factor 1; scenarios beyond the profile's move nothing.
 * @throws TooManyError if the market has more assets or scenarios than the tier.
 *
 * @example
 * ```ts
 * import { denseMarket } from "zkmargin/verify";
 *
 * const { low } = denseMarket(market, tier);
 * console.log(low.length); // 16
 * ```
 */
export function denseMarket(
  market: MarketFile,
  tier: { readonly assets: number; readonly scenarios: number },
  path = "market",
): Market {
  if (market.listing.length > tier.assets)
    throw new TooManyError(`${path}.listing`, `at most ${tier.assets} assets`, String(market.listing.length));
  const column = (field: "low" | "high" | "funding") =>
    Array.from({ length: tier.assets }, (_, u) => market.prices[u]?.[field] ?? 0n);
  return {
    ...denseRisk(market.profile, tier, `${path}.profile`),
    low: column("low"),
    high: column("high"),
    funding: column("funding"),
  };
}
