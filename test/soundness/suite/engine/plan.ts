import { inverse, reduce } from "./field.js";
import { type HintRule, hintRules } from "./hints.js";
import { coefficientOf, type Form, type System } from "./system.js";

/** One step of working a witness out. `wires` are those it sets. */
export type Step =
  /** The one wire of a rule that is not known before: `x <== …`. `factor` is −1 over its coefficient. */
  | {
      readonly kind: "define";
      readonly rule: number;
      readonly wires: readonly number[];
      readonly factor: bigint;
    }
  /** Bits, the lowest first, of the number that the other terms of a rule come to: `rest` times `factor`. */
  | {
      readonly kind: "bits";
      readonly rule: number;
      readonly wires: readonly number[];
      readonly rest: Form;
      readonly factor: bigint;
    }
  | {
      readonly kind: "hint";
      readonly reads: readonly number[];
      readonly wires: readonly number[];
      readonly solve: HintRule["solve"];
    }
  /** A rule whose wires are all known. */
  | { readonly kind: "check"; readonly rule: number; readonly wires: readonly [] };

/** The order in which a prover works out a witness from the inputs, and every rule is held. */
export interface Plan {
  readonly steps: readonly Step[];
  /** The step that sets a wire; −1 of an input. */
  readonly setBy: Int32Array;
  /** The step that defines a wire by a rule, or checks it. */
  readonly stepOf: Int32Array;
  /** The steps that read a wire. */
  readonly readers: readonly (readonly number[])[];
  /** Wires that nothing determines and no known hint sets. */
  readonly free: readonly number[];
}

/** @param inputs the wires that a prover begins with */
export function planOf(system: System, inputs: readonly number[]): Plan {
  const { rules, bits } = system;
  const touching: number[][] = Array.from({ length: system.wires }, () => []);
  const unknown = rules.map(({ wires }) => wires.length);
  rules.forEach(({ wires }, rule) => {
    for (const wire of wires) touching[wire]?.push(rule);
  });
  const steps: Step[] = [];
  const setBy = new Int32Array(system.wires).fill(-2);
  const settled = new Array<boolean>(rules.length).fill(false);
  const ready: number[] = [];
  const free: number[] = [];
  const hints = hintsOf(system);

  const know = (wire: number, step: number) => {
    setBy[wire] = step;
    for (const rule of touching[wire] ?? []) {
      unknown[rule] = (unknown[rule] ?? 0) - 1;
      if ((unknown[rule] ?? 0) <= 1) ready.push(rule);
    }
  };
  const add = (step: Step) => {
    steps.push(step);
    for (const wire of step.wires) know(wire, steps.length - 1);
  };
  const isUnknown = (wire: number) => setBy[wire] === -2;

  setBy[0] = -1;
  for (const wire of inputs) know(wire, -1);
  rules.forEach(({ wires }, rule) => {
    if (wires.length <= 1) ready.push(rule);
  });
  for (let at = 0; ; ) {
    // 1. What is defined or can be checked.
    const rule = ready[at];
    if (rule !== undefined) {
      at++;
      if (settled[rule]) continue;
      const { a, b, c, wires } = rules[rule] as (typeof rules)[number];
      const wire = wires.find(isUnknown);
      if (wire === undefined) add({ kind: "check", rule, wires: [] });
      else if (
        coefficientOf(a, wire) === 0n &&
        coefficientOf(b, wire) === 0n &&
        !(bits.has(wire) && a.wires.length === 0)
      )
        add({ kind: "define", rule, wires: [wire], factor: reduce(-inverse(coefficientOf(c, wire))) });
      else continue;
      settled[rule] = true;
      continue;
    }
    // 2. A number's bits.
    const group = rules.findIndex((_, index) => !settled[index] && isGroup(index));
    if (group >= 0) {
      settled[group] = true;
      add(bitsStep(system, group, isUnknown));
      steps.push({ kind: "check", rule: group, wires: [] });
      continue;
    }
    // 3. A hint whose template is known.
    const hint = hints.find(({ reads, wires }) => !reads.some(isUnknown) && wires.some(isUnknown));
    if (hint) {
      add({ kind: "hint", ...hint });
      continue;
    }
    // 4. A quotient: its product with something known is known.
    const divided = rules.findIndex((_, index) => !settled[index] && quotientOf(index) !== undefined);
    if (divided >= 0) {
      add(quotientStep(system, divided, quotientOf(divided) as number));
      continue;
    }
    // 5. Whatever else the sources leave to the prover.
    const wire = setBy.indexOf(-2);
    if (wire < 0) break;
    free.push(wire);
    know(wire, -1);
  }

  /** Whether all that is unknown of a linear rule is bits, of which it is the weighted sum. */
  function isGroup(rule: number): boolean {
    const { a, c, wires } = rules[rule] as (typeof rules)[number];
    const unknownWires = wires.filter(isUnknown);
    if (unknownWires.length === 0 || a.wires.length > 0 || !unknownWires.every((wire) => bits.has(wire)))
      return false;
    const weights = unknownWires
      .map((wire) => coefficientOf(c, wire))
      .sort((x, y) => (size(x) < size(y) ? -1 : 1));
    return weights.every((weight, i) => weight === (weights[0] ?? 0n) << BigInt(i));
  }

  /** The one unknown wire of a rule, if it is in one of the factors alone. */
  function quotientOf(rule: number): number | undefined {
    const { a, b, c, wires } = rules[rule] as (typeof rules)[number];
    const [wire, ...more] = wires.filter(isUnknown);
    if (wire === undefined || more.length > 0 || coefficientOf(c, wire) !== 0n) return undefined;
    return (coefficientOf(a, wire) === 0n) === (coefficientOf(b, wire) === 0n) ? undefined : wire;
  }

  const readers: number[][] = Array.from({ length: system.wires }, () => []);
  steps.forEach((step, index) => {
    const reads =
      step.kind === "hint"
        ? step.reads
        : step.kind === "bits"
          ? step.rest.wires
          : (rules[step.rule]?.wires ?? []);
    for (const wire of reads) if (!step.wires.includes(wire as never)) readers[wire]?.push(index);
  });
  const stepOf = new Int32Array(rules.length);
  steps.forEach((step, index) => {
    if (step.kind === "define" || step.kind === "check") stepOf[step.rule] = index;
  });
  return { steps, setBy, stepOf, readers, free };
}

