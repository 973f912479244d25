import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * What became of a mutant: a test failed, or none ended in time, or all passed, or none ever reaches it. Those that
 * cannot be built are no mutants.
 */
export type Outcome = "killed" | "timed out" | "survived" | "not reached" | "not built";

export interface Result {
  readonly name: string;
  /** SHA-256 of the source file with the mutant asleep. */
  readonly source: string;
  /** SHA-256 of all tests that it met. */
  readonly tests: string;
  readonly outcome: Outcome;
  /** The test that failed. */
  readonly by?: string;
}

/**
 * Results as they come, a line of JSON each, so that a run that was stopped goes on where it was. A death holds while the
 * source is the same; that a mutant lives must be seen again with every change of the tests.
 */
export class Results {
  readonly #known = new Map<string, Result>();

  constructor(private readonly file: string) {
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file)) return;
    for (const line of readFileSync(file, "utf8").split("\n")) {
      const result = parsed(line);
      if (result !== undefined) this.#known.set(result.name, result);
    }
  }

  /** What is known of a mutant of this source under these tests. */
  known(name: string, source: string, tests: string): Result | undefined {
    const result = this.#known.get(name);
    if (result === undefined || result.source !== source) return undefined;
    return isDead(result.outcome) || result.tests === tests ? result : undefined;
  }

  /** The last that was seen of a mutant of this source, whatever the tests were: a survivor may have been killed since. */
  last(name: string, source: string): Result | undefined {
    const result = this.#known.get(name);
    return result?.source === source ? result : undefined;
  }

  /** The test that killed a mutant of this name when it was tried last, whatever its source was. */
  killerOf(name: string): string | undefined {
    return this.#known.get(name)?.by;
  }

  /** The names of those that were alive when they were tried last. */
  survivors(): Set<string> {
    return new Set(
      [...this.#known.values()].filter(({ outcome }) => !isDead(outcome)).map(({ name }) => name),
    );
  }

  add(result: Result): void {
    this.#known.set(result.name, result);
    appendFileSync(this.file, `${JSON.stringify(result)}\n`);
  }
}

/** Where the results of a language are kept. */
export function resultsFile(root: string, language: string): string {
  return join(root, "build/mutate", `${language}.jsonl`);
}

export function isDead(outcome: Outcome): boolean {
  return outcome === "killed" || outcome === "timed out" || outcome === "not built";
}

/** A line cut off by a kill is none. */
function parsed(line: string): Result | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
