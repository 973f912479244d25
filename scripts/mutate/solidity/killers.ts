import type { NumberedMutant } from "../mutant.js";
import type { Results } from "../results.js";

/** Tests that are tried by themselves before all others. */
const FIRST = 3;

/** Which tests have noticed mutants so far: a mutant is likely to be noticed by what noticed it before, or its neighbours. */
export class Killers {
  /** The newest first. */
  readonly #ofFunction = new Map<string, string[]>();
  readonly #before = new Map<string, string>();

  /** @param results of earlier runs, whatever the sources were then */
  constructor(results: Results, mutants: readonly NumberedMutant[]) {
    for (const mutant of mutants) {
      const by = results.killerOf(mutant.name);
      if (by === undefined) continue;
      this.#before.set(mutant.name, by);
      this.add(mutant, by);
    }
  }

  /** @param by the test that noticed it; nothing is learned from none, nor from a set-up that failed */
  add({ file, within }: NumberedMutant, by: string | undefined): void {
    if (by === undefined || by === "" || by === "setUp") return;
    const key = `${file} ${within}`;
    const known = this.#ofFunction.get(key) ?? [];
    this.#ofFunction.set(key, [by, ...known.filter((name) => name !== by)]);
  }

  likely({ file, within, name }: NumberedMutant): string[] {
    const before = this.#before.get(name);
    const near = this.#ofFunction.get(`${file} ${within}`) ?? [];
    return [...new Set([...(before === undefined ? [] : [before]), ...near])].slice(0, FIRST);
  }
}
