import type { Random } from "../../../support/cases.js";
import { inverse, reduce } from "../engine/field.js";
import type { Pins } from "../engine/solver.js";
import type { Subject } from "../engine/subject.js";
import { coefficientOf, valueOf } from "../engine/system.js";
import { hostileValue } from "./hostileValue.js";

/** Where an attacker may lay hands on a circuit. Wires of the public inputs and the constant are in `inputs` only. */
export interface Targets {
  /** What a prover says without deriving it: hints and bits. */
  readonly hints: readonly number[];
  /** Every wire that is no input. */
  readonly inner: readonly number[];
  readonly inputs: readonly number[];
  /** Bits of one number, the lowest first. */
  readonly numbers: readonly (readonly number[])[];
  /** Inner wires by the component that holds them. */
  readonly components: readonly (readonly number[])[];
}

export function targetsOf({ solver, system }: Subject): Targets {
  const { steps, setBy } = solver.plan;
  const inner: number[] = [];
  const inputs: number[] = [];
  const components = new Map<string, number[]>();
  for (let wire = 1; wire < system.wires; wire++) {
    if ((setBy[wire] ?? -1) < 0) {
      inputs.push(wire);
      continue;
    }
    inner.push(wire);
    const component = (system.names[wire] ?? "").replace(/\.[^.]*$/, "");
    components.set(component, [...(components.get(component) ?? []), wire]);
  }
  const numbers = steps.flatMap((step) =>
    step.kind === "bits" && step.wires.length > 1 ? [step.wires] : [],
  );
  const said = steps.flatMap((step) => (step.kind === "bits" || step.kind === "hint" ? step.wires : []));
  return {
    hints: [...said, ...solver.plan.free],
    inner,
    inputs: inputs.filter((wire) => !solver.plan.free.includes(wire)),
    numbers,
    components: [...components.values()],
  };
}

/** The kinds of hostile edits, and how often each is tried. */
export const KINDS = {
  /** One hint, and all that hangs on it. */
  hint: 30,
  /** One signal that the circuit derives, and all that hangs on it. */
  signal: 12,
  /** Two to four signals of one component. */
  component: 16,
  /** Two bits that are none, their number as before. */
  carry: 6,
  /** Inputs, hints as an honest prover would say them. */
  input: 8,
  /** An input and a hint. */
  both: 8,
  /** A hint or signal, and then whatever repairs the rule it breaks, as often as it takes. */
  repair: 20,
} as const;

export type Kind = keyof typeof KINDS;

const WEIGHTED = Object.entries(KINDS).flatMap(([kind, weight]) =>
  new Array<Kind>(weight).fill(kind as Kind),
);

export function pickKind(random: Random): Kind {
  return random.pick(WEIGHTED);
}

/** What to put into the base witness of `subject`. */
export function editOf(kind: Kind, subject: Subject, targets: Targets, random: Random): Map<number, bigint> {
  const { values } = subject.solver;
  const pins = new Map<number, bigint>();
  const edit = (wire: number) => pins.set(wire, hostileValue(random, values[wire] ?? 0n));
  const hint = () => edit(random.pick(targets.hints.length > 0 ? targets.hints : targets.inner));
  switch (kind) {
    case "hint":
      hint();
      break;
    case "signal":
      edit(random.pick(targets.inner));
      break;
    case "component": {
      const wires = random.pick(targets.components);
      for (let i = random.integer(2, 4); i > 0; i--) edit(random.pick(wires));
      break;
    }
    case "carry": {
      if (targets.numbers.length === 0) return editOf("component", subject, targets, random);
      const bits = random.pick(targets.numbers);
      const at = random.integer(0, bits.length - 2);
      const [low, high] = [bits[at] ?? 0, bits[at + 1] ?? 0];
      const by = random.pick([1n, -1n, 2n, random.bits(250)]);
      pins.set(low, reduce((values[low] ?? 0n) + 2n * by)).set(high, reduce((values[high] ?? 0n) - by));
      break;
    }
    case "input":
      for (let i = random.integer(1, 2); i > 0; i--) edit(random.pick(targets.inputs));
      break;
    case "both":
      edit(random.pick(targets.inputs));
      hint();
      break;
    case "repair":
      if (random.chance(0.6)) hint();
      else edit(random.pick(targets.inner));
  }
  return pins;
}

/**
 * Adds to the pins a wire that makes a violated rule hold again, and the value that does. False where there is no such wire:
 * each is pinned already, or the rule is not linear in it.
 */
export function repair(rule: number, subject: Subject, pins: Map<number, bigint>, random: Random): boolean {
  const { a, b, c, wires } = subject.system.rules[rule] as (typeof subject.system.rules)[number];
  const { values } = subject.solver;
  const [left, right] = [valueOf(a, values), valueOf(b, values)];
  const excess = a.wires.length > 0 ? left * right - valueOf(c, values) : -valueOf(c, values);
  for (let tries = 0; tries < 4; tries++) {
    const wire = random.pick(wires);
    if (pins.has(wire)) continue;
    const [inA, inB, inC] = [coefficientOf(a, wire), coefficientOf(b, wire), coefficientOf(c, wire)];
    const slope = reduce(inA * right + inB * left - inC);
    if (inA * inB !== 0n || slope === 0n) continue;
    pins.set(wire, reduce((values[wire] ?? 0n) - excess * inverse(slope)));
    return true;
  }
  return false;
}

/** The pins as a reader wants them. */
export function describePins(pins: Pins, subject: Subject): string {
  return [...pins].map(([wire, value]) => `${subject.system.names[wire]} := ${value}`).join(", ");
}
