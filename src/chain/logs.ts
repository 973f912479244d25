import type { Log, Provider } from "ethers";
import { NodeUnreachableError } from "../errors.js";

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
  const last = filter.toBlock ?? (await provider.getBlockNumber());
  let size = span;
  for (let from = filter.fromBlock; from <= last; ) {
    const to = Math.min(last, from + size - 1);
    try {
      yield { logs: await allLogs(provider, filter, from, to), toBlock: to };
      from = to + 1;
    } catch (error) {
      if (from === to || !refusesSpan(error)) throw error;
      size = Math.ceil((to - from + 1) / 2);
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
  const { fromBlock } = filter;
  let size = span;
  for (let to = filter.toBlock ?? (await provider.getBlockNumber()); to >= fromBlock; ) {
    const from = Math.max(fromBlock, to - size + 1);
    try {
      const newest = (await allLogs(provider, filter, from, to)).at(-1);
      if (newest !== undefined) return newest;
      to = from - 1;
    } catch (error) {
      if (from === to || !refusesSpan(error)) throw error;
      size = Math.ceil((to - from + 1) / 2);
    }
  }
  return undefined;
}

/**
 * The events of a span of blocks, also from a node that silently leaves some out. Such a node gives only the first of
 * them, or only the last. Asked again from where its answer ended, it gives more, until there are no more.
 */
async function allLogs(provider: Provider, filter: LogFilter, from: number, to: number): Promise<Log[]> {
  const ask = (fromBlock: number, toBlock: number) =>
    provider.getLogs({
      address: asAddress(filter.address),
      topics: filter.topics.map(asTopic),
      fromBlock,
      toBlock,
    });
  const found = await ask(from, to);
  const [first, last] = [found[0]?.blockNumber, found.at(-1)?.blockNumber];
  if (first === undefined || last === undefined) return found;
  const all = [...found];
  // A node that has given so many at once has left nothing out of an answer that is shorter.
  let most = found.length;
  const more = async (fromBlock: number, toBlock: number) => {
    const logs = await ask(fromBlock, toBlock);
    const cut = logs.length >= most;
    most = Math.max(most, logs.length);
    all.push(...logs);
    return { logs, cut };
  };
  for (let end = first; first > from && end >= from; ) {
    const { logs, cut } = await more(from, end);
    const next = logs[0]?.blockNumber ?? end;
    if (next === end && !cut) break;
    end = Math.min(next, end - 1);
    if (logs.length === 0) break;
  }
  for (let begin = last; last < to && begin <= to; ) {
    const { logs, cut } = await more(begin, to);
    const next = logs.at(-1)?.blockNumber ?? begin;
    if (next === begin && !cut) break;
    begin = Math.max(next, begin + 1);
    if (logs.length === 0) break;
  }
  return eachOnce(all);
}

/** Events in the order of the chain, each once. */
export function eachOnce(logs: readonly Log[]): Log[] {
  const byPlace = new Map(logs.map((log) => [`${log.blockHash} ${log.index}`, log]));
  return [...byPlace.values()].sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
}

/** Nodes have many words for too wide a span; a node that is in trouble with every request is not one that refuses it. */
function refusesSpan(error: unknown): boolean {
  return error instanceof NodeUnreachableError && error.kind === "request";
}

/** Whether a node will not answer this request however often it is asked: it does not know it, or has forgotten the block's state. */
export function isNodeRefusal(error: unknown): boolean {
  return error instanceof NodeUnreachableError && (error.kind === "request" || error.kind === "state");
}

function asAddress(address: string | readonly string[]): string | string[] {
  return typeof address === "string" ? address : [...address];
}

function asTopic(topic: null | string | readonly string[]): null | string | string[] {
  return topic === null || typeof topic === "string" ? topic : [...topic];
}
