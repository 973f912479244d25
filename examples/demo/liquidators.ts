import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  type ClearingManifest,
  type LiquidatorMessage,
  type LiquidatorsKey,
  type LiquidatorTerms,
  parseLiquidatorCard,
  parseMessage,
  serialiseClearing,
  serialiseLiquidatorTerms,
  verifyTranscript,
} from "zkmargin/clearing";
import { LOOK, post, textsOf } from "./board.js";

/** How many liquidators there are, and how many decrypt together. */
export const LIQUIDATORS = 5;
export const THRESHOLD = 3;

/** What stands where in the folder that they share. */
export const FOLDERS = {
  card: ".card.json",
  terms: "terms.json",
  board: "board",
  key: ".key.json",
  house: "clearing.json",
  parts: "parts",
} as const;

/** A liquidator's signing key. Everybody knows it: use it nowhere else. */
export function liquidatorKey(number: number): string {
  return `0x${createHash("sha256").update(`zkmargin demo: liquidator ${number}`).digest("hex")}`;
}

/** Five liquidators, each a process with a share that nobody else sees. What passes between them are files. */
export class Liquidators {
  readonly #folder = mkdtempSync(join(tmpdir(), "zkmargin-demo-"));
  readonly #shared = join(this.#folder, "shared");
  readonly #processes = new Map<number, ChildProcess>();
  readonly #end = () => this.close();

  /** Starts them. They end with this process. @param rpc of the node that they ask */
  constructor(
    readonly chainId: bigint,
    rpc: string,
  ) {
    process.once("exit", this.#end);
    const script = fileURLToPath(new URL("./liquidator.js", import.meta.url));
    for (let number = 1; number <= LIQUIDATORS; number++) {
      const own = join(this.#folder, String(number));
      mkdirSync(own);
      const args = [script, String(number), this.#shared, own, rpc, String(chainId)];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
      this.#processes.set(number, child);
    }
  }

  /** Numbers of those that run. */
  get awake(): number[] {
    return [...this.#processes.keys()];
  }

  /** Writes the terms once all have given their cards, and waits for the key that all messages make. */
  async makeKey(): Promise<LiquidatorsKey> {
    const cards = await this.#texts(this.#shared, FOLDERS.card, LIQUIDATORS);
    const terms: LiquidatorTerms = {
      chainId: this.chainId,
      nonce: `0x${randomBytes(32).toString("hex")}`,
      threshold: THRESHOLD,
      members: cards.map((text) => parseLiquidatorCard(text).card),
    };
    post(this.#shared, FOLDERS.terms, serialiseLiquidatorTerms(terms));
    await this.#texts(this.#shared, FOLDERS.key, LIQUIDATORS);
    // Anybody makes the key of the messages, and need not believe a liquidator.
    return verifyTranscript(terms, this.#messages(FOLDERS.board));
  }

  /** Messages of the ceremony so far. */
  get messages(): number {
    return this.#messages(FOLDERS.board).length;
  }

  /** Tells them which house to serve. */
  serve(manifest: ClearingManifest): void {
    post(this.#shared, FOLDERS.house, serialiseClearing(manifest));
  }

  /** Ends one of them: it decrypts nothing any more. */
  silence(number: number): void {
    this.#processes.get(number)?.kill("SIGKILL");
    this.#processes.delete(number);
  }

  /** The parts of decryptions that they have given, once there are as many. */
  async parts(count: number): Promise<LiquidatorMessage[]> {
    await this.#texts(join(this.#shared, FOLDERS.parts), ".json", count);
    return this.#messages(FOLDERS.parts);
  }

  /** Ends all of them, and removes their folder. */
  close(): void {
    for (const number of this.awake) this.silence(number);
    rmSync(this.#folder, { recursive: true, force: true });
    process.removeListener("exit", this.#end);
  }

  #messages(folder: string): LiquidatorMessage[] {
    return textsOf(join(this.#shared, folder), ".json").map((text) => parseMessage(text));
  }

  /** The texts of files, once there are as many. @throws Error if one of them has ended before */
  async #texts(folder: string, ending: string, count: number): Promise<string[]> {
    for (;;) {
      const texts = textsOf(folder, ending);
      if (texts.length >= count) return texts;
      const ended = [...this.#processes].find(([, { exitCode }]) => exitCode !== null);
      if (ended !== undefined)
        throw new Error(`liquidator ${ended[0]} has ended with code ${ended[1].exitCode}`);
      await sleep(LOOK);
    }
  }
}
