import { dirname } from "node:path";
import { SLOW } from "../areas.js";
import type { NumberedMutant } from "../mutant.js";
import type { Outcome } from "../results.js";
import type { Covered } from "./protocol.js";
import { TestProcess, TestProcessEnded, TestProcessSilent } from "./testProcess.js";

/** What became of one mutant. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly by?: string;
}

const START_PATIENCE = 120_000;
const LEAST_PATIENCE = 30_000;
/** How many times as long as without a mutant: the machine may have other work. */
const PATIENCE = 4;

/** Tries mutants of one stage, one after the other, in a process that is kept warm. */
export class Trials {
  #warm: TestProcess | undefined;
  #isFresh = false;

  private constructor(
    private readonly stage: string,
    private readonly files: readonly string[],
    private readonly tests: readonly Covered[],
    private readonly loading: ReadonlySet<number>,
    private readonly covering: ReadonlyMap<number, readonly number[]>,
  ) {}

  /**
   * Runs all tests once without a mutant, to learn which test reaches which mutant.
   * @throws Error if one of them fails
   */
  static async prepare(stage: string, files: readonly string[]): Promise<Trials> {
    const child = await TestProcess.start(stage, files, 0, START_PATIENCE);
    const covered = await child.ask({ kind: "cover" }, 30 * START_PATIENCE);
    child.end();
    if (covered.kind !== "covered") throw new Error(`expected what the tests cover, got ${covered.kind}`);
    if (covered.failures.length > 0)
      throw new Error(
        `expected tests that pass without a mutant, got failures:\n${covered.failures.join("\n")}`,
      );
    const covering = new Map<number, number[]>();
    covered.tests.forEach(({ asked }, test) => {
      for (const mutant of new Set(asked)) covering.set(mutant, [...(covering.get(mutant) ?? []), test]);
    });
    return new Trials(stage, files, covered.tests, new Set(child.whileLoading), covering);
  }

  async run(mutant: NumberedMutant): Promise<Verdict> {
    const loads = this.loading.has(mutant.id);
    const reached = this.covering.get(mutant.id) ?? [];
    if (!loads && reached.length === 0) return { outcome: "not reached" };
    const own = testOf(mutant.file);
    const near = reached.filter((test) => this.tests[test]?.file === own);
    const far = reached.filter((test) => !near.includes(test) && !this.#isSlow(test));
    for (const tests of [near, far]) {
      const verdict = tests.length > 0 ? await this.#runWarm(mutant, tests) : undefined;
      if (verdict !== undefined) return verdict;
    }
    if (!loads) return { outcome: "survived" };
    // The modules were loaded before the mutant awoke: once more, awake from the start.
    const neighbours = this.files.filter((file) => dirname(file) === dirname(own));
    const others = this.files.filter((file) => !neighbours.includes(file));
    for (const files of [neighbours, others]) {
      const verdict = files.length > 0 ? await this.#runFresh(mutant, files) : undefined;
      if (verdict !== undefined) return verdict;
    }
    return { outcome: "survived" };
  }

  end(): void {
    this.#warm?.end();
    this.#warm = undefined;
  }

  /** Whether a module asks about it while it is loaded: such a mutant needs a process of its own. */
  loads({ id }: NumberedMutant): boolean {
    return this.loading.has(id);
  }

  #isSlow(test: number): boolean {
    return SLOW.some((slow) => slow.test(this.tests[test]?.title ?? ""));
  }

  #titles(tests: readonly number[]): string[] {
    return tests.map((test) => this.tests[test]?.title ?? "");
  }

  #time(tests: readonly number[]): number {
    return tests.reduce((sum, test) => sum + (this.tests[test]?.milliseconds ?? 0), 0);
  }

  async #runWarm(mutant: NumberedMutant, tests: readonly number[]): Promise<Verdict | undefined> {
    if (this.#warm === undefined) {
      this.#warm = await TestProcess.start(this.stage, this.files, 0, START_PATIENCE);
      this.#isFresh = true;
    }
    const fresh = this.#isFresh;
    this.#isFresh = false;
    const verdict = await judged(
      this.#warm,
      { kind: "run", mutant: mutant.id, tests: this.#titles(tests), fresh },
      LEAST_PATIENCE + PATIENCE * this.#time(tests),
    );
    if (verdict !== "spoilt" && verdict?.outcome !== "timed out" && verdict?.by !== undefined) return verdict;
    if (verdict === undefined) return undefined;
    this.end();
    return verdict === "spoilt" ? this.#runWarm(mutant, tests) : verdict;
  }

  async #runFresh(mutant: NumberedMutant, files: readonly string[]): Promise<Verdict | undefined> {
    let child: TestProcess;
    try {
      child = await TestProcess.start(this.stage, files, mutant.id, START_PATIENCE);
    } catch (error) {
      if (error instanceof TestProcessEnded) return { outcome: "killed", by: "the modules do not load" };
      if (error instanceof TestProcessSilent) return { outcome: "timed out" };
      throw error;
    }
    const own = testOf(mutant.file);
    const all = this.tests.flatMap(({ file }, test) =>
      files.includes(file) && (file === own || !this.#isSlow(test)) ? [test] : [],
    );
    const patience = LEAST_PATIENCE + PATIENCE * this.#time(all);
    const verdict = await judged(
      child,
      { kind: "run", mutant: mutant.id, tests: this.#titles(all), fresh: true },
      patience,
    );
    child.end();
    return verdict === "spoilt" ? undefined : verdict;
  }
}

async function judged(
  child: TestProcess,
  order: Parameters<TestProcess["ask"]>[0],
  patience: number,
): Promise<Verdict | "spoilt" | undefined> {
  try {
    const answer = await child.ask(order, patience);
    if (answer.kind === "spoilt") return "spoilt";
    return answer.kind === "failed" ? { outcome: "killed", by: answer.test } : undefined;
  } catch (error) {
    if (error instanceof TestProcessEnded) return { outcome: "killed" };
    if (error instanceof TestProcessSilent) return { outcome: "timed out" };
    throw error;
  }
}

/** The test file that is named after a source. */
function testOf(source: string): string {
  return source.replace(/^src\//, "test/").replace(/\.ts$/, ".test.ts");
}
