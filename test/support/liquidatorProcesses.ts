import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { keccak256, toUtf8Bytes } from "ethers";
import { type Message, parseMessage } from "../../src/clearing/liquidators/messages.js";
import { builtEntry } from "./built.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
/** Looks of a tenth of a second. */
const PATIENCE = 1_200;

/** Five liquidators, three of whom decrypt together: each command and each service is a process of its own. */
export class LiquidatorProcesses {
  readonly members = [1, 2, 3, 4, 5];
  readonly #folder: string;
  readonly #running: ChildProcess[] = [];

  /** @param folder for all of their files; it has a folder `partials` */
  constructor(folder: string) {
    this.#folder = folder;
  }

  at(name: string): string {
    return join(this.#folder, name);
  }

  env(member: number): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ZKMARGIN_STORE_PASSWORD: "five liquidators' passwords",
      LIQUIDATOR_KEY: keccak256(toUtf8Bytes(`process ${member}`)),
    };
  }

  /** `zkmargin clearing liquidator …`, as a member. */
  cli(member: number, ...args: readonly string[]) {
    const line = [builtEntry("zkmargin"), "clearing", "liquidator", ...args];
    return run(process.execPath, line, { cwd: ROOT, env: this.env(member) });
  }

  /** As {@link cli}, with the member's own store and key. */
  as(command: string, member: number, ...args: readonly string[]) {
    return this.cli(member, command, ...args, ...this.#own(member));
  }

  /** The key generation: all five write the key that comes of it, `key1.json` to `key5.json`. */
  async generate(): Promise<string> {
    const { members } = this;
    const card = (n: number) => this.at(`l${n}.card.json`);
    await Promise.all(members.map((n) => this.as("keygen", n, "--chain-id", "31337", "--out", card(n))));
    const terms = this.at("terms.json");
    await this.cli(1, "terms", ...members.map(card), "--threshold", "3", "--out", terms);
    const board = ["--board", this.at("board"), "--interval", "300"];
    await Promise.all(
      members.map((n) => this.as("join", n, terms, ...board, "--out", this.at(`key${n}.json`))),
    );
    return readFileSync(this.at("key1.json"), "utf8");
  }

  /** A member's service against a deployed house, in a process that goes on until it is killed. */
  serve(member: number, ...house: readonly string[]): ChildProcess {
    const outbox = ["--outbox", this.at("partials"), "--journal", this.at(`l${member}.journal`)];
    const line = ["clearing", "liquidator", "serve", ...outbox, ...house, ...this.#own(member)];
    return this.spawn(member, builtEntry("zkmargin"), ...line);
  }

  /** Any other process of a member's. */
  spawn(member: number, ...line: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, line, { cwd: ROOT, env: this.env(member), stdio: "pipe" });
    this.#running.push(child);
    return child;
  }

  /** The parts of decryptions that members have given. */
  parts(): Message[] {
    return readdirSync(this.at("partials"))
      .filter((name) => name.endsWith(".json"))
      .map((name) => parseMessage(readFileSync(this.at(`partials/${name}`), "utf8")));
  }

  /** Waits for so many parts. @throws Error after two minutes */
  async until(count: number): Promise<void> {
    for (let i = 0; this.parts().length < count; i++) {
      if (i > PATIENCE) throw new Error(`expected ${count} parts, got ${this.parts().length}`);
      await sleep(100);
    }
  }

  close(): void {
    for (const each of this.#running.splice(0)) each.kill("SIGKILL");
  }

  #own(member: number): readonly string[] {
    return ["--store", this.at(`l${member}.store`), "--key-env", "LIQUIDATOR_KEY"];
  }
}
