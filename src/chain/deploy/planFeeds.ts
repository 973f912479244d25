import * as z from "zod/mini";
import { address, hex } from "../../encoding/address.js";
import { parseDecimal, parseInteger } from "../../encoding/decimal.js";
import { integer, printable, readBy, shaped } from "../../encoding/shape.js";
import type { JsonValue } from "../../encoding/strictJson.js";
import { FormatError, MissingFieldError, OutOfRangeError } from "../../errors.js";
import { CONFIDENCE_MAX, USD_DECIMALS } from "../../protocol/bounds.js";
import type { Listing } from "../../protocol/listing.js";
import type { ListingFile } from "../../protocol/listingFile.js";
import { type FeedPlan, type MedianPlan, type PoolPlan, QUOTE_DECIMALS, type RatioPlan } from "./plan.js";

/** Seconds of which there are some: 1 to 2^32 − 1. */
export const someSeconds = integer(1, 2 ** 32 - 1);
/** Fewest answers of a median that count. */
const SEATS_MIN = 3;

/** Units of a token, which fit 128 bits. */
export const units = readBy((text, path): bigint => {
  const read = parseInteger(text, path);
  if (read < 0n || read >> 128n !== 0n)
    throw new OutOfRangeError(path, "a number that fits 128 bits", "a negative or larger one");
  return read;
});

/** One for each listed asset, by symbol: the plan's, or else the listing file's. */
export function readFeeds(
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
function readFeed(value: JsonValue, path: string, decimals: number): FeedPlan {
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
export function perQuantum(decimals: number): z.ZodMiniType<bigint> {
  return readBy((text, path) => {
    const price = parseDecimal(text, USD_DECIMALS, path) / 10n ** BigInt(decimals);
    if (price < 0n || price >> 64n !== 0n)
      throw new OutOfRangeError(path, "a price that fits 64 bits", "a negative or larger one");
    return price;
  });
}
