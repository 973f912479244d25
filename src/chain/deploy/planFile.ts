import * as z from "zod/mini";
import { address, hex } from "../../encoding/address.js";
import { parseDecimal, parseInteger } from "../../encoding/decimal.js";
import { document, integer, printable, readBy, shaped } from "../../encoding/shape.js";
import { type JsonValue, parseStrictJson } from "../../encoding/strictJson.js";
import { FormatError, MissingFieldError, OutOfRangeError, UnknownAssetError } from "../../errors.js";
import { CONFIDENCE_MAX, USD_DECIMALS } from "../../protocol/bounds.js";
import {
  DEFAULT_BLOCK_TIME,
  DEFAULT_TERMS,
  DEFAULT_TIMING,
  type GatePlan,
} from "../../protocol/deploymentTerms.js";
import type { Listing } from "../../protocol/listing.js";
import type { ListingFile } from "../../protocol/listingFile.js";
import type { RiskProfile } from "../../protocol/profile.js";
import type { Tier } from "../../protocol/tiers.js";
import type { NamedKey } from "../verificationKey.js";
import {
  DEFAULT_DELAY,
  type DeployPlan,
  type DerivedPlan,
  type FeedPlan,
  type FundingPlan,
  leastRotationDelay,
  type MedianPlan,
  type PoolPlan,
  QUOTE_DECIMALS,
  type RatioPlan,
  type VaultPlan,
} from "./plan.js";

const FORMAT = "zkmargin/deploy-plan@1";
const seconds = integer(0, 2 ** 32 - 1);
const someSeconds = integer(1, 2 ** 32 - 1);
const bps = integer(0, 65_535);
/** Fewest answers of a median that count. */
const SEATS_MIN = 3;

/** Units of a token, which fit 128 bits. */
const units = readBy((text, path): bigint => {
  const read = parseInteger(text, path);
  if (read < 0n || read >> 128n !== 0n)
    throw new OutOfRangeError(path, "a number that fits 128 bits", "a negative or larger one");
  return read;
});

/** What a deployment takes from elsewhere. */
export interface PlanContext {
  readonly tier: Tier;
  readonly listing: Listing;
  readonly profile: RiskProfile;
  readonly key: NamedKey;
  /** What a listing file says of the assets: feeds and tokens that the plan does not name. */
  readonly assets?: ListingFile;
  /** Derived markets, whose gates' terms the plan may name. */
  readonly derived?: readonly Pick<DerivedPlan, "name" | "profile">[];
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
  const { assets = [], derived = [], ...plan } = context;
  const { listing } = plan;
  const names = derived.map(({ name }) => name);
  const { feeds, ...file } = shaped(planSchema(listing, names), parseStrictJson(text, path), { path });
  const { funding, sequencer, vault, terms = DEFAULT_TERMS } = file;
  // A listing may have all feeds.
  if (feeds === undefined && assets.length === 0)
    throw new MissingFieldError(`${path}.feeds`, "the field", "none");
  return {
    ...plan,
    feeds: readFeeds(feeds ?? {}, `${path}.feeds`, listing, assets),
    timing: file.timing ?? DEFAULT_TIMING,
    ...(file.sleeves && { sleeves: file.sleeves }),
    terms,
    rotationDelay: file.rotationDelay ?? leastRotationDelay(context.profile, terms),
    governance: file.governance,
    ...(funding && {
      funding: { ...funding, steps: listing.map(({ symbol }) => funding.steps[symbol] as bigint) },
    }),
    ...(sequencer && { sequencer }),
    ...(vault && { vault: planVault(vault, `${path}.vault`, listing, assets) }),
    ...derivedPlans(derived, terms, file.derived),
  };
}

/**
 * What a plan says of how long a close-out takes, and nothing else of it: seconds. Without a vault, nothing is auctioned.
 * @throws InputError naming the field
 *
 * @example
 * ```ts
 * import { parsePlanTiming } from "zkmargin/chain";
 *
 * console.log(parsePlanTiming(planText).gracePeriod > 0); // true
 * ```
 */
