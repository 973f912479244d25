import { spawn } from "node:child_process";
import { platformBinary } from "../../../src/chain/anvil.js";

/** How a run of forge ended. */
export interface ForgeRun {
  readonly status: number | "silent";
  readonly output: string;
}

/**
 * Runs the forge of this platform's npm package in a folder.
 * @param patience milliseconds, after which it is killed
 */
export function forge(
  folder: string,
  given: readonly string[],
  environment: Readonly<Record<string, string>>,
  patience: number,
): Promise<ForgeRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(platformBinary("forge"), given, {
      cwd: folder,
      env: { ...process.env, FOUNDRY_DISABLE_NIGHTLY_WARNING: "1", ...environment },
    });
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
