import { type ChildProcess, spawn } from "node:child_process";
import { type Connection, connect } from "../../chain/provider.js";
import { NodeUnreachableError } from "../../errors.js";
import { platformBinary } from "./platformBinary.js";

/** anvil's first ten keys are the same everywhere, and worth nothing. */
export const ANVIL_KEYS = [
  "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
  "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
  "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
  "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
  "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
] as const;

const START_LIMIT = 20_000;

/** A local chain in a process of its own. */
export class Anvil {
  #child: ChildProcess | undefined;
  readonly #arguments: readonly string[];
  port = 0;

  private constructor(args: readonly string[]) {
    this.#arguments = args;
  }

  static async start(...args: string[]): Promise<Anvil> {
    const anvil = new Anvil(args);
    await anvil.#spawn();
    return anvil;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  connect(): Promise<Connection> {
    return connect(this.url);
  }

  /** Ends the process and waits until it is gone. With --state it writes its state first. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const limit = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await gone;
    clearTimeout(limit);
    process.removeListener("exit", this.#kill);
  }

  /** Starts again on the same port, after a stop. */
  restart(): Promise<void> {
    return this.#spawn();
  }

  readonly #kill = () => void this.#child?.kill("SIGKILL");

  #spawn(): Promise<void> {
    const child = spawn(platformBinary("anvil"), ["--port", String(this.port), ...this.#arguments], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    // However this process ends, short of SIGKILL, the chain ends with it.
    process.once("exit", this.#kill);
    return new Promise((resolve, reject) => {
      let text = "";
      const limit = setTimeout(
        () => fail(`expected anvil to start within ${START_LIMIT / 1000} s, got: ${text}`),
        START_LIMIT,
      );
      const fail = (message: string) => reject(new NodeUnreachableError(message));
      const read = (chunk: Buffer) => {
        text += chunk.toString("utf8");
        const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
        if (port === undefined) return;
        clearTimeout(limit);
        this.port = Number(port);
        // Keep reading, or the pipe fills up and anvil waits for ever.
        child.stdout?.removeListener("data", read).resume();
        child.stderr?.resume();
        resolve();
      };
      child.stdout?.on("data", read);
      child.once("error", reject);
      child.once("exit", (code) => fail(`expected anvil to listen, but it ended with ${code}: ${text}`));
    });
  }
}
