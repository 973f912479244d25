import { spawn } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { platformBinary } from "../../../src/chain/anvil.js";

/** How a run of forge ended. */
export interface ForgeRun {
  readonly status: number | "silent";
  readonly output: string;
}

/** Runs forge with some arguments and variables of the environment; it is killed after `patience` milliseconds. */
export type Forge = (
  given: readonly string[],
  environment: Readonly<Record<string, string>>,
  patience: number,
) => Promise<ForgeRun>;

/**
 * So many forges of this platform's npm package for one folder, which may run side by side: each has one thread, and a cache of its
 * own. Some of the start is saved too: forge finds no git to ask for submodules.
 */
export function forges(folder: string, count: number): Forge[] {
  return Array.from({ length: count }, (_, i) => (given, environment, patience) => {
    const cache = cacheOf(i);
    return run(folder, [...given, "--threads", "1"], patience, {
      ...process.env,
      FOUNDRY_DISABLE_NIGHTLY_WARNING: "1",
      FOUNDRY_CACHE_PATH: cache,
      FOUNDRY_TEST_FAILURES_FILE: `${cache}/test-failures`,
      FOUNDRY_FUZZ_FAILURE_PERSIST_DIR: `${cache}/fuzz`,
      PATH: "",
      ...environment,
    });
  });
}

/** Gives all forges of a folder what the first has compiled. */
export function shareBuild(folder: string, count: number): void {
  for (let i = 1; i < count; i++)
    cpSync(join(folder, cacheOf(0)), join(folder, cacheOf(i)), { recursive: true });
}

const cacheOf = (i: number) => `build/forge-cache-${i}`;

function run(
  folder: string,
  given: readonly string[],
  patience: number,
  env: NodeJS.ProcessEnv,
): Promise<ForgeRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(platformBinary("forge"), given, { cwd: folder, env });
    let output = "";
    child.stdout.on("data", (text) => {
      output += text;
    });
    child.stderr.on("data", (text) => {
      output += text;
    });
    let silent = false;
    const timer = setTimeout(() => {
      silent = true;
      child.kill("SIGKILL");
    }, patience);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ status: silent ? "silent" : (code ?? 1), output });
    });
  });
}
