import { isError, type Provider, ZeroAddress } from "ethers";
import { BPS } from "../protocol/bounds.js";
import type { ListedAsset } from "../protocol/listing.js";
import {
  type Aggregator,
  aggregatorAt,
  isContractRefusal,
  ownLimits,
  scaleOf,
  unlessMissing,
} from "./aggregator.js";
import { type AnyBinding, contractAt, interfaceOf } from "./binding.js";
import { hashWithoutImmutables } from "./checkDeployment.js";
import type { OpenMarket } from "./deployment.js";
import type { FeedLimits } from "./generated/ChainlinkFeed.js";
import { chainlinkFeed, medianFeed, poolTwap, pythFeed, ratioAggregator } from "./generated/index.js";
import { type Kept, keptBy } from "./medians.js";
import { calling, describeRevert } from "./transactions/revert.js";
import type { Transactions } from "./transactions/transactions.js";

/** What a price comes from; `unknown` is code of no feed of this package. */
export type FeedKind = "chainlink" | "ratio" | "pyth" | "pool" | "median" | "unknown";

/** Limits of a price, attodollars per quantum. */
export interface PriceLimits {
  readonly least: bigint;
  readonly most: bigint;
}

/** An aggregator behind a feed, in its own unit of 10^-decimals. */
export interface AggregatorReport {
  /** What it is of: the asset's price, or of a ratio the rate and the other asset's price. */
  readonly of: "price" | "rate" | "base";
  readonly address: string;
  readonly decimals: number;
  /** Null where it does not answer. */
  readonly answer: bigint | null;
  readonly updatedAt: bigint | null;
  /** Where it cuts its answers off; null where it tells of no limit. */
  readonly least: bigint | null;
  readonly most: bigint | null;
}

/** One price feed: all prices are attodollars per quantum, times Unix seconds. */
export interface SourceReport {
  readonly address: string;
  readonly kind: FeedKind;
  /** Null where it does not answer, for this reason. */
  readonly price: bigint | null;
  readonly confidence: bigint | null;
  readonly updatedAt: bigint | null;
  /** Its error; null where it answers or gave none. */
  readonly reason: string | null;
  /** What the feed is held to; null for a pool, a median and the unknown. */
  readonly limits: PriceLimits | null;
  /** Longest age of an answer, seconds; of a pool the seconds of its average. */
  readonly heartbeat: bigint | null;
  readonly aggregators: readonly AggregatorReport[];
  /** How far its price is from the asset's low or high, basis points, rounded up; 0 between them. */
  readonly away: bigint | null;
  /** What is wrong, a line each; empty if nothing is. */
  readonly faults: readonly string[];
}

/** What the ledger reads of an asset. */
export interface FeedReport extends SourceReport {
  readonly asset: string;
  readonly decimals: number;
  /** Of a median: its rule, its sources in order, and its check. */
  readonly median: MedianReport | null;
}

/** How a median makes its price now. */
export interface MedianReport {
  readonly seats: number;
  readonly quorum: number;
  readonly deadBand: number;
  readonly tolerance: number;
  /** How many sources answer. */
  readonly answering: number;
  readonly sources: readonly SourceReport[];
  readonly check: SourceReport | null;
  /** What somebody last recorded. */
  readonly kept: Kept;
  /** Whether recording now would change any of it. */
  readonly outdated: boolean;
}

/** What a check of the feeds found, all of one block. */
export interface FeedsReport {
  readonly block: number;
  /** Unix seconds. */
  readonly time: bigint;
  readonly feeds: readonly FeedReport[];
}

/**
 * All faults of a report, each with its asset and its source.
 *
 * @example
 * ```ts
 * import { checkFeeds, feedFaults } from "zkmargin/chain";
 *
 * for (const fault of feedFaults(await checkFeeds(open, 100n))) console.log(fault);
 * ```
 */
export function feedFaults({ feeds }: FeedsReport): string[] {
  return feeds.flatMap(({ asset, faults, median }) => [
    ...faults.map((fault) => `${asset}: ${fault}`),
    ...(median?.sources ?? []).flatMap(({ faults: found }, i) =>
      found.map((fault) => `${asset}, source ${i}: ${fault}`),
    ),
    ...(median?.check?.faults ?? []).map((fault) => `${asset}, check: ${fault}`),
  ]);
}

