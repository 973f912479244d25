import { createReadStream } from "node:fs";
import { type FileHandle, open as openFile } from "node:fs/promises";
import { MalformedError, StatementMismatchError } from "../../errors.js";
import { EventCounts } from "./chainState.js";
import {
  decodeEvent,
  type LogBlock,
  type LogEnd,
  type LogHead,
  linesOf,
  logDigest,
  readRecord,
  recordLine,
} from "./record.js";

/** A log is handed to auditors, and holds what is public. */
const FOR_EVERYBODY = 0o644;

/**
 * An event log on disk that grows. It can be continued after a crash or another day: a line that was torn off is dropped,
 * and the end line is replaced by the events since.
 */
export class EventLogWriter {
  readonly #file: FileHandle;
  #digest: string;
  #blocks = 0;
  #events = 0;
  /** What was there before this run, the head at least: bytes up to the end line, and that line if there was one. */
  #before = { bytes: 0, end: "" };
  /** The newest block in the log. */
  last: Pick<LogBlock, "number" | "hash"> | undefined;
  /** What the events in the log count. */
  readonly counted = new EventCounts();

  private constructor(file: FileHandle) {
    this.#file = file;
    this.#digest = "";
  }

  /**
   * Starts a log, or carries on with the one that is there. Nothing is taken from a file that is no log of this deployment.
   * @throws StatementMismatchError if that is of another deployment, or its last line is not of the lines before;
   *   MalformedError or FormatError if it is no log
   */
  static async open(path: string, head: LogHead): Promise<EventLogWriter> {
    const writer = new EventLogWriter(await openFile(path, "a+", FOR_EVERYBODY));
    try {
      await writer.#carryOn(path, recordLine({ kind: "head", ...head }));
    } catch (error) {
      await writer.#file.close();
      throw error;
    }
    return writer;
  }

  async #carryOn(path: string, head: string): Promise<void> {
    let whole = 0;
    let ended = false;
    for await (const { text, number, end, torn } of linesOf(createReadStream(path), path)) {
      if (ended)
        throw new MalformedError(`${path}:${number}`, "nothing after a log's last line", "more text");
      if (number === 1) checkHead(path, text, torn, head);
      if (torn) break;
      const record = number === 1 ? null : readRecord(text, `${path}:${number}`);
      if (record?.kind === "end") {
        this.#checkEnd(record.end, path);
        this.#before.end = `${text}\n`;
        ended = true;
        continue;
      }
      if (record?.kind === "block") this.#count(record.block);
      else if (record !== null) throw new MalformedError(`${path}:${number}`, "a block or the end", "a head");
      this.#digest = logDigest(this.#digest, text);
      whole = end;
    }
    this.#before.bytes = whole === 0 ? Buffer.byteLength(`${head}\n`) : whole;
    await this.#file.truncate(whole);
    if (whole === 0) await this.#line(head);
    await this.#file.sync();
  }

  #checkEnd({ digest, blocks, events }: LogEnd, path: string): void {
    if (digest !== this.#digest || blocks !== this.#blocks || events !== this.#events)
      throw new StatementMismatchError(
        path,
        "a last line of the lines before it",
        "another",
        "the log was altered: write a new one",
      );
  }

  /** Takes back what this run has written. */
  async takeBack(): Promise<void> {
    await this.#file.truncate(this.#before.bytes);
    await this.#file.appendFile(this.#before.end);
    await this.#file.sync();
  }

  /** Appends a block. It is on the disk once {@link finish} has returned. */
  async append(block: LogBlock): Promise<void> {
    this.#count(block);
    await this.#line(recordLine({ kind: "block", block }));
  }

  /** Blocks and events in the log so far. */
  get counts(): { readonly blocks: number; readonly events: number } {
    return { blocks: this.#blocks, events: this.#events };
  }

  /** Makes the log whole. Returns its digest. */
  async finish(): Promise<string> {
    const digest = this.#digest;
    const end = { blocks: this.#blocks, events: this.#events, digest };
    await this.#file.appendFile(`${recordLine({ kind: "end", end })}\n`);
    await this.#file.sync();
    return digest;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #line(text: string): Promise<void> {
    this.#digest = logDigest(this.#digest, text);
    await this.#file.appendFile(`${text}\n`);
  }

  #count(block: LogBlock): void {
    this.#blocks++;
    this.#events += block.events.length;
    this.last = { number: block.number, hash: block.hash };
    for (const event of block.events) {
      const decoded = decodeEvent(event);
      if (decoded !== undefined) this.counted.add(decoded);
    }
  }
}

/** A file that begins otherwise is not an event log; one whose header was cut off is started again. */
function checkHead(path: string, text: string, torn: boolean, head: string): void {
  if (torn ? head.startsWith(text) : text === head) return;
  if (torn || readRecord(text, `${path}:1`).kind !== "head")
    throw new MalformedError(`${path}:1`, "the head of a log", "other text");
  throw new StatementMismatchError(path, "a log of this deployment", "another's", "name another file");
}
