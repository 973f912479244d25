import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../src/groth16/artefacts/layout.js";

/** Prints a process's peak resident memory (kilobytes) to its standard error as it ends. */
const REPORT_MEMORY =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("maxRSS "+process.resourceUsage().maxRSS))';

/** Runs a script of Node in a process of its own. @returns its peak resident memory, MB */
export async function runNode(args: readonly string[], cwd: string): Promise<number> {
  const child = spawn(process.execPath, ["--import", REPORT_MEMORY, ...args], {
    cwd,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (data) => {
    errors += String(data);
  });
  const code = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  if (code !== 0) throw new Error(`${args.join(" ")}: ${errors}`);
  return Number(/maxRSS (\d+)/.exec(errors)?.[1]) / 1024;
}

/** The stock command line, in a folder of its own that `close` removes. */
export class StockSnarkjs {
  private constructor(readonly folder: string) {}

  /** The witness inputs go to a file, which only the stock way needs: they are the benchmark's own. */
  static async open(files: Readonly<Record<string, Uint8Array | string>>): Promise<StockSnarkjs> {
    const folder = await mkdtemp(join(tmpdir(), "zkmargin-bench-"));
    for (const [name, data] of Object.entries(files))
      await writeFile(join(folder, name), data, { mode: 0o600 });
    return new StockSnarkjs(folder);
  }

  /** `snarkjs …`, in a new process. @returns its peak resident memory, MB */
  run(...args: string[]): Promise<number> {
    return runNode(
      [join(packageRoot(), "node_modules", "snarkjs", "build", "cli.cjs"), ...args],
      this.folder,
    );
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
