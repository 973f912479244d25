import { readAddress, readHex } from "../../encoding/address.js";
import { parseDecimal, parseInteger } from "../../encoding/decimal.js";
import { ObjectReader } from "../../encoding/objectReader.js";
import { type JsonValue, parseStrictJson } from "../../encoding/strictJson.js";
import { FormatError, MissingFieldError, OutOfRangeError, UnknownAssetError } from "../../errors.js";
import { CONFIDENCE_MAX, USD_DECIMALS } from "../../protocol/bounds.js";
import type { Listing } from "../../protocol/listing.js";
import type { ListingFile } from "../../protocol/listingFile.js";
import type { RiskProfile } from "../../protocol/profile.js";
import type { Tier } from "../../protocol/tiers.js";
import type { NamedKey } from "../verificationKey.js";
import {
  DEFAULT_BLOCK_TIME,
  DEFAULT_DELAY,
  DEFAULT_TERMS,
  DEFAULT_TIMING,
  type DeployPlan,
  type FeedPlan,
  type FundingPlan,
  leastRotationDelay,
  type RatioPlan,
  type VaultPlan,
} from "./plan.js";

const FORMAT = "zkmargin/deploy-plan@1";
const SECONDS = { min: 0, max: 2 ** 32 - 1 };
const BPS = { min: 0, max: 65_535 };
const TIMING = ["twapWindow", "minInterval", "provingWindow", "maxRoundAge"] as const;
const TERMS = ["maxProofAge", "gracePeriod", "callPeriod"] as const;
const VAULT_BPS = ["initialMargin", "penalty", "incentive", "closeFactor", "premium", "floor"] as const;
const VAULT_SECONDS = ["auctionPeriod", "reliefPeriod"] as const;

/** What a deployment takes from elsewhere. */
export interface PlanContext {
  readonly tier: Tier;
  readonly listing: Listing;
  readonly profile: RiskProfile;
  readonly key: NamedKey;
  /** What a listing file says of the assets: feeds and tokens that the plan does not name. */
  readonly assets?: ListingFile;
}

/**
 * Parses a deployment plan, `zkmargin/deploy-plan@1`: feeds and their limits, governance, and whatever else differs
 * from the defaults. Prices are dollars a unit, times seconds, shares basis points.
 * @throws InputError naming the field
 *
 * @example
 * ```ts
 * import { parsePlan } from "zkmargin/chain";
 *
 * const read = parsePlan(planText, { tier, listing: market.listing, profile, key: trusted });
 * console.log(read.feeds.length === market.listing.length); // true
 * ```
 */
export function parsePlan(text: string, context: PlanContext, path = "plan"): DeployPlan {
  const { assets = [], ...plan } = context;
  const optional = ["timing", "terms", "rotationDelay", "funding", "sequencer", "vault"] as const;
  const file = ObjectReader.document(parseStrictJson(text, path), path, FORMAT, [
    "feeds",
    "governance",
    ...optional,
  ]);
  const part = <T>(
    name: (typeof optional)[number],
    read: (value: JsonValue, at: string) => T,
  ): T | undefined => (file.has(name) ? read(file.value(name), file.at(name)) : undefined);
  const governance = ObjectReader.of(file.value("governance"), file.at("governance"), [
    "governor",
    "guardian",
    "delay",
  ]);
  const terms = part("terms", readTerms) ?? DEFAULT_TERMS;
  const funding = part("funding", (value, at) => readFunding(value, at, context.listing));
  const sequencer = part("sequencer", readSequencer);
  const vault = part("vault", (value, at) => readVault(value, at, context.listing, assets));
  // A listing may have all feeds.
  const feeds = file.has("feeds") || assets.length === 0 ? file.value("feeds") : {};
  return {
    ...plan,
    feeds: readFeeds(feeds, file.at("feeds"), context.listing, assets),
    timing: part("timing", readTiming) ?? DEFAULT_TIMING,
    terms,
    rotationDelay: file.has("rotationDelay")
      ? file.integer("rotationDelay", SECONDS)
      : leastRotationDelay(context.profile, terms),
    governance: {
      governor: readAddress(governance, "governor"),
      guardian: readAddress(governance, "guardian"),
      delay: governance.has("delay") ? governance.integer("delay", { ...SECONDS, min: 1 }) : DEFAULT_DELAY,
    },
    ...(funding && { funding }),
    ...(sequencer && { sequencer }),
    ...(vault && { vault }),
  };
}

