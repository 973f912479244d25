import { inverse, reduce } from "../engine/field.js";
import type { Subject } from "../engine/subject.js";
import type { HintGroup } from "./edits.js";

/**
 * Solves for one or two of a component's hints that are not pinned, so that the pinned ones are accepted by the component's own
 * rules: exactly, since each of those rules is linear in the hints, or else in vain. Tries every choice of rules and hints,
 * and leaves in `pins` and in the solver what is accepted.
 */
export function solveHints(
  subject: Subject,
  { wires, checks: all }: HintGroup,
  pins: Map<number, bigint>,
  without = -1,
): boolean {
  const { solver } = subject;
  const checks = all.filter((rule) => rule !== without);
  const free = wires.filter((wire) => !pins.has(wire));
  const last = checks.at(-1);
  if (last === undefined || free.length === 0) return false;
  const base = free.map((wire) => solver.values[wire] ?? 0n);
  const evaluate = (moved: number) => {
    const values = free.map((wire, i): [number, bigint] => [
      wire,
      reduce((base[i] ?? 0n) + (i === moved ? 1n : 0n)),
    ]);
    solver.undo();
    solver.attempt(new Map([...pins, ...values]), { until: last, without });
    return checks.map((rule) => solver.excess(rule));
  };
  const excess = evaluate(-1);
  const slopes = free.map((_, i) => evaluate(i).map((moved, k) => reduce(moved - (excess[k] ?? 0n))));
  const wrong = excess.flatMap((x, k) => (reduce(x) === 0n ? [] : [k]));

  const accept = (solution: readonly [hint: number, by: bigint][]) => {
    const edits = new Map(pins);
    for (const [i, by] of solution) edits.set(free[i] ?? 0, reduce((base[i] ?? 0n) + by));
    solver.undo();
    if (solver.attempt(edits, { without }).length > 0) return false;
    for (const [wire, value] of edits) pins.set(wire, value);
    return true;
  };
  for (const k of wrong) {
    for (let i = 0; i < free.length; i++) {
      const slope = slopes[i]?.[k] ?? 0n;
      if (slope !== 0n && accept([[i, reduce(-(excess[k] ?? 0n) * inverse(slope))]])) return true;
    }
    for (let l = 0; l < checks.length; l++) {
      if (l === k) continue;
      for (let i = 0; i < free.length; i++)
        for (let j = i + 1; j < free.length; j++) {
          const [a, b] = [slopes[i]?.[k] ?? 0n, slopes[j]?.[k] ?? 0n];
          const [c, d] = [slopes[i]?.[l] ?? 0n, slopes[j]?.[l] ?? 0n];
          const determinant = reduce(a * d - b * c);
          if (determinant === 0n) continue;
          const [x, y] = [-(excess[k] ?? 0n), -(excess[l] ?? 0n)];
          const scale = inverse(determinant);
          const solution: [number, bigint][] = [
            [i, reduce((x * d - b * y) * scale)],
            [j, reduce((a * y - c * x) * scale)],
          ];
          if (accept(solution)) return true;
        }
    }
  }
  return false;
}
