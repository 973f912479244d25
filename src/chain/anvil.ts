import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";
import { NodeUnreachableError, ToolMissingError } from "../errors.js";
import { type Connection, connect } from "./connection.js";

/** Private keys of anvil's first accounts, hex: public, and the same on every machine. */
export const ANVIL_KEYS = [
  "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
  "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
  "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
  "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
  "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
  "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
  "0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
  "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
  "0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
  "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
  "0xf214f2b2cd398c806f84e317254e0f0b801d0643303237d97a22a48e01628897",
  "0x701b615bbdfb9de65240bc28bd21bbc0d996645a3dd57e7b12bc2bdf6f192c82",
  "0xa267530f49f8280200edf313ee7af6b827f2a8bce2897751d06a843f644967b1",
] as const;

/** Milliseconds within which anvil must listen. */
const START_LIMIT = 20_000;

/**
 * A local chain in a process of its own, which ends with this one. anvil comes with the optional package
 * `@foundry-rs/anvil-…` of the platform.
 *
 * @example
 * ```ts
 * import { Anvil } from "zkmargin/chain";
 *
 * const anvil = await Anvil.start();
 * console.log(anvil.port > 0); // true
 * await anvil.stop();
 * ```
 */
export class Anvil {
  #child: ChildProcess | undefined;
  readonly #arguments: readonly string[];
  /** TCP port on the loopback address; free ones are found by `start`. */
  port = 0;

  private constructor(args: readonly string[]) {
    this.#arguments = args;
  }

  /**
   * Starts anvil on a free port and waits until it listens.
   * @param args options of anvil's own command line, such as `"--timestamp", "1621468800"`
   * @throws ToolMissingError without anvil's package, NodeUnreachableError if it ends or does not listen within 20 s
   */
  static async start(...args: string[]): Promise<Anvil> {
    const anvil = new Anvil(args);
    await anvil.#spawn();
    return anvil;
  }

  /** Starts anvil on a given port. @throws as {@link start}, also if another process has the port */
  static async startOn(port: number, ...args: string[]): Promise<Anvil> {
    const anvil = new Anvil(args);
    anvil.port = port;
    await anvil.#spawn();
    return anvil;
  }

  /** Checks that anvil is installed, before anything slow is done for it. @throws ToolMissingError saying what to install */
  static check(): void {
    platformBinary("anvil");
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Connects to it. The caller closes the connection. @throws NodeUnreachableError */
  connect(): Promise<Connection> {
    return connect(this.url);
  }

  /** Ends the process and waits until it is gone. With --state it writes its state first, but for SIGKILL. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill(signal);
      const limit = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await gone;
      clearTimeout(limit);
    }
    // Only now, as this process may end meanwhile.
    this.#child = undefined;
    process.removeListener("exit", this.#kill);
  }

  /** Starts again on the same port, after a stop. @throws as start */
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
      const fail = (message: string) => {
        clearTimeout(limit);
        child.kill("SIGKILL");
        reject(new NodeUnreachableError(message));
      };
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

/** How to start a local chain on this machine, for a hint: with what to install where anvil is missing. */
export function localChainHint(): string {
  try {
    platformBinary("anvil");
    return "start a local chain by `npx anvil`";
  } catch (error) {
    if (!(error instanceof ToolMissingError)) throw error;
    return `${error.message}, then start a local chain by \`npx anvil\``;
  }
}

const ARCHITECTURE: Record<string, string> = { x64: "amd64", arm64: "arm64" };

/**
 * Where this platform's binary of a Foundry tool is. The umbrella package's own starter is a second process, which
 * outlives a kill of the first.
 * @throws ToolMissingError if the optional package of this platform is not installed
 */
export function platformBinary(tool: "anvil" | "forge"): string {
  const name = `@foundry-rs/${tool}-${platform()}-${ARCHITECTURE[arch()] ?? arch()}`;
  try {
    const root = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    return join(root, "bin", platform() === "win32" ? `${tool}.exe` : tool);
  } catch {
    throw new ToolMissingError(
      `expected ${tool} of Foundry 1.7.1, got no package ${name}: run \`npm install --no-save ${name}@1.7.1\``,
    );
  }
}