/** One for each listed asset, by symbol: the plan's, or else the listing file's. */
function readFeeds(value: JsonValue, path: string, listing: Listing, assets: ListingFile): FeedPlan[] {
  const symbols = listing.map(({ symbol }) => symbol);
  const feeds = ObjectReader.of(value, path, symbols);
  return listing.map(({ symbol, decimals }, u) => {
    const terms = assets.find((asset) => asset.symbol === symbol);
    const oracle = terms?.oracle === undefined ? {} : { oracle: terms.oracle };
    if (feeds.has(symbol)) return { ...readFeed(feeds.value(symbol), feeds.at(symbol), decimals), ...oracle };
    if (terms?.feed === undefined)
      throw new MissingFieldError(feeds.at(symbol), "a feed for every listed asset", "none");
    return { ...readFeed(terms.feed, `listing.assets[${u}].feed`, decimals), ...oracle };
  });
}

const FEED = [
  "chainlink",
  "description",
  "ratio",
  "pyth",
  "priceId",
  "maxConfidence",
  "heartbeat",
  "least",
  "most",
];

/**
 * A feed as plans and listing files have it.
 * @param decimals of the asset's quantum
 * @throws InputError naming the field
 */
export function readFeed(value: JsonValue, path: string, decimals: number): FeedPlan {
  const feed = ObjectReader.of(value, path, FEED);
  const least = perQuantum(feed, "least", decimals);
  const most = perQuantum(feed, "most", decimals);
  if (most <= least) throw new OutOfRangeError(feed.at("most"), "more than least", "less");
  const heartbeat = feed.integer("heartbeat", { ...SECONDS, min: 1 });
  return { source: readSource(feed), heartbeat, least, most };
}

/** Decimals of a rate feed: those of the product fit a Chainlink feed's uint8 and the ledger's scaling. */
const RATE_DECIMALS = { min: 0, max: 18 };

function readRatio(value: JsonValue, path: string): RatioPlan {
  const ratio = ObjectReader.of(value, path, ["chainlink", "decimals", "heartbeat", "least", "most"]);
  const decimals = ratio.integer("decimals", RATE_DECIMALS);
  const rate = (field: "least" | "most") => {
    const bound = parseDecimal(ratio.string(field), decimals, ratio.at(field));
    if (bound < 0n || bound >> 127n !== 0n)
      throw new OutOfRangeError(ratio.at(field), "a rate that fits 127 bits", "a negative or larger one");
    return bound;
  };
  const [least, most] = [rate("least"), rate("most")];
  if (most <= least) throw new OutOfRangeError(ratio.at("most"), "more than least", "less");
  return {
    aggregator: readAddress(ratio, "chainlink"),
    decimals,
    heartbeat: ratio.integer("heartbeat", { ...SECONDS, min: 1 }),
    least,
    most,
  };
}

function readSource(feed: ObjectReader): FeedPlan["source"] {
  if (feed.has("chainlink") === feed.has("pyth"))
    throw new FormatError(feed.path, 'either "chainlink" or "pyth"', "both or none");
  if (feed.has("chainlink"))
    return {
      kind: "chainlink",
      aggregator: readAddress(feed, "chainlink"),
      ...(feed.has("description") && { description: feed.text("description", 64) }),
      ...(feed.has("ratio") && { ratio: readRatio(feed.value("ratio"), feed.at("ratio")) }),
    };
  if (feed.has("ratio"))
    throw new FormatError(
      feed.at("ratio"),
      'a ratio beside "chainlink", the other asset\'s USD feed',
      "pyth",
    );
  return {
    kind: "pyth",
    pyth: readAddress(feed, "pyth"),
    priceId: readHex(feed, "priceId", 32),
    maxConfidence: feed.integer("maxConfidence", { min: 0, max: CONFIDENCE_MAX }),
  };
}

