import { rmSync } from "node:fs";
import { join } from "node:path";
import { AREAS, WORDING } from "../areas.js";
import { filesOf } from "../files.js";
import { hashOf } from "../hash.js";
import { type NumberedMutant, numbered } from "../mutant.js";
import { SEED, shuffled } from "../order.js";
import { Progress } from "../progress.js";
import { type Result, Results, resultsFile } from "../results.js";
import { proposeMutants } from "./propose.js";
import { stageMutants } from "./stage.js";
import { Trials } from "./trial.js";

/** A mutant that is yet to be tried, and what its result begins with. */
type Open = readonly [NumberedMutant, Omit<Result, "outcome">];

/** All mutants of the TypeScript areas, or of those files only that `isWanted`. */
export function typescriptMutants(
  root: string,
  isWanted: (file: string) => boolean = () => true,
): NumberedMutant[] {
  const files = AREAS.flatMap(({ sources }) => filesOf(root, sources, ".ts")).filter(isWanted);
  return numbered(proposeMutants(root, files, WORDING));
}

/**
 * Tries the mutants that have no result yet, area by area, and returns a result for each.
 * @param onlyKnown returns what is known and tries nothing
 */
export async function runTypescript(
  root: string,
  mutants: readonly NumberedMutant[],
  onlyKnown = false,
): Promise<Result[]> {
  const results = new Results(resultsFile(root, "typescript"));
  const stage = join(root, `build/mutate/typescript-${process.pid}`);
  const progress = new Progress("TypeScript", mutants.length);
  const found: Result[] = [];
  const keep = (result: Result, known: boolean) => {
    if (!known) results.add(result);
    progress.add(result.outcome, known);
    found.push(result);
  };
  const hashes = new Map(mutants.map(({ file }) => [file, hashOf(root, [file])]));
  const open = AREAS.map(({ sources, tests }) => {
    const files = filesOf(root, sources, ".ts");
    const testFiles = filesOf(root, tests, ".test.ts");
    const testsHash = hashOf(root, testFiles);
    const left: Open[] = [];
    for (const mutant of mutants.filter(({ file }) => files.includes(file))) {
      const subject = { name: mutant.name, source: hashes.get(mutant.file) ?? "", tests: testsHash };
      const known = onlyKnown
        ? results.last(subject.name, subject.source)
        : results.known(subject.name, subject.source, testsHash);
      if (known === undefined) left.push([mutant, subject]);
      else keep(known, true);
    }
    return { left, testFiles };
  }).filter(({ left }) => left.length > 0);
  if (open.length === 0 || onlyKnown) return found;
  stageMutants(root, stage, mutants);

  try {
    for (const { left, testFiles } of open) await runArea(stage, testFiles, left, keep);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  return found;
}

async function runArea(
  stage: string,
  testFiles: readonly string[],
  left: readonly Open[],
  keep: (result: Result, known: boolean) => void,
): Promise<void> {
  const trials = await Trials.prepare(stage, testFiles);
  try {
    // Those that need a process of their own take far longer than the others: last.
    const inOrder = shuffled(left, SEED).sort(
      ([a], [b]) => Number(trials.loads(a)) - Number(trials.loads(b)),
    );
    for (const [mutant, subject] of inOrder) keep({ ...subject, ...(await trials.run(mutant)) }, false);
  } finally {
    trials.end();
  }
}
