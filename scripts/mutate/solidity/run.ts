import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { filesOf } from "../files.js";
import { hashOf } from "../hash.js";
import { type NumberedMutant, numbered } from "../mutant.js";
import { SEED, shuffled } from "../order.js";
import { Progress } from "../progress.js";
import { type Outcome, type Result, Results, resultsFile } from "../results.js";
import { type Forge, forges, shareBuild } from "./forge.js";
import { Killers } from "./killers.js";
import { proposeContractMutants } from "./propose.js";
import { stageContracts } from "./stage.js";

/** Interfaces and generated numbers have nothing to leave out. */
export const CONTRACT_SOURCES: readonly string[] = [
  "contracts/",
  "contracts/types/",
  "contracts/lib/",
  "contracts/feeds/",
  "contracts/gate/",
  "contracts/ledger/",
  "contracts/registry/",
  "contracts/vault/",
];

const BUILD_PATIENCE = 3_600_000;
/** Long: on a busy machine a survivor, which meets all tests, must not count as dead. */
const TEST_PATIENCE = 1_800_000;
/** A test that failed, in what forge says: "[FAIL: reason; counterexample: …] name(types) (runs: …)". */
const FAILED = /^\[FAIL.*\] (\w+)\([^()]*\) \(/gm;
/** The number at which no mutant is active and each that is asked for is noted; see Mutants.sol. */
const NOTE_ALL = 2n ** 160n - 1n;

/** All mutants of the contracts, or of those files only that `isWanted`. */
export function contractMutants(
  root: string,
  isWanted: (file: string) => boolean = () => true,
): NumberedMutant[] {
  return numbered(proposeContractMutants(root, filesOf(root, CONTRACT_SOURCES, ".sol").filter(isWanted)));
}

/**
 * Tries those of the first `most` mutants, in the order of the seed, that have no result yet.
 * @param onlyKnown returns what is known and tries nothing
 */
export async function runContracts(
  root: string,
  mutants: readonly NumberedMutant[],
  most: number,
  onlyKnown = false,
): Promise<Result[]> {
  const chosen = shuffled(mutants, SEED).slice(0, most);
  const results = new Results(resultsFile(root, "contracts"));
  const progress = new Progress("Contracts", chosen.length);
  const tests = filesOf(root, ["test/contracts/", "test/contracts/support/"], ".sol");
  const testsHash = hashOf(root, tests);
  const sources = new Map(mutants.map(({ file }) => [file, hashOf(root, [file])]));
  const found: Result[] = [];
  const left: NumberedMutant[] = [];
  for (const mutant of chosen) {
    const source = sources.get(mutant.file) ?? "";
    const known = onlyKnown
      ? results.last(mutant.name, source)
      : results.known(mutant.name, source, testsHash);
    if (known === undefined) left.push(mutant);
    else {
      progress.add(known.outcome, true);
      found.push(known);
    }
  }
  if (left.length === 0 || onlyKnown) return found;
  const stage = join(root, "build/mutate/contracts");
  const workers = forges(stage, availableParallelism());
  const covering = await prepared(root, stage, workers, mutants);
  const killers = new Killers(results, mutants);
  progress.begin();
  const keep = (mutant: NumberedMutant, verdict: Verdict) => {
    const subject = { name: mutant.name, source: sources.get(mutant.file) ?? "", tests: testsHash };
    const result = { ...subject, ...verdict };
    results.add(result);
    progress.add(result.outcome, false);
    found.push(result);
    killers.add(mutant, verdict.by);
  };
  await shared(workers, left, async (forge, mutant) =>
    keep(mutant, await tried(forge, mutant, covering, killers.likely(mutant))),
  );
  return found;
}

/** Has workers do pieces of work, each the next that is left. */
async function shared<T>(
  workers: readonly Forge[],
  work: readonly T[],
  run: (worker: Forge, item: T) => Promise<void>,
): Promise<void> {
  const left = [...work].reverse();
  await Promise.all(
    workers.map(async (worker) => {
      for (let item = left.pop(); item !== undefined; item = left.pop()) await run(worker, item);
    }),
  );
}

/** What is known of a test file before any mutant is awake. */
interface Reach {
  readonly file: string;
  /** Mutants that it asks about. */
  readonly mutants: readonly number[];
  /** Tests that fail in an instrumented copy, which costs more gas; they are left out. */
  readonly leftOut: readonly string[];
}

/** Builds the stage with all mutants, and learns which test file reaches which: kept beside it, as it takes minutes. */
async function prepared(
  root: string,
  stage: string,
  workers: readonly Forge[],
  mutants: readonly NumberedMutant[],
): Promise<Reach[]> {
  stageContracts(root, stage, mutants);
  process.stderr.write(`Contracts: building ${mutants.length} mutants into one copy\n`);
  const built = await workers[0]?.(["build"], {}, BUILD_PATIENCE);
  if (built?.status !== 0) throw new Error(`expected contracts that compile, got\n${built?.output}`);
  shareBuild(stage, workers.length);
  const key = hashOf(stage, [...filesOf(stage, CONTRACT_SOURCES, ".sol"), ...testFiles(stage)]);
  const kept = join(stage, "reach.json");
  if (existsSync(kept)) {
    const { of, reaches } = JSON.parse(readFileSync(kept, "utf8"));
    if (of === key) return reaches;
  }
  const reaches: Reach[] = [];
  await shared(workers, testFiles(stage), async (forge, file) => {
    process.stderr.write(`Contracts: what ${file} reaches\n`);
    reaches.push(await reachOf(forge, stage, file));
  });
  reaches.sort((a, b) => (a.file < b.file ? -1 : 1));
  writeFileSync(kept, JSON.stringify({ of: key, reaches }));
  return reaches;
}

/** @throws Error if none of its tests passes */
async function reachOf(forge: Forge, stage: string, file: string): Promise<Reach> {
  const note = `notes/${basename(file)}.txt`;
  rmSync(join(stage, note), { force: true });
  const run = await forge(
    ["test", ...matching([file]), ...active(NOTE_ALL)],
    { MUTANT_NOTES: note },
    BUILD_PATIENCE,
  );
  const noting = failedIn(run.output);
  if (run.status !== 0 && (noting.length === 0 || !run.output.includes("[PASS]")))
    throw new Error(`${file}: expected tests that pass without a mutant, got\n${run.output}`);
  // Noting costs gas. What fails without it as well would count every mutant dead.
  const plain = noting.length === 0 ? run : await forge(["test", ...matching([file])], {}, BUILD_PATIENCE);
  const failing = plain === run ? [] : failedIn(plain.output);
  if (failing.length > 0)
    process.stderr.write(`Contracts: left out, as it costs more now: ${failing.join(", ")}\n`);
  const text = existsSync(join(stage, note)) ? readFileSync(join(stage, note), "utf8") : "";
  return { file, mutants: [...new Set(text.split("\n").filter(Boolean).map(Number))], leftOut: failing };
}

/** The names of the tests that failed, each once. */
function failedIn(output: string): string[] {
  return [...new Set([...output.matchAll(FAILED)].map(([, name = ""]) => name))];
}

/** Makes a mutant active. */
function active(id: bigint | number): string[] {
  return ["--block-coinbase", `0x${id.toString(16).padStart(40, "0")}`];
}

/** Options of forge for some test files, without some of their tests, which forge knows as "name(types)". */
function matching(files: readonly string[], leftOut: readonly string[] = []): string[] {
  const path = files.length === 1 ? String(files[0]) : `{${files.join(",")}}`;
  const without = ["_gas", ...leftOut.map((name) => `^${name}\\(`)].join("|");
  return ["--match-path", path, "--no-match-test", without];
}

/** Not those of what things cost, as an instrumented contract costs more. */
function testFiles(stage: string): string[] {
  return readdirSync(join(stage, "test/contracts"))
    .filter((name) => name.endsWith(".t.sol") && !name.endsWith("Gas.t.sol"))
    .map((name) => `test/contracts/${name}`)
    .sort();
}

interface Verdict {
  readonly outcome: Outcome;
  readonly by?: string;
}

/** @param likely tests that may well notice it; they are run first, by themselves */
async function tried(
  forge: Forge,
  mutant: NumberedMutant,
  reaches: readonly Reach[],
  likely: readonly string[],
): Promise<Verdict> {
  const reached = reaches.filter(({ mutants }) => mutants.includes(mutant.id));
  if (reached.length === 0) return { outcome: "not reached" };
  // Those named after the contract first.
  const name = basename(mutant.file, ".sol");
  const near = reached.filter(({ file }) => basename(file).startsWith(name));
  const far = reached.filter((one) => !near.includes(one));
  const only = likely.length === 0 ? [] : ["--match-test", `^(${likely.join("|")})\\(`];
  for (const [some, options] of [
    [likely.length === 0 ? [] : reached, only] as const,
    [near, []] as const,
    [far, []] as const,
  ]) {
    if (some.length === 0) continue;
    const files = matching(
      some.map(({ file }) => file),
      some.flatMap(({ leftOut }) => leftOut),
    );
    const run = await forge(
      ["test", ...files, ...options, ...active(mutant.id), "--fail-fast"],
      {},
      TEST_PATIENCE,
    );
    if (run.status === "silent") return { outcome: "timed out" };
    const [failed] = failedIn(run.output);
    // Without a test that failed, forge found none of the likely ones.
    if (run.status !== 0 && (failed !== undefined || some !== reached))
      return { outcome: "killed", by: failed ?? "" };
  }
  return { outcome: "survived" };
}
