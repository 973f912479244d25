import type { ConstraintSystem, LinearCombination } from "../../../support/r1cs.js";
import { signed } from "./field.js";

/** A linear form over wires; coefficients are signed and mostly small, so that products stay short. */
export interface Form {
  readonly wires: readonly number[];
  readonly coefficients: readonly bigint[];
}

/** a·b = c. A linear constraint has no a and no b. */
export interface Rule {
  readonly a: Form;
  readonly b: Form;
  readonly c: Form;
  /** The wires it mentions, each once, the constant 1 left out. */
  readonly wires: readonly number[];
}

/** A circuit compiled without simplification: every signal of the sources is a wire with its name. */
export interface System {
  readonly rules: readonly Rule[];
  readonly wires: number;
  /** Name by wire, such as `main.asset[3].quantity.p`; that of wire 0 is empty. */
  readonly names: readonly string[];
  readonly wireOf: ReadonlyMap<string, number>;
  /** Wires that some rule holds to 0 or 1, with that rule. */
  readonly bits: ReadonlyMap<number, number>;
}

/** The system of an unsimplified circuit, in the form that the solver works on. */
export function systemOf(circuit: ConstraintSystem): System {
  const rules = circuit.constraints.map(([a, b, c]): Rule => {
    const wires = new Set([...a, ...b, ...c].map(([wire]) => wire));
    wires.delete(0);
    return { a: form(a), b: form(b), c: form(c), wires: [...wires] };
  });
  const names = new Array<string>(circuit.wires).fill("");
  for (const [name, wire] of circuit.named) names[wire] = name;
  const bits = new Map<number, number>();
  rules.forEach((rule, index) => {
    const wire = bitOf(rule);
    if (wire !== undefined) bits.set(wire, index);
  });
  return { rules, wires: circuit.wires, names, wireOf: circuit.named, bits };
}

/** The value of a form, not reduced. */
export function valueOf({ wires, coefficients }: Form, values: readonly bigint[]): bigint {
  let sum = 0n;
  for (let i = 0; i < wires.length; i++) {
    const value = values[wires[i] as number] as bigint;
    if (value !== 0n) sum += value * (coefficients[i] as bigint);
  }
  return sum;
}

/** The coefficient of a wire, 0 where it is not mentioned. */
export function coefficientOf(form: Form, wire: number): bigint {
  const at = form.wires.indexOf(wire);
  return at < 0 ? 0n : (form.coefficients[at] as bigint);
}

function form(terms: LinearCombination): Form {
  return { wires: terms.map(([wire]) => wire), coefficients: terms.map(([, c]) => signed(c)) };
}

/** The wire w of a rule k·w·(w − 1) = 0. */
function bitOf({ a, b, c, wires }: Rule): number | undefined {
  const [wire] = wires;
  if (wire === undefined || wires.length !== 1 || c.wires.length > 0) return undefined;
  const zeroAt = (value: bigint, f: Form) => coefficientOf(f, 0) + value * coefficientOf(f, wire) === 0n;
  const both = (zeroAt(0n, a) && zeroAt(1n, b)) || (zeroAt(1n, a) && zeroAt(0n, b));
  return both && coefficientOf(a, wire) !== 0n && coefficientOf(b, wire) !== 0n ? wire : undefined;
}
