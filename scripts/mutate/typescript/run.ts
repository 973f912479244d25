import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AREAS, TESTS, WORDING } from "../areas.js";
import { filesOf } from "../files.js";
import { type NumberedMutant, numbered } from "../mutant.js";
import { SEED, shuffled } from "../order.js";
import { Progress } from "../progress.js";
import { type Result, Results } from "../results.js";
import { proposeMutants } from "./propose.js";
import { stageMutants } from "./stage.js";
import { Trials } from "./trial.js";

/** All mutants of the TypeScript areas, or of those files only that `isWanted`. */
export function typescriptMutants(root: string, isWanted: (file: string) => boolean = () => true): NumberedMutant[] {
  const files = AREAS.flatMap(({ sources }) => filesOf(root, sources, ".ts")).filter(isWanted);
  return numbered(proposeMutants(root, files, WORDING));
}

/** Tries the mutants that have no result yet, and returns a result for each. */
export async function runTypescript(root: string, mutants: readonly NumberedMutant[]): Promise<Result[]> {
  const tests = filesOf(root, TESTS, ".test.ts");
  const testsHash = hashOf(root, tests);
  const results = new Results(join(root, "build/mutate/typescript.jsonl"));
  const hashes = new Map<string, string>();
  const source = ({ file }: NumberedMutant) => {
    const hash = hashes.get(file) ?? hashOf(root, [file]);
    hashes.set(file, hash);
    return hash;
  };
  const progress = new Progress("TypeScript", mutants.length);
  let trials: Trials | undefined;
  const found: Result[] = [];
  try {
    for (const mutant of shuffled(mutants, SEED)) {
      const known = results.known(mutant.name, source(mutant), testsHash);
      if (known === undefined && trials === undefined) {
        const stage = join(root, "build/mutate/typescript");
        stageMutants(root, stage, mutants);
        trials = await Trials.prepare(stage, tests);
      }
      const result = known ?? {
        name: mutant.name,
        source: source(mutant),
        tests: testsHash,
        ...(await (trials as Trials).run(mutant)),
      };
      if (known === undefined) results.add(result);
      progress.add(result.outcome, known !== undefined);
      found.push(result);
    }
  } finally {
    trials?.end();
  }
  return found;
}

/** SHA-256 of some files' names and texts. */
export function hashOf(root: string, files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}
