import { createHash } from "node:crypto";
import { getAddress, type Provider } from "ethers";
import * as z from "zod/mini";
import { hex } from "../encoding/address.js";
import { parseInteger } from "../encoding/decimal.js";
import { integer, printable, readBy, sha256, shaped } from "../encoding/shape.js";
import { parseStrictJson } from "../encoding/strictJson.js";
import { FormatError, IncompleteLogsError, MalformedError } from "../errors.js";
import { type AnyBinding, interfaceOf } from "./binding.js";
import type { Connection } from "./connection.js";
import { innerCalls } from "./innerCalls.js";
import { pagedLogs } from "./logs.js";

/**
 * The log of contracts that stand beside a deployment's own: a clearing house, credit lines, a lock on another chain. It has every
 * event that they emitted, with the call data of its transaction, and what they answered at its last block. It is what an auditor
 * replays.
 */

const FORMAT = "zkmargin/contract-log@1";
const LARGEST = 2 ** 41;
const count = integer(0, LARGEST);
const data = z.string().check(z.regex(/^0x([0-9a-f]{2})*$/));
const words = z.record(z.string().check(z.maxLength(200)), z.string().check(z.maxLength(4_000)));

const headSchema = z.strictObject({
  format: z.literal(FORMAT),
  /** Which contracts they are. */
  of: printable(32),
  chainId: readBy(parseInteger),
  contracts: z.array(z.strictObject({ role: printable(64), address: hex(20), block: count })),
  /** What never changes, by `role.question`. */
  facts: words,
});
const transactionSchema = z.strictObject({
  block: count,
  time: count,
  /** Its place in the block. */
  tx: count,
  hash: hex(32),
  from: hex(20),
  to: z.nullable(hex(20)),
  data,
  events: z.array(z.strictObject({ index: count, role: printable(64), topics: z.array(hex(32)), data })),
  /** Call data of calls that contracts made, where that of the transaction lacks them and the node has a tracer; absent otherwise. */
  inner: z.exactOptional(z.array(data)),
});
const endSchema = z.strictObject({
  /** The last block. */
  end: count,
  /** What the contracts answered at that block, by `role.question(arguments)`. */
  answers: words,
  digest: sha256,
});

export type ContractLogHead = Omit<z.infer<typeof headSchema>, "format">;
export type LoggedTransaction = z.infer<typeof transactionSchema>;
export type ContractLogEnd = z.infer<typeof endSchema>;

/** A contract whose events are logged, under the name that a replay has for it. */
export interface WatchedContract {
  readonly role: string;
  readonly binding: AnyBinding;
  readonly address: string;
  /** Block that it was created in, or the first that the log is to have of it. */
  readonly block: number;
  /** Names of the events that the log is to have of it; all of them without. */
  readonly events?: readonly string[];
}

/** What is logged. */
export interface ContractLogRequest {
  readonly of: string;
  readonly contracts: readonly WatchedContract[];
  readonly facts: (at: { readonly blockTag: number }) => Promise<Readonly<Record<string, string>>>;
  /** @param log what the log has so far, which says of what to ask */
  readonly answers: (
    log: readonly LoggedTransaction[],
    at: { readonly blockTag: number },
  ) => Promise<Readonly<Record<string, string>>>;
  /** Whether the call data of a transaction lacks what a replay needs: then the node's tracer is asked for the calls within. */
  readonly lacks?: (transaction: LoggedTransaction) => boolean;
  /** The newest block by default. */
  readonly toBlock?: number;
  readonly onProgress?: (share: number) => void;
}

/** A whole log. */
export interface ContractLog {
  readonly head: ContractLogHead;
  readonly transactions: readonly LoggedTransaction[];
  readonly end: ContractLogEnd;
}

/**
 * Reads the log of contracts from a node. @throws IncompleteLogsError for a node that lacks a part, and what it answers
 *
 * @example
 * ```ts
 * import { readContracts, remoteLog } from "zkmargin/chain";
 *
 * for (const asset of Object.keys(open.deployment.remotes ?? {})) {
 *   const { end } = await readContracts(open.connection, await remoteLog(open, asset));
 *   console.log(`${asset}: to block ${end.end}`); // one line an asset
 * }
 * ```
 */
