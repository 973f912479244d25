import { ZeroAddress } from "ethers";
import { checkOf, type Deployed, quoteOf, ratioOf, sourceOf } from "../deployment.js";
import {
  chainlinkFeed,
  fundingIndex,
  medianFeed,
  poolTwap,
  pythFeed,
  ratioAggregator,
  sequencerGuard,
} from "../generated/index.js";
import { bigints, type Create } from "./create.js";
import {
  type DeployPlan,
  type FeedPlan,
  isMedian,
  type MedianPlan,
  type PoolPlan,
  QUOTE_DECIMALS,
} from "./plan.js";

/** Deploys what the ledger reads: a feed or a median for each asset, funding, and a guard of the sequencer. */

/** The feeds by their asset, what stands behind them, and what else the ledger reads: funding and sequencer. */
export async function deploySources(
  create: Create,
  plan: DeployPlan,
  authority: string,
): Promise<Map<string, Deployed>> {
  const sources = new Map<string, Deployed>();
  const keeping: Create = async (name, binding, args) => {
    const deployed = await create(`feed ${name}`, binding, args);
    sources.set(name, deployed);
    return deployed;
  };
  for (const [u, { symbol, decimals }] of plan.listing.entries()) {
    const feed = plan.feeds[u] as FeedPlan | MedianPlan;
    if (isMedian(feed)) await createMedian(keeping, symbol, decimals, feed);
    else await createFeed(keeping, symbol, decimals, feed);
  }
  if (plan.funding) {
    const { steps, interval, heartbeat } = plan.funding;
    const args = [authority, steps, BigInt(interval), BigInt(heartbeat)] as const;
    sources.set("funding", await create("funding", fundingIndex, [...args]));
  }
  if (plan.sequencer) {
    const { uptimeFeed, grace } = plan.sequencer;
    sources.set("sequencer", await create("sequencer", sequencerGuard, [uptimeFeed, BigInt(grace)]));
  }
  return sources;
}

/** A feed of one source. Of an asset that is priced by another, it reads a new aggregator that multiplies. */
async function createFeed(
  create: Create,
  name: string,
  decimals: number,
  { source, heartbeat, least, most }: FeedPlan,
): Promise<Deployed> {
  const limits = { decimals: BigInt(decimals), heartbeat: BigInt(heartbeat), least, most };
  if (source.kind === "pyth") {
    const { pyth, priceId, maxConfidence } = source;
    return create(name, pythFeed, [pyth, priceId, BigInt(maxConfidence), limits]);
  }
  const { aggregator, ratio } = source;
  if (ratio === undefined) return create(name, chainlinkFeed, [aggregator, limits]);
  const rate = { heartbeat: BigInt(ratio.heartbeat), least: ratio.least, most: ratio.most };
  const product = await create(ratioOf(name), ratioAggregator, [ratio.aggregator, aggregator, rate]);
  return create(name, chainlinkFeed, [product.address, limits]);
}

/** A median, its sources and its check. */
async function createMedian(
  create: Create,
  symbol: string,
  decimals: number,
  { source }: MedianPlan,
): Promise<Deployed> {
  const { seats, quorum, deadBand, check } = source;
  const sources: string[] = [];
  for (const [i, each] of source.sources.entries())
    sources.push((await createFeed(create, sourceOf(symbol, i), decimals, each)).address);
  const pool = check && (await createCheck(create, symbol, decimals, check));
  const tolerance = check?.tolerance ?? 0;
  const args = [
    sources,
    pool?.address ?? ZeroAddress,
    bigints({ seats, quorum, deadBand, tolerance }),
  ] as const;
  return create(symbol, medianFeed, [...args]);
}

async function createCheck(create: Create, symbol: string, decimals: number, check: PoolPlan) {
  const { pool, token, window, leastLiquidity, quote } = check;
  const feed = quote && (await createFeed(create, quoteOf(symbol), QUOTE_DECIMALS, quote));
  const terms = {
    ...bigints({ decimals, window, leastLiquidity, quoteDecimals: feed === undefined ? 0 : QUOTE_DECIMALS }),
    quote: feed?.address ?? ZeroAddress,
  };
  return create(checkOf(symbol), poolTwap, [pool, token, terms]);
}
