import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serialiseMarket } from "../../src/market/file.js";
import { KEYS, SECRET } from "../cli/support.js";
import { marketOf } from "../market/fixtures.js";
import type { Part, Setting, TaskReport } from "../soundness/suite/part.js";
import { Random } from "../support/cases.js";
import { defaultArtefacts } from "../support/desk.js";
import { CANARY_BOOK, CANARY_CSV, canariesIn } from "./canary/canaries.js";
import { CLI, type Ran } from "./kills/scenario.js";

const SMALL_DISK = fileURLToPath(new URL("kills/smallDisk.mjs", import.meta.url));
/** Real disks that fill, in CI. */
const DISKS = 6;

type Left = Ran & { readonly files: Readonly<Record<string, string>> };

/** Disks that are really full. */
export const disks: Part = {
  name: "disks",
  about:
    // shows: P22
    "a file system that really is full, and standard output on one, are told as such and leave nothing behind",
  tasks: (long) => [
    { name: "a small file system", seconds: 10 * (long ? 20 : 1), run: onSmallDisks },
    { name: "standard output", seconds: 3, run: toFullOutput },
  ],
};

/** How to get a mount of one's own, or undefined where nobody here may. */
function mountable(): readonly string[] | undefined {
  const ways = [
    ["unshare", "-m"],
    ["unshare", "-rm"],
  ];
  return ways.find(([program = "", ...args]) => {
    const script = `mount -t tmpfs none ${JSON.stringify(tmpdir())}`;
    return spawnSync(program, [...args, "sh", "-c", script]).status === 0;
  });
}

async function onSmallDisks({ seed, long }: Setting, progress: (share: number) => void): Promise<TaskReport> {
  const unshare = mountable();
  if (unshare === undefined) return { cases: 0, leftOut: "this machine lets us mount nothing" };
  const random = new Random(seed);
  const count = DISKS * (long ? 20 : 1);
  const seen = { refused: 0, done: 0 };
  await withFiles(async (at) => {
    const disk = at("disk");
    await mkdir(disk);
    const commands: [string, number, readonly string[]][] = [
      ["book.json", 1, ["book", "import", at("book.csv"), "--account", "canary", "--sequence", "3"]],
      ["market.json", 16_384, ["market", "build", "--date", "2021-05-17"]],
      ["proof.json", 24_576, proveCommand(at)],
    ];
    for (let i = 0; i < count; i++) {
      const [file, most, command] = commands[i % commands.length] as (typeof commands)[number];
      const left = String(random.integer(0, most));
      const args = [
        ...unshare,
        process.execPath,
        SMALL_DISK,
        disk,
        left,
        CLI,
        ...command,
        "--out",
        join(disk, file),
      ];
      const { out, err } = await ended(args);
      assert.notEqual(out, "", err);
      const [full, again] = JSON.parse(out) as [Left, Left];
      // An import shows its owner what it read.
      assert.deepEqual(canariesIn(file === "book.json" ? full.err : full.out + full.err), []);
      if (full.code === 0) seen.done++;
      else {
        assert.equal(full.code, 3, full.err);
        assert.match(
          full.err,
          new RegExp(`${file}: expected a file that can be written, got a full disk$`, "m"),
        );
        assert.deepEqual(full.files, {}, `${left} bytes: nothing is left`);
        seen.refused++;
      }
      assert.equal(again.code, 0, again.err);
      assert.deepEqual(Object.keys(again.files), [file]);
      progress(i / count);
    }
  });
  assert.ok(seen.refused > 0, "some disks were too small");
  return { cases: count, says: `${seen.refused} too small, ${seen.done} large enough` };
}

async function toFullOutput(): Promise<TaskReport> {
  let cases = 0;
  await withFiles(async (at) => {
    const full = await open("/dev/full", "w");
    try {
      for (const args of [
        ["book", "commit", at("book.json"), "--secret", at("secret")],
        ["book", "show", at("book.json")],
        ["health", at("book.json"), "--market", at("market.json"), "--json"],
        ["--help"],
      ]) {
        const { code, err } = await ended([process.execPath, CLI, ...args], full.fd);
        assert.equal(code, 3, args.join(" "));
        assert.equal(
          err,
          "zkmargin: standard output: expected a file that can be written, got a full disk\n",
        );
        cases++;
      }
    } finally {
      await full.close();
    }
  });
  return { cases };
}

function proveCommand(at: (name: string) => string): readonly string[] {
  const files = ["prove", at("book.json"), "--market", at("market.json"), "--secret", at("secret")];
  return [...files, "--home", KEYS];
}

/** A folder with the canary book, its secret and a market; gone afterwards. */
async function withFiles(work: (at: (name: string) => string) => Promise<void>): Promise<void> {
  await defaultArtefacts();
  const folder = await mkdtemp(join(tmpdir(), "zkmargin-disks-"));
  const at = (name: string) => join(folder, name);
  try {
    await writeFile(at("book.csv"), CANARY_CSV);
    await writeFile(at("book.json"), CANARY_BOOK);
    await writeFile(at("secret"), SECRET);
    await writeFile(at("market.json"), serialiseMarket(marketOf("2021-05-17")));
    await work(at);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function ended([program = "", ...args]: readonly string[], stdout: number | "pipe" = "pipe"): Promise<Ran> {
  const child = spawn(program, args, { stdio: ["ignore", stdout, "pipe"] });
  let out = "";
  let err = "";
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    out += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, out, err }));
  });
}
