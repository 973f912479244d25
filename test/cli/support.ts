import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../src/cli/run.js";
import { DEFAULT_TIER, findTier } from "../../src/protocol/tiers.js";
import { setup } from "../../src/prove/artefacts.js";

// Secrets and books of tests are their owner's alone, as ours are: a command warns of others.
process.umask(0o077);

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
/** Keys that all tests share; setup reuses what is valid. */
export const KEYS = join(ROOT, "build", "keys");

/** What a command line did. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process. */
export async function zk(args: readonly string[], stdin = ""): Promise<Ran> {
  let out = "";
  let err = "";
  const code = await run(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    stdin: async () => Buffer.from(stdin),
    interactive: false,
    invocation: "npx zkmargin",
  });
  return { code, out, err };
}

/** As {@link zk}, for a command line that must succeed without a word on standard error. */
export async function zkOk(args: readonly string[], stdin = ""): Promise<string> {
  const ran = await zk(args, stdin);
  assert.deepEqual({ code: ran.code, err: ran.err }, { code: 0, err: "" }, args.join(" "));
  return ran.out;
}

/** As {@link zkOk} with --json, parsed. */
export async function zkJson(args: readonly string[], stdin = "") {
  return JSON.parse(await zkOk([...args, "--json"], stdin));
}

/** The error that `--json` prints, from a run that must have failed and said nothing else. */
export function errorOf(ran: Ran): { name: string; message: string; exitCode: number } {
  assert.equal(ran.out, "");
  const { error } = JSON.parse(ran.err);
  assert.equal(error.exitCode, ran.code);
  return error;
}

/** Makes the shared keys before the tests of a suite, or reuses them. */
export function needsKeys(): void {
  before("keys of the default tier", async () => {
    const tier = findTier(DEFAULT_TIER);
    assert.ok(tier);
    await setup({ home: KEYS, tier });
  });
}

/** A new folder for each test of a suite; gone after it. */
export function workFolder(): { readonly path: string; at(name: string): string } {
  const folder = { path: "", at: (name: string) => join(folder.path, name) };
  beforeEach(() => {
    folder.path = mkdtempSync(join(tmpdir(), "zkmargin-cli-"));
  });
  afterEach(() => rmSync(folder.path, { recursive: true, force: true }));
  return folder;
}

/** Every file below a folder with its bytes as text. */
export function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => !entry.isDirectory(),
  );
  return Object.fromEntries(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [path, readFileSync(path, "latin1")];
    }),
  );
}

/** Writes a value as a JSON file, or a text as it is. */
export function write(path: string, value: unknown): string {
  writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value, null, 2));
  return path;
}

export const example = (name: string): string => join(ROOT, "examples", "books", name);
/** A secret for tests, as `book secret` writes it. */
export const SECRET = "5ec2e7ca9a12f0d1b3c4958677695a4b3c2d1e0ff1e2d3c4b5a69788796a5b4c";
