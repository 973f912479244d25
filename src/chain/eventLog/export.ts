import { DeploymentMismatchError, IncompleteLogsError } from "../../errors.js";
import type { OpenDeployment } from "../deployment.js";
import { EventCounts, readConstants } from "./chainState.js";
import { readBlocks } from "./read.js";
import { decodeEvent, type LogEnd, type LogHead, logDigest, recordLine } from "./record.js";
import { EventLogWriter } from "./write.js";

/** How much of a chain becomes a log. */
export interface ExportOptions {
  /** Last block; the newest by default. */
  readonly toBlock?: number;
  /** Blocks that must stand on the last one, so that no re-organisation takes it back. */
  readonly confirmations: number;
  readonly answers: "every" | "last";
  /** Name of the derived market whose log it is; the deployment's own by default. */
  readonly derived?: string;
  readonly onProgress?: (share: number) => void;
}

/** What was written. */
export interface Exported {
  readonly fromBlock: number;
  readonly toBlock: number;
  readonly blocks: number;
  readonly events: number;
  readonly digest: string;
}

/**
 * Writes a deployment's log to a file, or appends what is new since. It can be stopped at any moment and carries on in
 * the next run.
 * @throws StatementMismatchError if the file is a log of another deployment
 * @throws DeploymentMismatchError if the chain was re-organised below its last block
 * @throws IncompleteLogsError if the node gives fewer events than the chain counts; then the file is as it was
 *
 * @example
 * ```ts
 * import { exportLog } from "zkmargin/chain";
 *
 * const written = await exportLog(open, `${folder}/event-log.ndjson`, { confirmations: 0, answers: "last" });
 * console.log(written.toBlock >= written.fromBlock); // true
 * ```
 */
export async function exportLog(
  open: OpenDeployment,
  path: string,
  options: ExportOptions,
): Promise<Exported> {
  const head = await headOf(open, options);
  const writer = await EventLogWriter.open(path, head);
  try {
    const { last } = writer;
    await checkLast(open, last, path);
    const toBlock = await lastBlock(open, options);
    const fromBlock = last === undefined ? firstBlock(open) : last.number + 1;
    const blocks = readBlocks(open, {
      fromBlock,
      toBlock,
      ...readOptions(options),
      accounts: writer.counted.accounts,
      lines: writer.counted.lines,
      onBlock: (block) => options.onProgress?.((block - fromBlock) / Math.max(toBlock - fromBlock, 1)),
    });
    try {
      for await (const block of blocks) {
        await writer.append(block);
        if (block.counts !== null) writer.counted.compare(block.counts);
      }
    } catch (error) {
      if (error instanceof IncompleteLogsError) await writer.takeBack();
      throw error;
    }
    const digest = await writer.finish();
    return {
      fromBlock: firstBlock(open),
      toBlock: Math.max(toBlock, last?.number ?? 0),
      ...writer.counts,
      digest,
    };
  } finally {
    await writer.close();
  }
}

/**
 * The lines of a deployment's log, straight from a node. @throws as exportLog
 *
 * @example
 * ```ts
 * import { logLines } from "zkmargin/chain";
 *
 * for await (const { text } of logLines(open, { confirmations: 0, answers: "last" })) console.log(text.length > 0); // true
 * ```
 */
export async function* logLines(
  open: OpenDeployment,
  options: ExportOptions,
): AsyncGenerator<{ readonly text: string; readonly torn: false; readonly share: number }> {
  const head = recordLine({ kind: "head", ...(await headOf(open, options)) });
  let digest = logDigest("", head);
  yield { text: head, torn: false, share: 0 };
  const fromBlock = firstBlock(open);
  const toBlock = await lastBlock(open, options);
  const counts = { blocks: 0, events: 0 };
  const counted = new EventCounts();
  for await (const block of readBlocks(open, { fromBlock, toBlock, ...readOptions(options) })) {
    const text = recordLine({ kind: "block", block });
    for (const event of block.events) {
      const decoded = decodeEvent(event);
      if (decoded !== undefined) counted.add(decoded);
    }
    if (block.counts !== null) counted.compare(block.counts);
    digest = logDigest(digest, text);
    counts.blocks++;
    counts.events += block.events.length;
    yield { text, torn: false, share: (block.number - fromBlock) / Math.max(toBlock - fromBlock, 1) };
  }
  const end: LogEnd = { ...counts, digest };
  yield { text: recordLine({ kind: "end", end }), torn: false, share: 1 };
}

