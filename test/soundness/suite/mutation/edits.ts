import type { Random } from "../../../support/cases.js";
import { reduce } from "../engine/field.js";
import type { Pins } from "../engine/solver.js";
import type { Subject } from "../engine/subject.js";
import { hostileValue, smallValue } from "./hostileValue.js";

/** Where an attacker may lay hands on a circuit. Wires of the public inputs and the constant are in `inputs` only. */
export interface Targets {
  /** What a prover says without deriving it: hints and bits. */
  readonly hints: readonly number[];
  /** The hints that are no bits of a number, by the component that holds them. */
  readonly said: ReadonlyMap<string, HintGroup>;
  /** Every wire that is no input. */
  readonly inner: readonly number[];
  readonly inputs: readonly number[];
  /** Bits of one number, the lowest first. */
  readonly numbers: readonly (readonly number[])[];
  /** Inner wires by the component that holds them. */
  readonly components: readonly (readonly number[])[];
}

/** The hints of one component, and the rules that hold them: those of its signals alone that only check. */
export interface HintGroup {
  readonly wires: readonly number[];
  /** In the order in which they are looked at; that a bit is one is not among them. */
  readonly checks: readonly number[];
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
    const component = componentOf(system.names[wire] ?? "");
    components.set(component, [...(components.get(component) ?? []), wire]);
  }
  const numbers = steps.flatMap((step) =>
    step.kind === "bits" && step.wires.length > 1 ? [step.wires] : [],
  );
  const of = (kind: string) => steps.flatMap((step) => (step.kind === kind ? step.wires : []));
  const hints = [...of("hint"), ...solver.plan.free];
  const said = new Map<string, { wires: number[]; checks: number[] }>();
  for (const wire of hints) {
    const component = componentOf(system.names[wire] ?? "");
    const group = said.get(component) ?? { wires: [], checks: [] };
    group.wires.push(wire);
    said.set(component, group);
  }
  const isBit = new Set(system.bits.values());
  for (const step of steps) {
    if (step.kind !== "check" || isBit.has(step.rule)) continue;
    const owners = new Set(
      system.rules[step.rule]?.wires.map((wire) => componentOf(system.names[wire] ?? "")),
    );
    const [owner = ""] = owners;
    if (owners.size === 1) said.get(owner)?.checks.push(step.rule);
  }
  return {
    hints: [...of("bits"), ...hints],
    said,
    inner,
    inputs: inputs.filter((wire) => !solver.plan.free.includes(wire)),
    numbers,
    components: [...components.values()],
  };
}

/** The component of a signal: its name without the last part. */
export function componentOf(signal: string): string {
  return signal.replace(/\.[^.]*$/, "");
}

/** The kinds of hostile edits, and how often each is tried. */
export const KINDS = {
  /** One hint, and all that hangs on it. */
  hint: 20,
  /** One signal that the circuit derives, and all that hangs on it. */
  signal: 9,
  /** Two to four signals of one component. */
  component: 12,
  /** Two bits that are none, their number as before. */
  carry: 6,
  /** Inputs, hints as an honest prover would say them. */
  input: 6,
  /** An input and a hint. */
  both: 6,
  /** A hint or a few signals, and then whatever repairs the rule they break, as often as it takes. */
  repair: 22,
  /** Some hints of a component, and then the others solved for, in every order. */
  hints: 20,
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
    case "hints": {
      if (targets.said.size === 0) return editOf("component", subject, targets, random);
      const { wires } = random.pick([...targets.said.values()]);
      const flip = random.chance(0.5);
      for (const wire of wires) {
        const value = values[wire] ?? 0n;
        if (flip ? value <= 1n && random.chance(0.5) : random.chance(0.25))
          pins.set(wire, flip ? 1n - value : smallValue(random, value));
      }
      if (pins.size === 0) edit(random.pick(wires));
      break;
    }
    case "repair":
      return editOf(random.pick(["hint", "hint", "signal", "component"]), subject, targets, random);
  }
  return pins;
}

/** The pins as a reader wants them. */
export function describePins(pins: Pins, subject: Subject): string {
  return [...pins].map(([wire, value]) => `${subject.system.names[wire]} := ${value}`).join(", ");
}
