import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Connection } from "../../src/chain/connection.js";
import { type Deployment, serialiseDeployment } from "../../src/chain/deployment.js";
import { type Journal, type JournalEntry, memoryJournal } from "../../src/chain/journal.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, "build/test-chain");
/** All that a deployment may depend on. The keys of the circuit are pinned in circuits/. */
const SOURCES = ["src", "circuits", "test/support", "examples/prices", "package-lock.json"];

/** A local chain with a deployment on it, as it was when the deployment was complete. */
export interface KeptChain {
  /** What anvil_dumpState said. */
  readonly state: string;
  /** Time of the newest block, unix seconds. */
  readonly time: number;
  /** Of the deployer. */
  readonly journal: readonly JournalEntry[];
  /** As its file has it. */
  readonly deployment: string;
}

/** The chain that was kept for these sources; undefined if none was. */
export function keptChain(): KeptChain | undefined {
  const path = pathOf(digestOfSources());
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

/** Keeps a chain for these sources, instead of those of other sources. */
export async function keepChain(
  { provider }: Connection,
  journal: Journal,
  deployment: Deployment,
): Promise<void> {
  const path = pathOf(digestOfSources());
  const kept: KeptChain = {
    state: await provider.send("anvil_dumpState", []),
    time: (await provider.getBlock("latest"))?.timestamp ?? 0,
    journal: journal.entries(),
    deployment: serialiseDeployment(deployment),
  };
  mkdirSync(FOLDER, { recursive: true });
  // Other processes may do the same, or read it, at any time.
  for (const name of readdirSync(FOLDER).filter((name) => name.endsWith(".json") && !path.endsWith(name)))
    rmSync(join(FOLDER, name), { force: true });
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(kept));
  renameSync(draft, path);
}

/** Gives a new chain the state of a kept one. Its clock goes on from there. */
export async function loadChain({ provider }: Connection, { state, time }: KeptChain): Promise<void> {
  await provider.send("anvil_loadState", [state]);
  await provider.send("anvil_setTime", [time]);
}

/** The journal of the deployer of a kept chain. */
export function journalOf({ journal }: KeptChain): Journal {
  return memoryJournal(new Map(journal.map((entry) => [entry.key, entry])));
}

const pathOf = (digest: string) => join(FOLDER, `${digest.slice(0, 32)}.json`);

/** Taken once a process: test files of one process start many chains. */
let digestTaken: string | undefined;

function digestOfSources(): string {
  digestTaken ??= takeDigest();
  return digestTaken;
}

function takeDigest(): string {
  const hash = createHash("sha256");
  for (const source of SOURCES)
    for (const file of filesBelow(source)) hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)));
  return hash.digest("hex");
}

function filesBelow(path: string): string[] {
  if (path.includes(".")) return [path];
  const entries = readdirSync(join(ROOT, path), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
    .sort();
}