/**
 * Asks every feed that the ledger reads, and every source behind it. The report has each answer, its age and limits, the bounds
 * at which aggregators cut answers off, and how far the sources are apart.
 * @param disagreement how far a source may be from its median before it is a fault, basis points
 * @throws NodeUnreachableError
 *
 * @example
 * ```ts
 * import { checkFeeds, feedFaults } from "zkmargin/chain";
 *
 * const report = await checkFeeds(open, 100n);
 * console.log(feedFaults(report).length >= 0); // true
 * ```
 */
export function checkFeeds(open: OpenMarket, disagreement: bigint): Promise<FeedsReport> {
  return readFeeds(open, disagreement, false);
}

async function readFeeds(
  open: OpenMarket,
  disagreement: bigint,
  mediansAlone: boolean,
): Promise<FeedsReport> {
  const { provider } = open.connection;
  const newest = await provider.getBlock("latest");
  const reader = new Reader(provider, newest?.number ?? 0, disagreement);
  const { feeds } = await open.oracle.ledger.sources(reader.at);
  const reports: FeedReport[] = [];
  for (const [u, asset] of open.listing.entries()) {
    const address = feeds[u] ?? ZeroAddress;
    if (!mediansAlone || (await reader.isMedian(address))) reports.push(await reader.feed(address, asset));
  }
  return { block: reader.at.blockTag, time: BigInt(newest?.timestamp ?? 0), feeds: reports };
}

/** A median that was recorded. */
export interface Recorded {
  readonly asset: string;
  /** Null where somebody else did. */
  readonly gas: bigint | null;
}

/**
 * Has the medians that the ledger reads keep their prices, and tell of sources and checks that have changed. It sends
 * nothing where nothing has. Anybody may.
 * @throws RevertedError, NodeUnreachableError, TransactionPendingError
 *
 * @example
 * ```ts
 * import { recordFeeds } from "zkmargin/chain";
 *
 * console.log((await recordFeeds(open, transactions)).length); // 0
 * ```
 */
export async function recordFeeds(open: OpenMarket, transactions: Transactions): Promise<Recorded[]> {
  const { block, feeds } = await readFeeds(open, BPS, true);
  const data = interfaceOf(medianFeed).encodeFunctionData("record");
  const recorded: Recorded[] = [];
  for (const { asset, address, median } of feeds) {
    if (!median?.outdated) continue;
    const isDone = async () => {
      const now = await readFeeds(open, BPS, true);
      return now.feeds.every((feed) => feed.address !== address || !feed.median?.outdated);
    };
    const receipt = await transactions.send({ key: `record ${address} ${block}`, to: address, data, isDone });
    recorded.push({ asset, gas: receipt?.gasUsed ?? null });
  }
  return recorded;
}

const KINDS: readonly (readonly [FeedKind, AnyBinding])[] = [
  ["chainlink", chainlinkFeed],
  ["pyth", pythFeed],
  ["pool", poolTwap],
  ["median", medianFeed],
];

/** What a feed answers and is held to, before it is compared with others. */
type Read = Omit<SourceReport, "away" | "faults"> & { readonly decimals: number | null };

class Reader {
  readonly at: { readonly blockTag: number };
  readonly #provider: Provider;
  readonly #disagreement: bigint;
  readonly #codes = new Map<string, string>();

  constructor(provider: Provider, block: number, disagreement: bigint) {
    this.at = { blockTag: block };
    this.#provider = provider;
    this.#disagreement = disagreement;
  }

