import { createReadStream } from "node:fs";
import { type FileHandle, open as openFile } from "node:fs/promises";
import { StatementMismatchError } from "../../errors.js";
import { decodeEvent } from "./decode.js";
import { linesOf } from "./lines.js";
import { type LogBlock, type LogHead, logDigest, readRecord, recordLine } from "./record.js";

/** Only the owner may read what this package writes. */
const OWNER_ONLY = 0o600;

/**
 * An event log on disk that grows. It can be written on after a crash or another day: a line that was torn off is dropped,
 * and the end line is replaced by what came since.
 */
export class EventLogWriter {
  readonly #file: FileHandle;
  #digest: string;
  #blocks = 0;
  #events = 0;
  /** The newest block in the log. */
  last: Pick<LogBlock, "number" | "hash"> | undefined;
  /** Accounts opened in the log so far. */
  readonly accounts: string[] = [];

  private constructor(file: FileHandle) {
    this.#file = file;
    this.#digest = "";
  }

  /**
   * Starts a log, or carries on with the one that is there.
   * @throws StatementMismatchError if that is of another deployment, MalformedError or FormatError if it is no log
   */
  static async open(path: string, head: LogHead): Promise<EventLogWriter> {
    const writer = new EventLogWriter(await openFile(path, "a+", OWNER_ONLY));
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
    for await (const { text, number, end, torn } of linesOf(createReadStream(path), path)) {
      if (torn) break;
      const record = readRecord(text, `${path}:${number}`);
      if (record.kind === "end") break;
      if (number === 1 && text !== head)
        throw new StatementMismatchError(path, "a log of this deployment", "another's", "name another file");
      if (record.kind === "block") this.#count(record.block);
      this.#digest = logDigest(this.#digest, text);
      whole = end;
    }
    await this.#file.truncate(whole);
    if (whole === 0) await this.#line(head);
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
      const decoded = event.role === "bookRegistry" ? decodeEvent(event) : undefined;
      if (decoded?.name === "AccountOpened") this.accounts.push(decoded.fields.account);
    }
  }
}
