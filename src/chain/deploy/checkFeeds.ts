import { formatDecimal } from "../../encoding/decimal.js";
import { PlanMismatchError } from "../../errors.js";
import { BPS, USD_DECIMALS } from "../../protocol/bounds.js";
import type { ListedAsset } from "../../protocol/listing.js";
import { type Aggregator, aggregatorAt, foreign, ownLimits, scaleOf, unlessMissing } from "../aggregator.js";
import type { TypedContract, View } from "../binding.js";
import { answerOf, type Chain, checkCode } from "./checkCode.js";
import { type FeedPlan, type MedianPlan, type PoolPlan, QUOTE_DECIMALS, type RatioPlan } from "./plan.js";

/** Checks a feed of one source. Returns its price, attodollars per quantum. */
export function checkFeed(chain: Chain, feed: FeedPlan, asset: ListedAsset, path: string): Promise<bigint> {
  return feed.source.kind === "chainlink"
    ? checkChainlink(chain, feed, feed.source, asset, path)
    : checkPyth(chain, feed, feed.source, asset, path);
}

/** How far a source of a median may be from the lower median when it is deployed, basis points. */
const FAR = 1_000n;

/** Sources that are one and the same are no several, and one that is far from the others is of something else. */
export async function checkMedian(
  chain: Chain,
  { source: { sources, check } }: MedianPlan,
  asset: ListedAsset,
  path: string,
): Promise<void> {
  const prices: bigint[] = [];
  const seen = new Set<string>();
  for (const [i, feed] of sources.entries()) {
    const at = `${path}.median[${i}]`;
    const { source } = feed;
    const name = source.kind === "pyth" ? `${source.pyth} ${source.priceId}` : sourceName(source);
    if (seen.has(name.toLowerCase()))
      throw new PlanMismatchError(at, "each source once", "one that stands before it");
    seen.add(name.toLowerCase());
    prices.push(await checkFeed(chain, feed, asset, at));
  }
  const sorted = prices.toSorted((a, b) => (a < b ? -1 : 1));
  const median = sorted[(sorted.length - 1) >> 1] ?? 0n;
  for (const [i, price] of prices.entries())
    if ((price - median) ** 2n * BPS ** 2n > (median * FAR) ** 2n)
      throw new PlanMismatchError(
        `${path}.median[${i}]`,
        `an answer within 10 % of ${dollars(median, asset)}, the sources' median`,
        dollars(price, asset),
      );
  if (check) await checkPool(chain, check, `${path}.check`);
}

function sourceName({ aggregator, ratio }: Extract<FeedPlan["source"], { kind: "chainlink" }>): string {
  return ratio === undefined ? aggregator : `${ratio.aggregator} ${aggregator}`;
}

interface Pool extends TypedContract {
  readonly token0: View<[], string>;
  readonly token1: View<[], string>;
  readonly observe: View<[ago: readonly bigint[]], readonly unknown[]>;
}

const POOL_ABI = [
  "function token0() view returns (address)",
  "function token1() view returns (address)",
  "function observe(uint32[] ago) view returns (int56[] ticks, uint160[] perLiquidity)",
] as const;

/** The pool must be of the token, and remember as much as its average needs. What it says is for the check to tell. */
async function checkPool(
  chain: Chain,
  { pool, token, window, quote }: PoolPlan,
  path: string,
): Promise<void> {
  const at = `${path}.uniswap`;
  await checkCode(chain, pool, at);
  const contract = foreign<Pool>(pool, POOL_ABI, chain.provider);
  const tokens = [
    await answerOf(at, "token0", () => contract.token0()),
    await answerOf(at, "token1", () => contract.token1()),
  ];
  if (!tokens.some((one) => one.toLowerCase() === token.toLowerCase()))
    throw new PlanMismatchError(`${path}.token`, `one of the pool's two, ${tokens.join(" and ")}`, token);
  await answerOf(`${path}.window`, "observe", () => contract.observe([BigInt(window), 0n]));
  // Of whatever the other token is.
  if (quote) await checkFeed(chain, quote, { symbol: "", decimals: QUOTE_DECIMALS }, `${path}.quote`);
}

