import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../cli/support.js";

const INJECT = fileURLToPath(new URL("inject.mjs", import.meta.url));
export const CLI = join(ROOT, "build", "dist", "cli", "main.js");
const PATIENCE_MS = 300_000;

/** A command that writes, and what it writes. All paths are below the work folder. */
export interface Scenario {
  readonly name: string;
  /** Seconds of one run on an idle core. */
  readonly seconds: number;
  /** How many faults of all that there are CI tries. */
  readonly faults: number;
  /** Files that are there before, by path. */
  inputs(): Promise<Readonly<Record<string, string>>>;
  /** What follows `node`. */
  command(at: (path: string) => string): readonly string[];
  /** By path, what asserts that a file is whole; `ran` is the run that wrote it, where it is known. */
  readonly outputs: Readonly<Record<string, (text: string, ran: Ran) => unknown>>;
  /** Whether it writes the owner's book, and shows it; in what others write, say and leave, none of it may be. */
  readonly writesBook?: boolean;
  /** Whether a file that is there already is replaced (it is then `OLD`, or the whole new one), written again, or refused. */
  readonly there: "replaced" | "taken" | "refused";
}

/** What a file that a scenario replaces holds before. */
export const OLD = "what was there before";

/** How a run ended. */
export interface Ran {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** Folders of one attempt; all that a command could write to but its owner's files is beside them, and empty. */
export class Work {
  private constructor(readonly path: string) {}

  static async make(scenario: Scenario): Promise<Work> {
    const work = new Work(await mkdtemp(join(tmpdir(), "zkmargin-kills-")));
    for (const folder of ["files", "cwd", "home", "tmp"]) await mkdir(join(work.path, folder));
    for (const [path, text] of Object.entries(await scenario.inputs())) await work.put(path, text);
    return work;
  }

  at(path: string): string {
    return join(this.path, "files", path);
  }

  /** Writes one of the owner's files. */
  async put(path: string, text: string): Promise<void> {
    await mkdir(dirname(this.at(path)), { recursive: true });
    await writeFile(this.at(path), text, { mode: 0o600 });
  }

  /** Files by path below the owner's folder, as text. */
  async files(): Promise<Map<string, string>> {
    const all = await filesBelow(this.at("."));
    return new Map(
      await Promise.all(all.map(async (path) => [path, await readFile(this.at(path), "latin1")] as const)),
    );
  }

  /** Paths of what is where nothing should be. */
  async strays(): Promise<string[]> {
    const below = await Promise.all(
      ["cwd", "home", "tmp"].map(async (folder) =>
        (await filesBelow(join(this.path, folder))).map((path) => join(folder, path)),
      ),
    );
    return below.flat();
  }

  async mode(path: string): Promise<number> {
    return (await stat(this.at(path))).mode & 0o777;
  }

  /** Runs the scenario's command, with a fault (see inject.mjs), or killed after so many milliseconds. */
  run(scenario: Scenario, fault = "", killAfter?: number): Promise<Ran> {
    const child = spawn(
      process.execPath,
      ["--import", INJECT, ...scenario.command((path) => this.at(path))],
      {
        cwd: join(this.path, "cwd"),
        env: {
          PATH: process.env.PATH,
          HOME: join(this.path, "home"),
          TMPDIR: join(this.path, "tmp"),
          FAULT: fault,
        },
        stdio: ["ignore", "pipe", "pipe"],
        timeout: PATIENCE_MS,
      },
    );
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      err += text;
    });
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        clearTimeout(timer);
        resolve({ code, signal, out, err });
      });
    });
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}