export function parsePlanTiming(
  text: string,
  path = "plan",
): Pick<GatePlan, "gracePeriod" | "callPeriod"> & Pick<VaultPlan, "auctionPeriod" | "reliefPeriod"> {
  const { terms = DEFAULT_TERMS, vault } = shaped(timingSchema, parseStrictJson(text, path), { path });
  const { gracePeriod, callPeriod } = terms;
  const { auctionPeriod = 0, reliefPeriod = 0 } = vault ?? {};
  return { gracePeriod, callPeriod, auctionPeriod, reliefPeriod };
}

/** The plan's derived markets: with the terms that it names, or else with those of the deployment's own gate. */
export function derivedPlans(
  derived: PlanContext["derived"] = [],
  terms: GatePlan,
  named: Readonly<Record<string, GatePlan | undefined>> = {},
): Pick<DeployPlan, "derived"> {
  if (derived.length === 0) return {};
  return { derived: derived.map((market) => ({ ...market, terms: named[market.name] ?? terms })) };
}

/** One for each listed asset, by symbol: the plan's, or else the listing file's. */
function readFeeds(
  feeds: Readonly<Record<string, JsonValue | undefined>>,
  path: string,
  listing: Listing,
  assets: ListingFile,
): (FeedPlan | MedianPlan)[] {
  return listing.map(({ symbol, decimals }, u) => {
    const terms = assets.find((asset) => asset.symbol === symbol);
    const oracle = terms?.oracle === undefined ? {} : { oracle: terms.oracle };
    const own = feeds[symbol];
    const at = `${path}.${symbol}`;
    if (own !== undefined) return readAnyFeed(own, at, decimals, oracle);
    if (terms?.feed === undefined) throw new MissingFieldError(at, "a feed for every listed asset", "none");
    return readAnyFeed(terms.feed, `listing.assets[${u}].feed`, decimals, oracle);
  });
}

type Oracle = Pick<FeedPlan, "oracle">;

/** One feed, or a median of several. */
function readAnyFeed(
  value: JsonValue,
  path: string,
  decimals: number,
  oracle: Oracle,
): FeedPlan | MedianPlan {
  const isMedian = typeof value === "object" && value !== null && "median" in value;
  return isMedian
    ? readMedian(value, path, decimals, oracle)
    : { ...readFeed(value, path, decimals), ...oracle };
}

const checkSchema = z.strictObject({
  uniswap: address,
  token: address,
  window: z._default(someSeconds, 30 * 60),
  tolerance: z._default(integer(0, 10_000), 200),
  leastLiquidity: z._default(units, 0n),
  quote: z.exactOptional(z.custom<JsonValue>()),
});
const medianSchema = z.strictObject({
  median: z.array(z.custom<JsonValue>()).check(z.minLength(SEATS_MIN), z.maxLength(8)),
  seats: z._default(integer(SEATS_MIN, 8), SEATS_MIN),
  quorum: z._default(integer(2, 7), 2),
  deadBand: z._default(integer(0, 500), 10),
  check: z.exactOptional(checkSchema),
});

/**
 * A median of several feeds as a plan has it.
 * @param decimals of the asset's quantum
 * @throws InputError naming the field
 */
function readMedian(value: JsonValue, path: string, decimals: number, oracle: Oracle): MedianPlan {
  const { median, check, seats, quorum, deadBand } = shaped(medianSchema, value, { path });
  if (seats > median.length)
    throw new OutOfRangeError(
      `${path}.seats`,
      `at most ${median.length}, the number of sources`,
      String(seats),
    );
  if (quorum >= seats)
    throw new OutOfRangeError(`${path}.quorum`, `less than ${seats}, the seats`, String(quorum));
  const sources = median.map((each, i) => ({
    ...readFeed(each, `${path}.median[${i}]`, decimals),
    ...oracle,
  }));
  return {
    source: {
      ...{ kind: "median", sources, seats, quorum, deadBand },
      ...(check && { check: poolPlan(check, `${path}.check`) }),
    },
  };
}

