import type { Random } from "../../../support/cases.js";
import { inverse, reduce } from "../engine/field.js";
import type { Subject } from "../engine/subject.js";
import { coefficientOf, valueOf } from "../engine/system.js";
import { componentOf, type Targets } from "./edits.js";

const TRIES = 4;

/**
 * Adds to the pins one wire more, with the value by which a violated rule holds again: a wire that it mentions, or a hint of the
 * same component on which it hangs. False where none is found. The solver holds the witness that violates the rule.
 */
export function repair(
  rule: number,
  subject: Subject,
  targets: Targets,
  pins: Map<number, bigint>,
  random: Random,
): boolean {
  return random.chance(0.5)
    ? byMention(rule, subject, pins, random)
    : byHint(rule, subject, targets, pins, random) || byMention(rule, subject, pins, random);
}

/** Solves the rule for one of its wires. */
function byMention(
  rule: number,
  { system, solver }: Subject,
  pins: Map<number, bigint>,
  random: Random,
): boolean {
  const { a, b, wires, c } = system.rules[rule] as (typeof system.rules)[number];
  const { values } = solver;
  for (let tries = 0; tries < TRIES; tries++) {
    const wire = random.pick(wires);
    if (pins.has(wire)) continue;
    const [inA, inB, inC] = [coefficientOf(a, wire), coefficientOf(b, wire), coefficientOf(c, wire)];
    const slope = reduce(inA * valueOf(b, values) + inB * valueOf(a, values) - inC);
    if (inA * inB !== 0n || slope === 0n) continue;
    pins.set(wire, reduce((values[wire] ?? 0n) - solver.excess(rule) * inverse(slope)));
    return true;
  }
  return false;
}

/** Finds a hint of the component by which the rule holds again. */
function byHint(
  rule: number,
  subject: Subject,
  targets: Targets,
  pins: Map<number, bigint>,
  random: Random,
): boolean {
  const hints = hintsNear(rule, subject, targets, random);
  for (let tries = 0; tries < Math.min(TRIES, hints.length); tries++) {
    const wire = random.pick(hints);
    const value = pins.has(wire) ? undefined : solveHint(rule, wire, subject, pins);
    if (value === undefined) continue;
    pins.set(wire, value);
    return true;
  }
  return false;
}

/** The hints of the component that one of the rule's signals belongs to. */
function hintsNear(rule: number, { system }: Subject, { said }: Targets, random: Random): readonly number[] {
  const wire = random.pick(system.rules[rule]?.wires ?? []);
  return said.get(componentOf(system.names[wire] ?? ""))?.wires ?? [];
}

/** The value of a hint by which a rule holds, where the rule is linear in the hint: from two values of it. */
function solveHint(
  rule: number,
  wire: number,
  { solver }: Subject,
  pins: ReadonlyMap<number, bigint>,
): bigint | undefined {
  const excessAt = (value: bigint) => {
    solver.undo();
    solver.attempt(new Map(pins).set(wire, value), { until: rule });
    return solver.excess(rule);
  };
  const value = solver.values[wire] ?? 0n;
  const excess = excessAt(value);
  const slope = reduce(excessAt(reduce(value + 1n)) - excess);
  return slope === 0n ? undefined : reduce(value - excess * inverse(slope));
}
