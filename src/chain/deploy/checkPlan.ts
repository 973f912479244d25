import { dataSlice, isError } from "ethers";
import { formatDecimal } from "../../encoding/decimal.js";
import { PlanMismatchError } from "../../errors.js";
import { BPS, TOKEN_DECIMALS_MAX, USD_DECIMALS } from "../../protocol/bounds.js";
import type { ListedAsset } from "../../protocol/listing.js";
import {
  type Aggregator,
  aggregatorAt,
  foreign,
  isRefusal,
  ownLimits,
  scaleOf,
  unlessMissing,
} from "../aggregator.js";
import { ERC20_ABI, type TypedContract, type View } from "../binding.js";
import type { Connection } from "../connection.js";
import { describeRevert } from "../transactions/revert.js";
import {
  type DeployPlan,
  type FeedPlan,
  isMedian,
  type MedianPlan,
  type PoolPlan,
  QUOTE_DECIMALS,
  type RatioPlan,
} from "./plan.js";

/**
 * Checks every address of a plan against its chain, before anything is sent. The contract there must answer as the plan
 * expects. A feed must be of its asset in US dollars, with prices within their bounds.
 * @throws PlanMismatchError naming the plan's field
 *
 * @example
 * ```ts
 * import { checkPlan } from "zkmargin/chain";
 *
 * await checkPlan(open.connection, plan); // throws at the first field that does not fit
 * ```
 */
export async function checkPlan({ provider }: Connection, plan: DeployPlan): Promise<void> {
  const chain: Chain = {
    provider,
    time: BigInt((await provider.getBlock("latest"))?.timestamp ?? 0),
  };
  for (const [u, asset] of plan.listing.entries()) {
    const feed = plan.feeds[u] as FeedPlan | MedianPlan;
    const path = `plan.feeds.${asset.symbol}`;
    if (isMedian(feed)) await checkMedian(chain, feed, asset, path);
    else await checkFeed(chain, feed, asset, path);
  }
  if (plan.sequencer) await checkSequencer(chain, plan.sequencer.uptimeFeed, "plan.sequencer.uptimeFeed");
  if (plan.vault) {
    const { settlement, asset, collateral = [] } = plan.vault;
    await checkToken(chain, settlement, "plan.vault.settlement");
    const tokens = new Map([[settlement.toLowerCase(), `settlement, ${asset}`]]);
    for (const { token, asset: symbol } of collateral) {
      const path = `plan.vault.collateral.${symbol}`;
      await checkToken(chain, token, path);
      const other = tokens.get(token.toLowerCase());
      if (other !== undefined)
        throw new PlanMismatchError(path, "each token once", `the token of ${other} again`);
      tokens.set(token.toLowerCase(), `collateral.${symbol}`);
    }
  }
  checkGovernance(plan);
}

/** Checks a feed of one source. Returns its price, attodollars per quantum. */
function checkFeed(chain: Chain, feed: FeedPlan, asset: ListedAsset, path: string): Promise<bigint> {
  return feed.source.kind === "chainlink"
    ? checkChainlink(chain, feed, feed.source, asset, path)
    : checkPyth(chain, feed, feed.source, asset, path);
}

/** How far a source of a median may be from the lower median when it is deployed, basis points. */
const FAR = 1_000n;

/** Sources that are one and the same are no several, and one that is far from the others is of something else. */
async function checkMedian(
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

interface Chain {
  readonly provider: Connection["provider"];
  /** Of the newest block, unix seconds. */
  readonly time: bigint;
}

/** The contracts that a feed reads. */
function addressesOf({ source }: FeedPlan | MedianPlan): readonly string[] {
  if (source.kind === "pyth") return [source.pyth];
  if (source.kind === "chainlink")
    return [source.aggregator, ...(source.ratio ? [source.ratio.aggregator] : [])];
  const { check } = source;
  const pool = check && [check.pool, check.token, ...(check.quote ? addressesOf(check.quote) : [])];
  return [...source.sources.flatMap(addressesOf), ...(pool ?? [])];
}

/** Who is to hold a role must not be one that can never use it, or one and the same. */
function checkGovernance({ governance, funding, feeds, vault }: DeployPlan): void {
  const { governor, guardian } = governance;
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  if (same(governor, guardian))
    throw new PlanMismatchError(
      "plan.governance.guardian",
      "another address than the governor, whose acts the guardian can cancel",
      "the same",
    );
  const used = [
    ...feeds.flatMap(addressesOf),
    ...(vault ? [vault.settlement, ...(vault.collateral ?? []).map(({ token }) => token)] : []),
  ];
  const holders = { "governance.governor": governor, "governance.guardian": guardian };
  for (const [field, holder] of Object.entries({
    ...holders,
    ...(funding && { "funding.poster": funding.poster }),
  }))
    if (used.some((address) => same(address, holder)))
      throw new PlanMismatchError(
        `plan.${field}`,
        "somebody's address",
        "that of a feed or token of the plan",
      );
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

async function checkSequencer(chain: Chain, uptimeFeed: string, at: string): Promise<void> {
  await checkCode(chain, uptimeFeed, at);
  const contract = aggregatorAt(uptimeFeed, chain.provider);
  const { answer, startedAt } = await answerOf(at, "latestRoundData", () => contract.latestRoundData());
  if (answer !== 0n && answer !== 1n)
    throw new PlanMismatchError(at, "a sequencer uptime feed, which answers 0 or 1", `the answer ${answer}`);
  if (startedAt === 0n || startedAt > chain.time)
    throw new PlanMismatchError(at, "an uptime feed with a round", "one without, or of the future");
}

interface Token extends TypedContract {
  readonly decimals: View<[], bigint>;
  readonly balanceOf: View<[owner: string], bigint>;
}

async function checkToken(chain: Chain, token: string, at: string): Promise<void> {
  await checkCode(chain, token, at);
  const contract = foreign<Token>(token, ERC20_ABI, chain.provider);
  const decimals = await answerOf(at, "decimals", () => contract.decimals());
  if (decimals > BigInt(TOKEN_DECIMALS_MAX))
    throw new PlanMismatchError(at, `a token of at most ${TOKEN_DECIMALS_MAX} decimals`, String(decimals));
  await answerOf(at, "balanceOf", () => contract.balanceOf(token));
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

async function checkCode({ provider }: Chain, address: string, at: string): Promise<void> {
  if ((await provider.getCode(address)) === "0x")
    throw new PlanMismatchError(at, "the address of a contract", `${address}, where there is no code`);
}

/** What a contract answers. @throws PlanMismatchError if it has no such function, or refuses */
async function answerOf<T>(at: string, what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const data = isError(error, "CALL_EXCEPTION") ? (error.data ?? "0x") : "0x";
    const said =
      describeRevert(data)?.text ?? (data === "0x" ? "none" : `a refusal, ${dataSlice(data, 0, 4)}`);
    throw new PlanMismatchError(at, `an answer to ${what}()`, said);
  }
}