async function checkChainlink(
  chain: Chain,
  feed: FeedPlan,
  { aggregator, description, ratio }: Extract<FeedPlan["source"], { kind: "chainlink" }>,
  asset: ListedAsset,
  path: string,
): Promise<bigint> {
  const at = `${path}.chainlink`;
  await checkCode(chain, aggregator, at);
  const contract = aggregatorAt(aggregator, chain.provider);
  const decimals = await answerOf(at, "decimals", () => contract.decimals());
  const said = await unlessMissing(() => contract.description());
  const ofAny = ratio !== undefined || asset.symbol === "";
  checkDescription(said, description, ofAny ? null : [asset.symbol, feed.oracle ?? asset.symbol], at);
  const round = await newestRound(contract, at);
  if (ratio) {
    const rate = await checkRate(chain, ratio, asset, `${path}.ratio`, said);
    const product = scaleOf(asset, -decimals - BigInt(ratio.decimals))(round.answer * rate);
    checkPrice(product, feed, asset, path, at);
    checkAge(chain, round.updatedAt, feed.heartbeat, path);
    return product;
  }
  const scale = scaleOf(asset, -decimals);
  checkPrice(scale(round.answer), feed, asset, path, at);
  checkAge(chain, round.updatedAt, feed.heartbeat, path);

  // Behind a proxy stands what cuts answers off, if anything does: its limits must not be prices to us.
  const { least, most } = await ownLimits(contract, chain.provider);
  if (least !== undefined && scale(least) > feed.least)
    throw new PlanMismatchError(
      `${path}.least`,
      `at least the aggregator's own minAnswer, ${dollars(scale(least), asset)}, at which it stays in a fall`,
      dollars(feed.least, asset),
    );
  if (most !== undefined && scale(most) < feed.most)
    throw new PlanMismatchError(
      `${path}.most`,
      `at most the aggregator's own maxAnswer, ${dollars(scale(most), asset)}, at which it stays in a rise`,
      dollars(feed.most, asset),
    );
  return scale(round.answer);
}

/** The newest round of an aggregator, if it has an answer of its own. */
async function newestRound(contract: Aggregator, at: string) {
  const round = await answerOf(at, "latestRoundData", () => contract.latestRoundData());
  if (round.roundId === 0n || round.updatedAt === 0n || round.answeredInRound < round.roundId)
    throw new PlanMismatchError(at, "a feed whose newest round has an answer", "an incomplete round");
  return round;
}

/**
 * Checks the feed of a rate: it must be of the asset in the other one, and within its limits.
 * @param base what the USD feed says it is of
 * @returns the rate, 10^-decimals
 */
async function checkRate(
  chain: Chain,
  { aggregator, decimals, heartbeat, least, most }: RatioPlan,
  { symbol }: ListedAsset,
  path: string,
  base: string | undefined,
): Promise<bigint> {
  const at = `${path}.chainlink`;
  await checkCode(chain, aggregator, at);
  const contract = aggregatorAt(aggregator, chain.provider);
  const has = await answerOf(at, "decimals", () => contract.decimals());
  if (has !== BigInt(decimals))
    throw new PlanMismatchError(`${path}.decimals`, `${has}, those of the feed`, String(decimals));
  const [, , quote] = PAIR.exec((await unlessMissing(() => contract.description())) ?? "") ?? [];
  const [, other] = PAIR.exec(base ?? "") ?? [];
  if (quote !== undefined && other !== undefined && quote.toUpperCase() !== other.toUpperCase())
    throw new PlanMismatchError(
      at,
      `a rate of ${symbol} in ${other}, whose USD feed is given`,
      `one in ${quote}`,
    );
  const { answer, updatedAt } = await newestRound(contract, at);
  if (answer <= least || answer >= most)
    throw new PlanMismatchError(
      `${path}.${answer <= least ? "least" : "most"}`,
      `limits on either side of the feed's answer, ${formatDecimal(answer, decimals)}`,
      formatDecimal(answer <= least ? least : most, decimals),
    );
  checkAge(chain, updatedAt, heartbeat, path);
  return answer;
}