const size = (x: bigint) => (x < 0n ? -x : x);

/** Bits of a linear rule Σ cᵢ·bitᵢ + rest = 0, by rising weight. */
function bitsStep(system: System, rule: number, isUnknown: (wire: number) => boolean): Step {
  const { c } = system.rules[rule] as (typeof system.rules)[number];
  const terms = c.wires.map((wire, i) => ({ wire, coefficient: c.coefficients[i] as bigint }));
  const bits = terms
    .filter(({ wire }) => wire !== 0 && isUnknown(wire))
    .sort((x, y) => (size(x.coefficient) < size(y.coefficient) ? -1 : 1));
  const rest = terms.filter(({ wire }) => wire === 0 || !isUnknown(wire));
  const lowest = bits[0]?.coefficient ?? 1n;
  return {
    kind: "bits",
    rule,
    wires: bits.map(({ wire }) => wire),
    rest: { wires: rest.map(({ wire }) => wire), coefficients: rest.map(({ coefficient }) => coefficient) },
    factor: reduce(-inverse(lowest)),
  };
}

/** The quotient that a rule a·b = c leaves to the prover. A divisor of 0, which no honest witness has, gives 0, as the witness generator does. */
function quotientStep({ rules }: System, rule: number, wire: number): Step {
  const { a, b, c, wires } = rules[rule] as (typeof rules)[number];
  const [own, other] = coefficientOf(a, wire) === 0n ? [b, a] : [a, b];
  const reads = wires.filter((read) => read !== wire);
  return {
    kind: "hint",
    reads,
    wires: [wire],
    solve: (read) => {
      const values = new Map([[0, 1n], ...reads.map((name, i): [number, bigint] => [name, read[i] ?? 0n])]);
      const at = (form: Form) =>
        form.wires.reduce(
          (sum, name, i) => sum + (form.coefficients[i] as bigint) * (values.get(name) ?? 0n),
          0n,
        );
      const divisor = reduce(at(other));
      const whole = divisor === 0n ? 0n : at(c) * inverse(divisor) - at(own);
      return [divisor === 0n ? 0n : reduce(whole * inverse(reduce(coefficientOf(own, wire))))];
    },
  };
}

function hintsOf({
  names,
  wireOf,
}: System): { reads: number[]; wires: number[]; solve: HintRule["solve"] }[] {
  const components = new Set(names.filter((name) => name !== "").map((name) => name.replace(/\.[^.]*$/, "")));
  const wire = (name: string) => wireOf.get(name) as number;
  return [...components].flatMap((component) =>
    hintRules.flatMap(({ find, solve }) => {
      const found = find(component, (signal) => wireOf.has(signal));
      return found ? [{ reads: found.reads.map(wire), wires: found.writes.map(wire), solve }] : [];
    }),
  );
}