export async function readContracts(
  { provider, chainId }: Pick<Connection, "provider" | "chainId">,
  request: ContractLogRequest,
): Promise<ContractLog> {
  const { of, contracts, onProgress = () => undefined } = request;
  const toBlock = request.toBlock ?? (await provider.getBlockNumber());
  const at = { blockTag: toBlock };
  const watched = new Map(contracts.map((one) => [getAddress(one.address), one]));
  const fromBlock = Math.min(...contracts.map(({ block }) => block));
  const found = await pagedLogs(provider, { address: [...watched.keys()], topics: [], fromBlock, toBlock });
  const logs = found.filter((log) => {
    const { block = 0, binding, events } = watched.get(getAddress(log.address)) ?? {};
    const isNamed = (name: string) =>
      binding && interfaceOf(binding).getEvent(name)?.topicHash === log.topics[0];
    return log.blockNumber >= block && (events?.some(isNamed) ?? true);
  });
  const transactions = new Map<string, LoggedTransaction>();
  const times = new Map<number, number>();
  for (const [i, log] of logs.entries()) {
    onProgress((i + 1) / logs.length);
    let known = transactions.get(log.transactionHash);
    if (known === undefined) {
      const sent = await provider.getTransaction(log.transactionHash);
      if (sent === null)
        throw new IncompleteLogsError(
          `transaction ${log.transactionHash}: expected what the node has the events of, got none`,
        );
      if (!times.has(log.blockNumber)) times.set(log.blockNumber, await timeOf(provider, log.blockNumber));
      known = {
        block: log.blockNumber,
        time: times.get(log.blockNumber) ?? 0,
        tx: log.transactionIndex,
        hash: log.transactionHash,
        from: sent.from.toLowerCase(),
        to: sent.to?.toLowerCase() ?? null,
        data: sent.data,
        events: [],
      };
      transactions.set(log.transactionHash, known);
    }
    known.events.push({
      index: log.index,
      role: watched.get(getAddress(log.address))?.role ?? "",
      topics: [...log.topics],
      data: log.data,
    });
  }
  const whole = [...transactions.values()];
  const targets = new Set(contracts.map(({ address }) => address.toLowerCase()));
  // A node that has forgotten a transaction has forgotten all before it.
  for (const transaction of whole.toReversed()) {
    if (!request.lacks?.(transaction)) continue;
    const inner = await innerCalls(provider, transaction.hash, targets);
    if (inner === null) break;
    if (inner.length > 0) transaction.inner = inner;
  }
  const head: ContractLogHead = {
    of,
    chainId,
    contracts: contracts.map(({ role, address, block }) => ({ role, address, block })),
    facts: await request.facts(at),
  };
  const answers = await request.answers(whole, at);
  const lines = [headLine(head), ...whole.map((transaction) => JSON.stringify(transaction))];
  return { head, transactions: whole, end: { end: toBlock, answers, digest: digestOf(lines) } };
}

/** Everything that a transaction carries: its own call data, and that of calls within where the log has them. */
export function callDataOf({ data, inner = [] }: Pick<LoggedTransaction, "data" | "inner">): string {
  return [data, ...inner.map((one) => one.slice(2))].join("");
}

async function timeOf(provider: Provider, number: number): Promise<number> {
  const block = await provider.getBlock(number);
  if (block === null)
    throw new IncompleteLogsError(`block ${number}: expected what the node has events of, got none`);
  return block.timestamp;
}

/**
 * The text of a log: one line for its head, each transaction, and its end.
 *
 * @example
 * ```ts
 * import { parseContractLog, serialiseContractLog } from "zkmargin/chain";
 *
 * const text = serialiseContractLog(contractLog);
 * console.log(parseContractLog(text, "remote").head.of); // remote
 * ```
 */
export function serialiseContractLog({ head, transactions, end }: ContractLog): string {
  const lines = [headLine(head), ...transactions.map((one) => JSON.stringify(one)), JSON.stringify(end)];
  return `${lines.join("\n")}\n`;
}

/**
 * Reads a log.
 * @param of which contracts it must be of
 * @throws MalformedError for one that is cut short or altered, FormatError for another file
 *
 * @example
 * ```ts
 * import { parseContractLog, serialiseContractLog } from "zkmargin/chain";
 *
 * const text = serialiseContractLog(contractLog);
 * console.log(parseContractLog(text, "remote").head.of); // remote
 * ```
 */
export function parseContractLog(text: string, of: string, path = "log"): ContractLog {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.length < 2)
    throw new MalformedError(path, "a log with its last line", "one that is cut short");
  const at = (i: number) => parseStrictJson(lines[i] ?? "", `${path}:${i + 1}`);
  const { format: _, ...head } = shaped(headSchema, at(0), { path: `${path}:1` });
  if (head.of !== of) throw new FormatError(`${path}:1.of`, of, head.of);
  const transactions = lines
    .slice(1, -1)
    .map((_, i) => shaped(transactionSchema, at(i + 1), { path: `${path}:${i + 2}` }));
  const end = shaped(endSchema, at(lines.length - 1), { path: `${path}:${lines.length}` });
  return { head, transactions, end };
}

/**
 * Refuses a log that is not the one another source has, of the same blocks.
 * @param path where the log comes from, for messages
 * @param named whose the other is, for messages
 * @throws MalformedError naming the first line that differs, without quoting it
 */
export function requireSameLog(path: string, log: ContractLog, other: ContractLog, named: string): void {
  const [got, expected] = [log, other].map((one) => serialiseContractLog(one).split("\n")) as [
    string[],
    string[],
  ];
  const at = expected.findIndex((line, i) => line !== got[i]);
  if (at !== -1 || got.length !== expected.length)
    throw new MalformedError(
      `${path}:${(at === -1 ? expected.length : at) + 1}`,
      `what ${named} has up to block ${log.end.end}`,
      "another line",
    );
}

/** SHA-256 that a log's end names the rest of it by. */
export function contractLogDigest({
  head,
  transactions,
}: Pick<ContractLog, "head" | "transactions">): string {
  return digestOf([headLine(head), ...transactions.map((transaction) => JSON.stringify(transaction))]);
}

function headLine({ of, chainId, contracts, facts }: ContractLogHead): string {
  return JSON.stringify({ format: FORMAT, of, chainId: chainId.toString(), contracts, facts });
}

function digestOf(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n"), "utf8").digest("hex");
}

/** An event by its names; undefined for one that the contract's interface does not have. */
export function decodeLogged(
  binding: AnyBinding,
  { topics, data }: Pick<LoggedTransaction["events"][number], "topics" | "data">,
): { readonly name: string; readonly fields: Readonly<Record<string, unknown>> } | undefined {
  try {
    const parsed = interfaceOf(binding).parseLog({ topics, data });
    return parsed === null ? undefined : { name: parsed.name, fields: parsed.args.toObject() };
  } catch {
    return undefined;
  }
}
