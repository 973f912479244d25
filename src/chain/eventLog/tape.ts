import type { OpenDeployment } from "../contracts.js";
import { readConstants } from "./constants.js";
import { decodeEvent } from "./decode.js";
import { readBlocks } from "./read.js";
import { logDigest, recordLine } from "./record.js";

/** A log in memory, of a chain that forgets its states: what feeds and gate say is to be asked while it still knows. */
export class LogTape {
  readonly #open: OpenDeployment;
  readonly #lines: string[];
  readonly #accounts: string[] = [];
  #digest = "";
  #next: number | undefined;
  #blocks = 0;
  #events = 0;

  private constructor(open: OpenDeployment, head: string) {
    this.#open = open;
    this.#lines = [head];
    this.#digest = logDigest("", head);
  }

  /** Begins a log of a deployment, from its first block. @throws NodeUnreachableError */
  static async start(open: OpenDeployment): Promise<LogTape> {
    const constants = await readConstants(open);
    return new LogTape(open, recordLine({ kind: "head", deployment: open.deployment, constants }));
  }

  /** Records up to the newest block, with the gate's answers at it. */
  async advance(): Promise<void> {
    const toBlock = await this.#open.connection.provider.getBlockNumber();
    const from = this.#next === undefined ? {} : { fromBlock: this.#next };
    const options = { ...from, toBlock, answers: "last" as const, accounts: this.#accounts };
    for await (const block of readBlocks(this.#open, options)) {
      const line = recordLine({ kind: "block", block });
      this.#lines.push(line);
      this.#digest = logDigest(this.#digest, line);
      this.#blocks++;
      this.#events += block.events.length;
      for (const event of block.events) {
        const decoded = decodeEvent(event);
        if (decoded?.name === "AccountOpened") this.#accounts.push(decoded.fields.account);
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