/** "BTC / USD", also within other words. */
const PAIR = /(?<![\w/.])([\w.$-]+)\s?\/\s?([A-Za-z]\w*)(?![\w/.])/;

/**
 * A feed that says what it is of, as Chainlink's do ("BTC / USD"), must be of this asset, in US dollars.
 * @param known the asset's symbol and what the oracle calls it; null where it may be of any asset
 */
function checkDescription(
  said: string | undefined,
  expected: string | undefined,
  known: readonly string[] | null,
  at: string,
): void {
  if (said === undefined) return;
  const quoted = JSON.stringify(said.slice(0, 60));
  if (expected !== undefined) {
    if (said !== expected) throw new PlanMismatchError(at, `a feed of ${JSON.stringify(expected)}`, quoted);
    return;
  }
  const symbol = known?.[0] ?? "an asset";
  const [, base, quote] = PAIR.exec(said) ?? [];
  if (base === undefined || quote === undefined) return;
  if (quote.toUpperCase() !== "USD")
    throw new PlanMismatchError(at, `a feed of ${symbol} in USD`, `one in another currency: ${quoted}`);
  if (known === null) return;
  const names = [...known, `W${symbol}`].map((name) => name.toUpperCase());
  if (!names.includes(base.toUpperCase()))
    throw new PlanMismatchError(
      at,
      `a feed of "${symbol} / USD"`,
      `${quoted}; if it is the right one, give it as the feed's "description"`,
    );
}

interface Pyth extends TypedContract {
  readonly getPriceUnsafe: View<
    [id: string],
    { readonly price: bigint; readonly conf: bigint; readonly expo: bigint; readonly publishTime: bigint }
  >;
}

const PYTH_ABI = [
  "function getPriceUnsafe(bytes32 id) view returns (tuple(int64 price, uint64 conf, int32 expo, uint256 publishTime))",
] as const;

/** Of Pyth a price need not be new: an update comes with each poke. */
async function checkPyth(
  chain: Chain,
  feed: FeedPlan,
  { pyth, priceId }: Extract<FeedPlan["source"], { kind: "pyth" }>,
  asset: ListedAsset,
  path: string,
): Promise<bigint> {
  await checkCode(chain, pyth, `${path}.pyth`);
  const contract = foreign<Pyth>(pyth, PYTH_ABI, chain.provider);
  const at = `${path}.priceId`;
  const { price, expo } = await answerOf(at, "getPriceUnsafe", () => contract.getPriceUnsafe(priceId));
  const scaled = scaleOf(asset, expo)(price);
  checkPrice(scaled, feed, asset, path, at);
  return scaled;
}

function checkPrice(price: bigint, feed: FeedPlan, asset: ListedAsset, path: string, at: string): void {
  if (price <= 0n) throw new PlanMismatchError(at, "a price above 0", "0 or less");
  if (price <= feed.least)
    throw new PlanMismatchError(
      `${path}.least`,
      `less than the feed's answer, ${dollars(price, asset)}`,
      dollars(feed.least, asset),
    );
  if (price >= feed.most)
    throw new PlanMismatchError(
      `${path}.most`,
      `more than the feed's answer, ${dollars(price, asset)}`,
      dollars(feed.most, asset),
    );
}

function checkAge({ time }: Chain, updatedAt: bigint, heartbeat: number, path: string): void {
  if (updatedAt > time + 60n)
    throw new PlanMismatchError(`${path}.chainlink`, "an answer of the past", "one of the future");
  const age = time - updatedAt;
  if (age > BigInt(heartbeat))
    throw new PlanMismatchError(
      `${path}.heartbeat`,
      `an answer of the last ${heartbeat} seconds`,
      `one that is ${age} seconds old`,
    );
}

/** Attodollars per quantum as dollars a unit. */
function dollars(price: bigint, { decimals }: ListedAsset): string {
  const unit = 10n ** BigInt(USD_DECIMALS - decimals);
  const fraction = (price % unit)
    .toString()
    .padStart(USD_DECIMALS - decimals, "0")
    .replace(/0+$/, "");
  return `$${price / unit}${fraction === "" ? "" : `.${fraction.slice(0, 8)}`}`;
}
