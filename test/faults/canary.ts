import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Part, Setting, TaskReport } from "../soundness/suite/part.js";
import { Random } from "../support/cases.js";
import { CANARIES, canariesIn } from "./canary/canaries.js";
import { type Scenario, Work } from "./kills/scenario.js";
import { scenarios } from "./kills/scenarios.js";

/** Crashes in CI. */
const CRASHES = 8;
/** V8 gives up with so little memory while it proves, megabytes. */
const TOO_LITTLE_MB = 16;

/** Where a book's values must not be, however a command ends. */
export const canary: Part = {
  name: "canary",
  // shows: P23
  about: "no value of a book is in a core dump, an error or a file, however the process ends",
  tasks: (long) => [
    { name: "core dumps", seconds: 15 * (long ? 10 : 1), run: coreDumps },
    { name: "out of memory", seconds: 5, run: outOfMemory },
  ],
};

/** SIGABRT at random moments of a proof, where the system writes core dumps into the working folder. */
async function coreDumps({ seed, long }: Setting, progress: (share: number) => void): Promise<TaskReport> {
  const pattern = await readFile("/proc/sys/kernel/core_pattern", "utf8").catch(() => "|");
  if (pattern.includes("/") || pattern.startsWith("|"))
    return { cases: 0, leftOut: `core dumps of this machine go elsewhere (${pattern.trim()})` };
  const prove = proving();
  const bare = await crash(prove, "control", 700);
  assert.ok(bare.dumps > 0 && bare.found.length > 0, "without the switch, a core dump holds the book");
  const random = new Random(seed);
  const count = CRASHES * (long ? 10 : 1);
  let dumps = 0;
  for (let i = 0; i < count; i++) {
    const after = random.integer(150, 2_000);
    const crashed = await crash(prove, "real", after);
    assert.deepEqual(crashed.found, [], `SIGABRT after ${after} ms`);
    dumps += crashed.dumps;
    progress(i / count);
  }
  assert.ok(dumps > 0, "some core dumps were written");
  return {
    cases: count,
    says: `${dumps} core dumps read; of a process without the switch, ${bare.found.length} canaries`,
  };
}

/** V8 aborts by itself: what it says of its stack, and its core dump, hold nothing. */
async function outOfMemory(): Promise<TaskReport> {
  const prove = proving();
  const crashed = await crash(prove, "real", undefined, [`--max-old-space-size=${TOO_LITTLE_MB}`]);
  assert.match(crashed.err, /heap out of memory|Reached heap limit|Allocation failed/, crashed.err);
  assert.deepEqual(crashed.found, []);
  return { cases: 1, says: `${crashed.dumps} core dumps` };
}

function proving(): Scenario {
  const found = scenarios.find(({ name }) => name === "prove");
  assert.ok(found);
  return found;
}

interface Crash {
  readonly err: string;
  /** How many core dumps were written. */
  readonly dumps: number;
  /** Canaries in them, in what was said, and in any file but its owner's. */
  readonly found: readonly string[];
}

/**
 * Runs a scenario with core dumps allowed and ends it by SIGABRT; as a control, a process that reads the same files and
 * has no switch.
 */
async function crash(
  scenario: Scenario,
  which: "real" | "control",
  after?: number,
  options: readonly string[] = [],
): Promise<Crash> {
  const work = await Work.make(scenario);
  try {
    const reading = `globalThis.book = require("fs").readFileSync(${JSON.stringify(work.at("book.json"))}, "utf8");
      globalThis.parsed = JSON.parse(book); setInterval(() => {}, 1000);`;
    const command = which === "real" ? scenario.command((path) => work.at(path)) : ["-e", reading];
    const cwd = join(work.path, "cwd");
    const child = spawn(
      "sh",
      ["-c", 'ulimit -c unlimited; exec "$@"', "sh", process.execPath, ...options, ...command],
      {
        cwd,
        env: { PATH: process.env.PATH, HOME: join(work.path, "home"), TMPDIR: join(work.path, "tmp") },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let err = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => {
        err += text;
      });
    const timer = after === undefined ? undefined : setTimeout(() => child.kill("SIGABRT"), after);
    await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
    clearTimeout(timer);
    const found = canariesIn(err);
    const inputs = Object.keys(await scenario.inputs());
    for (const [path, text] of await work.files())
      if (!inputs.includes(path)) found.push(...canariesIn(text));
    const dumps = await readdir(cwd);
    for (const dump of dumps) found.push(...canariesInBytes(await readFile(join(cwd, dump))));
    return { err, dumps: dumps.length, found };
  } finally {
    await work.remove();
  }
}

/** As JavaScript keeps strings: a byte or two a character; and the amounts as the circuit's words. */
function canariesInBytes(bytes: Buffer): string[] {
  return CANARIES.filter((canary) => {
    const forms = [Buffer.from(canary, "latin1"), Buffer.from(canary, "utf16le")];
    if (/^\d+$/.test(canary) && canary.length < 20) {
      const word = Buffer.alloc(8);
      word.writeBigUInt64LE(BigInt(canary));
      forms.push(word);
    }
    return forms.some((form) => bytes.includes(form));
  });
}