/** Dollars a unit as attodollars per quantum, which fit 64 bits. */
function perQuantum(reader: ObjectReader, field: string, decimals: number): bigint {
  const price = parseDecimal(reader.string(field), USD_DECIMALS, reader.at(field)) / 10n ** BigInt(decimals);
  if (price < 0n || price >> 64n !== 0n)
    throw new OutOfRangeError(reader.at(field), "a price that fits 64 bits", "a negative or larger one");
  return price;
}

function readTiming(value: JsonValue, path: string): DeployPlan["timing"] {
  return integers(ObjectReader.of(value, path, TIMING), TIMING, SECONDS);
}

function readTerms(value: JsonValue, path: string): DeployPlan["terms"] {
  const terms = ObjectReader.of(value, path, [...TERMS, "callMargin"]);
  return { ...integers(terms, TERMS, SECONDS), callMargin: terms.integer("callMargin", BPS) };
}

function readFunding(value: JsonValue, path: string, listing: Listing): FundingPlan {
  const funding = ObjectReader.of(value, path, ["poster", "steps", "interval", "heartbeat"]);
  const symbols = listing.map(({ symbol }) => symbol);
  const steps = ObjectReader.of(funding.value("steps"), funding.at("steps"), symbols);
  return {
    poster: readAddress(funding, "poster"),
    steps: listing.map(({ symbol, decimals }) => perQuantum(steps, symbol, decimals)),
    ...integers(funding, ["interval", "heartbeat"] as const, SECONDS),
  };
}

function readSequencer(value: JsonValue, path: string): NonNullable<DeployPlan["sequencer"]> {
  const sequencer = ObjectReader.of(value, path, ["uptimeFeed", "grace"]);
  return { uptimeFeed: readAddress(sequencer, "uptimeFeed"), grace: sequencer.integer("grace", SECONDS) };
}

function readVault(value: JsonValue, path: string, listing: Listing, assets: ListingFile): VaultPlan {
  const others = ["settlement", "asset", "collateral", "blockTime", "minimumClose"];
  const fields = [...others, ...VAULT_BPS, ...VAULT_SECONDS];
  const vault = ObjectReader.of(value, path, fields);
  const asset = vault.string("asset");
  const symbols = listing.map(({ symbol }) => symbol);
  if (!symbols.includes(asset))
    throw new UnknownAssetError(vault.at("asset"), "the symbol of a listed asset", "another");
  const token = assets.find(({ symbol }) => symbol === asset)?.token;
  return {
    settlement: vault.has("settlement") || token === undefined ? readAddress(vault, "settlement") : token,
    asset,
    collateral: vault.has("collateral")
      ? readCollateral(vault.value("collateral"), vault.at("collateral"), symbols, assets)
      : [],
    minimumClose: readUnits(vault, "minimumClose"),
    ...integers(vault, VAULT_BPS, BPS),
    ...integers(vault, VAULT_SECONDS, SECONDS),
    blockTime: vault.has("blockTime") ? vault.integer("blockTime", { ...BPS, min: 1 }) : DEFAULT_BLOCK_TIME,
  };
}

/** Units of a token, which fit 128 bits. */
function readUnits(reader: ObjectReader, field: string): bigint {
  const units = parseInteger(reader.string(field), reader.at(field));
  if (units < 0n || units >> 128n !== 0n)
    throw new OutOfRangeError(reader.at(field), "a number that fits 128 bits", "a negative or larger one");
  return units;
}

/** Tokens by the symbol of their listed asset, or a list of symbols whose tokens the listing file has. */
function readCollateral(value: JsonValue, path: string, symbols: readonly string[], assets: ListingFile) {
  if (Array.isArray(value))
    return value.map((symbol: JsonValue, i) => {
      const token = assets.find((asset) => asset.symbol === symbol)?.token;
      if (typeof symbol !== "string" || token === undefined)
        throw new UnknownAssetError(
          `${path}[${i}]`,
          "the symbol of an asset whose token the listing has",
          "another",
        );
      return { asset: symbol, token };
    });
  const tokens = ObjectReader.of(value, path, symbols);
  return symbols
    .filter((symbol) => tokens.has(symbol))
    .map((symbol) => ({ asset: symbol, token: readAddress(tokens, symbol) }));
}

function integers<Name extends string>(
  reader: ObjectReader,
  names: readonly Name[],
  range: { readonly min: number; readonly max: number },
): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, reader.integer(name, range)])) as Record<Name, number>;
}