function poolPlan({ uniswap: pool, quote, ...check }: z.infer<typeof checkSchema>, path: string): PoolPlan {
  return {
    pool,
    ...check,
    ...(quote !== undefined && { quote: readFeed(quote, `${path}.quote`, QUOTE_DECIMALS) }),
  };
}

/** Decimals of a rate feed: those of the product fit a Chainlink feed's uint8 and the ledger's scaling. */
const RATE_DECIMALS = 18;
const ratioSchema = z.strictObject({
  chainlink: address,
  decimals: integer(0, RATE_DECIMALS),
  heartbeat: someSeconds,
  least: z.string(),
  most: z.string(),
});
const chainlinkFields = {
  chainlink: address,
  description: z.exactOptional(printable(64)),
  ratio: z.exactOptional(ratioSchema),
};
const pythFields = { pyth: address, priceId: hex(32), maxConfidence: integer(0, CONFIDENCE_MAX) };

/**
 * A feed as plans and listing files have it.
 * @param decimals of the asset's quantum
 * @throws InputError naming the field
 */
export function readFeed(value: JsonValue, path: string, decimals: number): FeedPlan {
  const price = perQuantum(decimals);
  const bounds = { heartbeat: someSeconds, least: price, most: price };
  const either = z.strictObject({
    ...z.partial(z.strictObject({ ...chainlinkFields, ...pythFields })).shape,
    ...bounds,
  });
  const { chainlink, description, ratio, pyth, priceId, maxConfidence, ...feed } = shaped(either, value, {
    path,
  });
  checkOrder(feed, path);
  if ((chainlink === undefined) === (pyth === undefined))
    throw new FormatError(path, 'either "chainlink" or "pyth"', "both or none");
  if (chainlink !== undefined)
    return {
      source: {
        kind: "chainlink",
        aggregator: chainlink,
        ...(description !== undefined && { description }),
        ...(ratio !== undefined && { ratio: planRatio(ratio, `${path}.ratio`) }),
      },
      ...feed,
    };
  if (ratio !== undefined)
    throw new FormatError(`${path}.ratio`, 'a ratio beside "chainlink", the other asset\'s USD feed', "pyth");
  for (const [field, one] of Object.entries({ priceId, maxConfidence }))
    if (one === undefined) throw new MissingFieldError(`${path}.${field}`, "the field", "none");
  return { source: { kind: "pyth", pyth, priceId, maxConfidence } as FeedPlan["source"], ...feed };
}

function planRatio(ratio: z.infer<typeof ratioSchema>, path: string): RatioPlan {
  const { chainlink: aggregator, decimals, heartbeat } = ratio;
  const rate = (field: "least" | "most") => {
    const bound = parseDecimal(ratio[field], decimals, `${path}.${field}`);
    if (bound < 0n || bound >> 127n !== 0n)
      throw new OutOfRangeError(`${path}.${field}`, "a rate that fits 127 bits", "a negative or larger one");
    return bound;
  };
  const plan = { aggregator, decimals, heartbeat, least: rate("least"), most: rate("most") };
  checkOrder(plan, path);
  return plan;
}

function checkOrder({ least, most }: { readonly least: bigint; readonly most: bigint }, path: string): void {
  if (most <= least) throw new OutOfRangeError(`${path}.most`, "more than least", "less");
}

/** Dollars a unit as attodollars per quantum, which fit 64 bits. */
function perQuantum(decimals: number): z.ZodMiniType<bigint> {
  return readBy((text, path) => {
    const price = parseDecimal(text, USD_DECIMALS, path) / 10n ** BigInt(decimals);
    if (price < 0n || price >> 64n !== 0n)
      throw new OutOfRangeError(path, "a price that fits 64 bits", "a negative or larger one");
    return price;
  });
}