  async feed(address: string, asset: ListedAsset): Promise<FeedReport> {
    const read = await this.#read(address, asset);
    const { symbol, decimals } = asset;
    if (read.kind !== "median") {
      const faults = faultsOf(read, asset);
      return { ...reportOf(read, 0n, faults), asset: symbol, decimals, median: null };
    }
    const contract = contractAt(medianFeed, address, this.#provider);
    const [list, terms, recorded, check] = await calling(`feed of ${symbol}`, () =>
      Promise.all([
        contract.sources(this.at),
        contract.terms(this.at),
        keptBy(address, this.#provider, this.at.blockTag),
        contract.check(this.at),
      ]),
    );
    const sources: Read[] = [];
    for (const source of list) sources.push(await this.#read(source, asset));
    const pool = check === ZeroAddress ? null : await this.#read(check, asset);
    const answering = sources.filter(({ price }) => price !== null).length;
    const next = this.#next(read, sources, pool, terms.tolerance, recorded);
    const median: MedianReport = {
      seats: Number(terms.seats),
      quorum: Number(terms.quorum),
      deadBand: Number(terms.deadBand),
      tolerance: Number(terms.tolerance),
      answering,
      sources: sources.map((source) => this.#compared(source, read, asset, this.#disagreement)),
      check: pool && this.#compared(pool, read, asset, terms.tolerance),
      kept: recorded,
      outdated: Object.values(recorded).join() !== Object.values(next).join(),
    };
    return { ...reportOf(read, 0n, faultsOf(read, asset)), asset: symbol, decimals, median };
  }

  /** What recording would keep. */
  #next(read: Read, sources: readonly Read[], pool: Read | null, tolerance: bigint, kept: Kept): Kept {
    const silent = sources.reduce(
      (bits, { price }, i) => (price === null ? bits | (1n << BigInt(i)) : bits),
      0n,
    );
    if (read.price === null || read.confidence === null) return { ...kept, silent };
    const [low, high] = [read.price - read.confidence, read.price + read.confidence];
    const away = pool && awayOf(pool, read);
    const answered = away !== null && away <= tolerance ? "agrees" : "disagrees";
    const check = pool === null ? "none" : pool.price === null ? "silent" : answered;
    // What is read may be one above what is kept: high is rounded up where low and high have an odd sum.
    return { low, high: kept.high === high - 1n && kept.low === low ? kept.high : high, silent, check };
  }

  /** A source beside the prices that it is a part of. */
  #compared(source: Read, of: Read, asset: ListedAsset, most: bigint): SourceReport {
    const faults = faultsOf(source, asset);
    const away = awayOf(source, of);
    if (away !== null && away > most)
      faults.push(`expected a price within ${most} basis points of low and high, got one ${away} away`);
    return reportOf(source, away, faults);
  }

  async #read(address: string, asset: ListedAsset): Promise<Read> {
    const kind = await this.#kind(address);
    const answer = await this.#answer(address);
    const none = { limits: null, heartbeat: null, aggregators: [], decimals: null };
    if (kind === "pyth") {
      const limits = await contractAt(pythFeed, address, this.#provider).limits(this.at);
      return { address, kind, ...answer, ...none, ...heldTo(limits) };
    }
    if (kind === "pool") {
      const pool = contractAt(poolTwap, address, this.#provider);
      return { address, kind, ...answer, ...none, heartbeat: await pool.window(this.at) };
    }
    if (kind !== "chainlink") return { address, kind, ...answer, ...none };
    const feed = contractAt(chainlinkFeed, address, this.#provider);
    const [limits, behind] = await Promise.all([feed.limits(this.at), feed.aggregator(this.at)]);
    const isRatio = await this.#isOf(behind, ratioAggregator);
    const aggregators = isRatio ? await this.#ratio(behind) : [await this.#aggregator("price", behind)];
    return { address, kind: isRatio ? "ratio" : kind, ...answer, ...heldTo(limits), aggregators };
  }

  async #ratio(address: string): Promise<AggregatorReport[]> {
    const ratio = contractAt(ratioAggregator, address, this.#provider);
    const [rate, base] = await Promise.all([ratio.rate(this.at), ratio.base(this.at)]);
    return [await this.#aggregator("rate", rate), await this.#aggregator("base", base)];
  }

  async #aggregator(of: AggregatorReport["of"], address: string): Promise<AggregatorReport> {
    const contract: Aggregator = aggregatorAt(address, this.#provider);
    const [round, decimals] = [
      await unlessMissing(() => contract.latestRoundData(this.at)),
      await unlessMissing(() => contract.decimals(this.at)),
    ];
    const { least = null, most = null } = await ownLimits(contract, this.#provider, this.at);
    const [answer, updatedAt] = [round?.answer ?? null, round?.updatedAt ?? null];
    return { of, address, decimals: Number(decimals ?? 0n), answer, updatedAt, least, most };
  }

  async #answer(address: string): Promise<Pick<Read, "price" | "confidence" | "updatedAt" | "reason">> {
    try {
      const feed = contractAt(chainlinkFeed, address, this.#provider);
      const { price, confidence, updatedAt } = await feed.read(this.at);
      return { price, confidence, updatedAt, reason: null };
    } catch (error) {
      if (!isContractRefusal(error)) throw error;
      const data = isError(error, "CALL_EXCEPTION") ? (error.data ?? "0x") : "0x";
      const reason = describeRevert(data)?.text ?? null;
      return { price: null, confidence: null, updatedAt: null, reason };
    }
  }

  async #kind(address: string): Promise<FeedKind> {
    for (const [kind, binding] of KINDS) if (await this.#isOf(address, binding)) return kind;
    return "unknown";
  }

  isMedian(address: string): Promise<boolean> {
    return this.#isOf(address, medianFeed);
  }

  async #isOf(address: string, { runtime }: AnyBinding): Promise<boolean> {
    const code = this.#codes.get(address) ?? (await this.#provider.getCode(address, this.at.blockTag));
    this.#codes.set(address, code);
    return code !== "0x" && hashWithoutImmutables(code, runtime.immutables) === runtime.hash;
  }
}

function heldTo({ least, most, heartbeat, decimals }: FeedLimits) {
  return { limits: { least, most }, heartbeat, decimals: Number(decimals) };
}

function reportOf({ decimals: _, ...read }: Read, away: bigint | null, faults: readonly string[]) {
  return { ...read, away: read.price === null ? null : away, faults };
}

/** How far a price with its confidence is from low and high, basis points, rounded up; null where one does not answer. */
function awayOf(source: Read, of: Read): bigint | null {
  const { price, confidence } = source;
  if (price === null || confidence === null || of.price === null || of.confidence === null) return null;
  const [low, high] = [of.price - of.confidence, of.price + of.confidence];
  const below = low - (price + confidence);
  const above = price - confidence - high;
  const [gap, from] = below > 0n ? [below, low] : [above, high];
  return gap <= 0n ? 0n : (gap * BPS + from - 1n) / from;
}

/** What is wrong with a feed by itself. */
function faultsOf(read: Read, asset: ListedAsset): string[] {
  const faults: string[] = [];
  if (read.kind === "unknown") faults.push("expected a feed of this package, got other code");
  if (read.price === null) faults.push(`expected an answer, got ${read.reason ?? "none"}`);
  if (read.decimals !== null && read.decimals !== asset.decimals)
    faults.push(`expected ${asset.decimals} decimals, those of the listing, got ${read.decimals}`);
  return [...faults, ...ownFaults(read, asset)];
}

/**
 * An aggregator that has limits of its own answers them while the market is beyond them. So the feed's limits must lie
 * within them; of a ratio, at the other aggregator's present answer.
 */
function ownFaults({ aggregators, limits }: Read, asset: ListedAsset): string[] {
  if (limits === null) return [];
  const exponent = -aggregators.reduce((sum, { decimals }) => sum + BigInt(decimals), 0n);
  const scale = scaleOf(asset, exponent);
  return aggregators.flatMap((one) => {
    const others = aggregators.filter((other) => other !== one);
    const factor = others.reduce((product, { answer }) => product * (answer ?? 0n), 1n);
    const faults: string[] = [];
    if (one.least !== null && factor > 0n && scale(one.least * factor) > limits.least)
      faults.push(`expected "least" at or above the ${one.of} aggregator's own minAnswer, got less`);
    if (one.most !== null && factor > 0n && scale(one.most * factor) < limits.most)
      faults.push(`expected "most" at or below the ${one.of} aggregator's own maxAnswer, got more`);
    if (one.answer !== null && (one.answer === one.least || one.answer === one.most))
      faults.push(`expected an answer inside the ${one.of} aggregator's own limits, got one at a limit`);
    return faults;
  });
}