/** The first line of a log. @throws DeploymentMismatchError for a derived market that the deployment has not */
async function headOf(open: OpenDeployment, { derived }: Pick<ExportOptions, "derived">): Promise<LogHead> {
  const constants = await readConstants(open, derived);
  return { deployment: open.deployment, ...(derived === undefined ? {} : { derived }), constants };
}

function readOptions({ answers, derived }: Pick<ExportOptions, "answers" | "derived">) {
  return { answers, ...(derived === undefined ? {} : { derived }) };
}

function firstBlock({ deployment }: OpenDeployment): number {
  return Math.min(...Object.values(deployment.contracts).map(({ block }) => block));
}

async function lastBlock(
  { connection }: OpenDeployment,
  { toBlock, confirmations }: ExportOptions,
): Promise<number> {
  const newest = await connection.provider.getBlockNumber();
  return Math.min(toBlock ?? newest, newest - confirmations);
}

async function checkLast(
  { connection }: OpenDeployment,
  last: EventLogWriter["last"],
  path: string,
): Promise<void> {
  if (last === undefined) return;
  const block = await connection.provider.getBlock(last.number);
  if (block?.hash !== last.hash)
    throw new DeploymentMismatchError(
      `${path}: expected block ${last.number} of this log on the chain, got another; it was re-organised: write a new log, with more confirmations`,
    );
}

/**
 * A log in memory, for a chain that forgets its states. It records the feeds' and the gate's answers while the node
 * still has them.
 *
 * @example
 * ```ts
 * import { LogTape } from "zkmargin/chain";
 *
 * const tape = await LogTape.start(open);
 * await tape.advance();
 * console.log(tape.text().length > 0); // true
 * ```
 */
export class LogTape {
  readonly #open: OpenDeployment;
  readonly #market: Pick<ExportOptions, "derived">;
  readonly #lines: string[];
  readonly #accounts: string[] = [];
  readonly #creditLines: string[] = [];
  #digest = "";
  #next: number | undefined;
  #blocks = 0;
  #events = 0;

  private constructor(open: OpenDeployment, market: Pick<ExportOptions, "derived">, head: string) {
    this.#open = open;
    this.#market = market;
    this.#lines = [head];
    this.#digest = logDigest("", head);
  }

  /**
   * Begins a log of a deployment, from its first block.
   * @param derived name of the derived market whose log it is; the deployment's own by default
   * @throws NodeUnreachableError
   */
  static async start(open: OpenDeployment, derived?: string): Promise<LogTape> {
    const market = derived === undefined ? {} : { derived };
    return new LogTape(open, market, recordLine({ kind: "head", ...(await headOf(open, market)) }));
  }

  /** Records up to the newest block, with the gate's answers at it. */
  async advance(): Promise<void> {
    const toBlock = await this.#open.connection.provider.getBlockNumber();
    const from = this.#next === undefined ? {} : { fromBlock: this.#next };
    const options = {
      ...from,
      toBlock,
      ...readOptions({ answers: "last", ...this.#market }),
      accounts: this.#accounts,
      lines: this.#creditLines,
    };
    for await (const block of readBlocks(this.#open, options)) {
      const line = recordLine({ kind: "block", block });
      this.#lines.push(line);
      this.#digest = logDigest(this.#digest, line);
      this.#blocks++;
      this.#events += block.events.length;
      for (const event of block.events) {
        const decoded = decodeEvent(event);
        if (decoded?.name === "AccountOpened") this.#accounts.push(decoded.fields.account);
        if (decoded?.name === "LineOpened") this.#creditLines.push(decoded.fields.line);
      }
    }
    this.#next = toBlock + 1;
  }

  /** The whole log as text. */
  text(): string {
    const end = { blocks: this.#blocks, events: this.#events, digest: this.#digest };
    return `${[...this.#lines, recordLine({ kind: "end", end })].join("\n")}\n`;
  }
}