const vaultSchema = z.strictObject({
  settlement: z.exactOptional(address),
  asset: z.string(),
  collateral: z.exactOptional(z.custom<JsonValue>()),
  blockTime: z._default(integer(1, 65_535), DEFAULT_BLOCK_TIME),
  minimumClose: units,
  initialMargin: bps,
  penalty: bps,
  incentive: bps,
  closeFactor: bps,
  premium: bps,
  floor: bps,
  auctionPeriod: seconds,
  reliefPeriod: seconds,
});

/** One of these for each listed asset. */
function bySymbol<Item extends z.core.$ZodType>(listing: Listing, item: (decimals: number) => Item) {
  return z.strictObject(
    Object.fromEntries(listing.map(({ symbol, decimals }) => [symbol, item(decimals)])) as Record<
      string,
      Item
    >,
  );
}

const termsSchema = z.strictObject({
  maxProofAge: seconds,
  gracePeriod: seconds,
  callPeriod: seconds,
  callMargin: bps,
});

/** What {@link parsePlanTiming} reads. */
const timingSchema = z.looseObject({
  format: z.literal(FORMAT),
  terms: z.exactOptional(termsSchema),
  vault: z.exactOptional(z.looseObject({ auctionPeriod: seconds, reliefPeriod: seconds })),
});

/**
 * A plan for a listing; what the listing file has of its assets is read beside it.
 * @param derived names of the derived markets
 */
function planSchema(listing: Listing, derived: readonly string[]) {
  return document(FORMAT, {
    feeds: z.exactOptional(bySymbol(listing, () => z.exactOptional(z.custom<JsonValue>()))),
    governance: z.strictObject({
      governor: address,
      guardian: address,
      delay: z._default(someSeconds, DEFAULT_DELAY),
    }),
    timing: z.exactOptional(
      z.strictObject({
        twapWindow: seconds,
        minInterval: seconds,
        provingWindow: seconds,
        maxRoundAge: seconds,
      }),
    ),
    sleeves: z.exactOptional(
      z
        .array(
          z.enum(
            listing.map(({ symbol }) => symbol),
            "the symbol of a listed asset",
          ),
        )
        .check(z.refine((symbols) => new Set(symbols).size === symbols.length, "each symbol once")),
    ),
    terms: z.exactOptional(termsSchema),
    derived: z.exactOptional(
      z.strictObject(Object.fromEntries(derived.map((name) => [name, z.exactOptional(termsSchema)]))),
    ),
    rotationDelay: z.exactOptional(seconds),
    funding: z.exactOptional(
      z.strictObject({
        poster: address,
        steps: bySymbol(listing, perQuantum),
        interval: seconds,
        heartbeat: seconds,
      }),
    ),
    sequencer: z.exactOptional(z.strictObject({ uptimeFeed: address, grace: seconds })),
    vault: z.exactOptional(vaultSchema),
  });
}

function planVault(
  vault: z.infer<typeof vaultSchema>,
  path: string,
  listing: Listing,
  assets: ListingFile,
): VaultPlan {
  if (!listing.some(({ symbol }) => symbol === vault.asset))
    throw new UnknownAssetError(`${path}.asset`, "the symbol of a listed asset", "another");
  const settlement = vault.settlement ?? assets.find(({ symbol }) => symbol === vault.asset)?.token;
  if (settlement === undefined) throw new MissingFieldError(`${path}.settlement`, "the field", "none");
  const { collateral = [] } = vault;
  return {
    ...vault,
    settlement,
    collateral: readCollateral(collateral, `${path}.collateral`, listing, assets),
  };
}

/** Tokens by the symbol of their listed asset, or a list of symbols whose tokens the listing file has. */
function readCollateral(value: JsonValue, path: string, listing: Listing, assets: ListingFile) {
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
  const tokens = shaped(
    bySymbol(listing, () => z.exactOptional(address)),
    value,
    { path },
  );
  return listing.flatMap(({ symbol }) => {
    const token = tokens[symbol];
    return token === undefined ? [] : [{ asset: symbol, token }];
  });
}
