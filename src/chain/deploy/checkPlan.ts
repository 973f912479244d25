import { dataSlice, isError } from "ethers";
import { formatDecimal } from "../../encoding/decimal.js";
import { PlanMismatchError } from "../../errors.js";
import { TOKEN_DECIMALS_MAX, USD_DECIMALS } from "../../protocol/bounds.js";
import type { ListedAsset } from "../../protocol/listing.js";
import { contractAt, ERC20_ABI, type TypedContract, type View } from "../binding.js";
import type { Connection } from "../connection.js";
import { describeRevert } from "../transactions/revert.js";
import type { DeployPlan, FeedPlan, RatioPlan } from "./plan.js";

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
    const feed = plan.feeds[u] as FeedPlan;
    const path = `plan.feeds.${asset.symbol}`;
    if (feed.source.kind === "chainlink") await checkChainlink(chain, feed, feed.source, asset, path);
    else await checkPyth(chain, feed, feed.source, asset, path);
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

interface Chain {
  readonly provider: Connection["provider"];
  /** Of the newest block, unix seconds. */
  readonly time: bigint;
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
    ...feeds.flatMap(({ source }) => {
      if (source.kind === "pyth") return [source.pyth];
      return [source.aggregator, ...(source.ratio ? [source.ratio.aggregator] : [])];
    }),
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

interface Aggregator extends TypedContract {
  readonly decimals: View<[], bigint>;
  readonly description: View<[], string>;
  readonly latestRoundData: View<
    [],
    {
      readonly roundId: bigint;
      readonly answer: bigint;
      readonly startedAt: bigint;
      readonly updatedAt: bigint;
      readonly answeredInRound: bigint;
    }
  >;
  /** Of a proxy: what answers behind it. */
  readonly aggregator: View<[], string>;
  /** What an older aggregator cuts its answers off at. */
  readonly minAnswer: View<[], bigint>;
  readonly maxAnswer: View<[], bigint>;
}

const AGGREGATOR_ABI = [
  "function decimals() view returns (uint8)",
  "function description() view returns (string)",
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
  "function aggregator() view returns (address)",
  "function minAnswer() view returns (int192)",
  "function maxAnswer() view returns (int192)",
] as const;

async function checkChainlink(
  chain: Chain,
  feed: FeedPlan,
  { aggregator, description, ratio }: Extract<FeedPlan["source"], { kind: "chainlink" }>,
  asset: ListedAsset,
  path: string,
): Promise<void> {
  const at = `${path}.chainlink`;
  await checkCode(chain, aggregator, at);
  const contract = view<Aggregator>(chain, aggregator, AGGREGATOR_ABI);
  const decimals = await answerOf(at, "decimals", () => contract.decimals());
  const said = await optional(() => contract.description());
  checkDescription(said, description, ratio ? null : [asset.symbol, feed.oracle ?? asset.symbol], at);
  const round = await newestRound(contract, at);
  if (ratio) {
    const rate = await checkRate(chain, ratio, asset, `${path}.ratio`, said);
    checkPrice(
      scaleOf(asset, -decimals - BigInt(ratio.decimals))(round.answer * rate),
      feed,
      asset,
      path,
      at,
    );
    return checkAge(chain, round.updatedAt, feed.heartbeat, path);
  }
  const scale = scaleOf(asset, -decimals);
  checkPrice(scale(round.answer), feed, asset, path, at);
  checkAge(chain, round.updatedAt, feed.heartbeat, path);

  // Behind a proxy stands what cuts answers off, if anything does: its limits must not be prices to us.
  const behind = await optional(() => contract.aggregator());
  const source = behind === undefined ? contract : view<Aggregator>(chain, behind, AGGREGATOR_ABI);
  const least = await optional(() => source.minAnswer());
  const most = await optional(() => source.maxAnswer());
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
  const contract = view<Aggregator>(chain, aggregator, AGGREGATOR_ABI);
  const has = await answerOf(at, "decimals", () => contract.decimals());
  if (has !== BigInt(decimals))
    throw new PlanMismatchError(`${path}.decimals`, `${has}, those of the feed`, String(decimals));
  const [, , quote] = PAIR.exec((await optional(() => contract.description())) ?? "") ?? [];
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
): Promise<void> {
  await checkCode(chain, pyth, `${path}.pyth`);
  const contract = view<Pyth>(chain, pyth, PYTH_ABI);
  const at = `${path}.priceId`;
  const { price, expo } = await answerOf(at, "getPriceUnsafe", () => contract.getPriceUnsafe(priceId));
  checkPrice(scaleOf(asset, expo)(price), feed, asset, path, at);
}

async function checkSequencer(chain: Chain, uptimeFeed: string, at: string): Promise<void> {
  await checkCode(chain, uptimeFeed, at);
  const contract = view<Aggregator>(chain, uptimeFeed, AGGREGATOR_ABI);
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
  const contract = view<Token>(chain, token, ERC20_ABI);
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

/** Answers·10^exponent dollars a unit, as attodollars per quantum: what BoundedFeed._scaled does. */
function scaleOf({ decimals }: ListedAsset, exponent: bigint): (answer: bigint) => bigint {
  const shift = exponent + BigInt(USD_DECIMALS) - BigInt(decimals);
  return (answer) => (shift >= 0n ? answer * 10n ** shift : answer / 10n ** -shift);
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

function view<C extends TypedContract>({ provider }: Chain, address: string, abi: readonly string[]): C {
  const code = { bytecode: "0x", runtime: { hash: "0x", immutables: [] } };
  return contractAt<C, unknown, readonly unknown[]>({ name: "", abi, ...code }, address, provider);
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

/** As {@link answerOf}, of what not every such contract has. */
async function optional<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined;
  }
}

/** Whether the contract itself refused, or answered otherwise; not the node. */
function isRefusal(error: unknown): boolean {
  return isError(error, "CALL_EXCEPTION") || isError(error, "BAD_DATA");
}
