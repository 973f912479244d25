import { FIELD_R } from "../../../../src/protocol/bounds.js";
import { coefficientOf, type Rule, type System } from "../engine/system.js";
import { type Instance, instances } from "./lemmas.js";

export interface Determination {
  /** Wires that two witnesses with the same inputs may differ in, as far as the rules reach. */
  readonly undetermined: readonly number[];
  /** Components whose outputs a lemma determined. */
  readonly applied: readonly Instance[];
  /** Components of a lemma's template that are not the circuit which the lemma is about. */
  readonly foreign: readonly Instance[];
}

/**
 * Which signals the inputs determine: begins with the inputs, and adds what follows, until nothing does.
 *
 * 1. A rule with one wire left determines it where it stands in c alone: a and b are known, so its term is. The same in a or
 *    b, where the other factor is a constant that is not 0.
 * 2. A linear rule whose other wires are known determines bits if each weight exceeds all lesser ones together, and all
 *    together are below the field. Two choices of them differ by less than r, and not by 0.
 * 3. A lemma, where the component's rules are exactly those that `known` has the fingerprint of.
 *
 * Everything is said of any two witnesses that satisfy the rules; no value is looked at.
 */
export function determination(
  system: System,
  inputs: readonly number[],
  known: (instance: Instance) => boolean,
): Determination {
  const determined = new Uint8Array(system.wires);
  const all = instances(system);
  const applied: Instance[] = [];
  const pending = new Set(all.filter(known));
  const touching: Rule[][] = Array.from({ length: system.wires }, () => []);
  for (const rule of system.rules) for (const wire of rule.wires) touching[wire]?.push(rule);
  const queue: Rule[] = [...system.rules];
  const determine = (wire: number) => {
    if (determined[wire] === 1) return;
    determined[wire] = 1;
    queue.push(...(touching[wire] ?? []));
  };
  determined[0] = 1;
  for (const wire of inputs) determine(wire);
  for (;;) {
    for (let rule = queue.pop(); rule; rule = queue.pop()) {
      const left = rule.wires.filter((wire) => determined[wire] !== 1);
      if (left.length > 0 && (solves(rule, left) || decomposes(system, rule, left))) left.forEach(determine);
    }
    const next = [...pending].find(({ given }) => given.every((wire) => determined[wire] === 1));
    if (!next) break;
    pending.delete(next);
    applied.push(next);
    next.determined.forEach(determine);
  }
  const undetermined = Array.from(determined.keys()).filter((wire) => determined[wire] !== 1);
  return { undetermined, applied, foreign: all.filter((instance) => !known(instance)) };
}

/** Rule 1. */
function solves({ a, b, c }: Rule, [wire = 0, ...more]: readonly number[]): boolean {
  if (more.length > 0) return false;
  const [inA, inB, inC] = [a, b, c].map((form) => coefficientOf(form, wire) !== 0n);
  if (!inA && !inB) return true;
  const isConstant = ({ wires }: Rule["a"]) => wires.length === 1 && wires[0] === 0;
  return !inC && ((inA && !inB && isConstant(b)) || (inB && !inA && isConstant(a))) === true;
}

/** Rule 2. */
function decomposes(system: System, { a, c }: Rule, left: readonly number[]): boolean {
  if (a.wires.length > 0 || !left.every((wire) => system.bits.has(wire))) return false;
  const weights = left
    .map((wire) => coefficientOf(c, wire))
    .map((weight) => (weight < 0n ? -weight : weight));
  weights.sort((x, y) => (x < y ? -1 : 1));
  let sum = 0n;
  for (const weight of weights) {
    if (weight <= sum) return false;
    sum += weight;
  }
  return sum < FIELD_R;
}
