import { isError, type Log, type Provider } from "ethers";
import { isUnreachable } from "./provider.js";

/** Blocks asked for at once. Nodes that allow fewer say so, and are then asked for fewer. */
const SPAN = 10_000;

/** Which events: topics as eth_getLogs takes them. */
export interface LogFilter {
  /** Of one contract, or of any of several. */
  readonly address: string | readonly string[];
  readonly topics: readonly (null | string | readonly string[])[];
  /** The first block that can hold one, such as that of the contract's creation. */
  readonly fromBlock: number;
  /** The last; the newest by default. */
  readonly toBlock?: number;
}

/**
 * Events, oldest first, a span of blocks at a time, as nodes refuse to look through many at once. A node that refuses a
 * span is asked for half of it.
 * @throws what the node answers if it refuses a single block
 */
export async function pagedLogs(provider: Provider, filter: LogFilter, span = SPAN): Promise<Log[]> {
  const found: Log[] = [];
  for await (const { logs } of logPages(provider, filter, span)) found.push(...logs);
  return found;
}

/** As {@link pagedLogs}, page by page: for histories that are not to be held in memory. */
export async function* logPages(
  provider: Provider,
  filter: LogFilter,
  span = SPAN,
): AsyncGenerator<{ readonly logs: readonly Log[]; readonly toBlock: number }> {
  const { address, topics, fromBlock } = filter;
  const last = filter.toBlock ?? (await provider.getBlockNumber());
  let size = span;
  for (let from = fromBlock; from <= last; ) {
    const to = Math.min(last, from + size - 1);
    try {
      const page = { address: asAddress(address), topics: topics.map(asTopic), fromBlock: from, toBlock: to };
      yield { logs: await provider.getLogs(page), toBlock: to };
      from = to + 1;
    } catch (error) {
      if (size === 1 || !refusesSpan(error)) throw error;
      size = Math.ceil(size / 2);
    }
  }
}

/**
 * The newest event of a filter, or undefined; looks from the newest block back, and no further than it must.
 * @throws what the node answers if it refuses a single block
 */
export async function newestLog(
  provider: Provider,
  filter: LogFilter,
  span = SPAN,
): Promise<Log | undefined> {
  const { address, topics, fromBlock } = filter;
  let size = span;
  for (let to = filter.toBlock ?? (await provider.getBlockNumber()); to >= fromBlock; ) {
    const from = Math.max(fromBlock, to - size + 1);
    try {
      const page = { address: asAddress(address), topics: topics.map(asTopic), fromBlock: from, toBlock: to };
      const newest = (await provider.getLogs(page)).at(-1);
      if (newest !== undefined) return newest;
      to = from - 1;
    } catch (error) {
      if (size === 1 || !refusesSpan(error)) throw error;
      size = Math.ceil(size / 2);
    }
  }
  return undefined;
}

/** A node's refusal is an answer in whatever words; providers agree on no code for it, and some on HTTP 400 or 413. */
function refusesSpan(error: unknown): boolean {
  if (isError(error, "SERVER_ERROR")) return [400, 413].includes(error.response?.statusCode ?? 0);
  return !isUnreachable(error);
}

function asAddress(address: string | readonly string[]): string | string[] {
  return typeof address === "string" ? address : [...address];
}

function asTopic(topic: null | string | readonly string[]): null | string | string[] {
  return topic === null || typeof topic === "string" ? topic : [...topic];
}
