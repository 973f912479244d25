import { readFileSync } from "node:fs";
import { F1Field } from "ffjavascript";
import { readR1cs } from "r1csfile";
import { FIELD_R } from "../../src/protocol/bounds.js";

export type LinearCombination = readonly (readonly [wire: number, coefficient: bigint])[];
export type Constraint = readonly [LinearCombination, LinearCombination, LinearCombination];

/** A constraint system, and whether an edited witness satisfies it: what a verifier really checks. */
export class ConstraintSystem {
  private readonly touching: number[][];
  private constructor(
    readonly constraints: readonly Constraint[],
    readonly wires: number,
    readonly publicSignals: number,
    private readonly wireOfSignal: ReadonlyMap<string, number>,
  ) {
    this.touching = Array.from({ length: wires }, () => []);
    constraints.forEach((constraint, index) => {
      for (const wire of new Set(constraint.flatMap((lc) => lc.map(([w]) => w))))
        this.touching[wire]?.push(index);
    });
  }

  /** Reads an r1cs file and the sym file beside it. */
  static async load(r1csFile: string, symFile: string): Promise<ConstraintSystem> {
    const r1cs = await readR1cs(r1csFile, { F: new F1Field(FIELD_R), loadConstraints: true, loadMap: false });
    const lc = (o: Record<string, bigint>): LinearCombination =>
      Object.entries(o).map(([w, c]) => [Number(w), c]);
    const constraints = r1cs.constraints.map(([a, b, c]): Constraint => [lc(a), lc(b), lc(c)]);
    const wireOfSignal = new Map<string, number>();
    for (const [name, wire] of readSymbols(symFile)) if (wire >= 0) wireOfSignal.set(name, wire);
    return new ConstraintSystem(constraints, r1cs.nVars, r1cs.nOutputs + r1cs.nPubInputs, wireOfSignal);
  }

  /** The wire of a signal such as `main.asset[0].quantity.p`. Throws where the compiler has folded it away. */
  wire(signal: string): number {
    const wire = this.wireOfSignal.get(signal);
    if (wire === undefined) throw new Error(`no wire carries ${signal}`);
    return wire;
  }

  /** Names of the signals that match. */
  signals(pattern: RegExp): string[] {
    return [...this.wireOfSignal.keys()].filter((name) => pattern.test(name));
  }

  /** Every signal that has a wire, with it. */
  get named(): ReadonlyMap<string, number> {
    return this.wireOfSignal;
  }

  /** Indices of the constraints that `witness` violates. */
  violations(witness: readonly bigint[]): number[] {
    return this.constraints.flatMap((constraint, index) => (satisfied(constraint, witness) ? [] : [index]));
  }

  /** The same for a witness that differs from a satisfying one in `edits` only: looks just at what they touch. */
  violationsOf(witness: readonly bigint[], edits: ReadonlyMap<number, bigint>): number[] {
    const edited = [...witness];
    for (const [wire, value] of edits) edited[wire] = value;
    const touched = new Set([...edits.keys()].flatMap((wire) => this.touching[wire] ?? []));
    return [...touched].filter((index) => {
      const constraint = this.constraints[index];
      return constraint && !satisfied(constraint, edited);
    });
  }

  /** Whether any constraint mentions the wire. */
  isUsed(wire: number): boolean {
    return (this.touching[wire]?.length ?? 0) > 0;
  }
}

/** Names of signals and the wires that carry them, several names to a wire; −1 is a signal that was folded away. */
export function readSymbols(file: string): Map<string, number> {
  const rows = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.split(","))
    .flatMap(([, wire, , name]): [string, number][] => (name ? [[name, Number(wire)]] : []));
  const steady = steadyNames(rows.map(([name]) => name));
  return new Map(rows.map(([name, wire]) => [steady(name), wire]));
}

const ANONYMOUS = /^([A-Z]\w*?)_\d+_(\d+)((?:\[\d+\])*)$/;
/** A name that passes through one. */
const HAS_ANONYMOUS = /_\d+_\d+(\[\d+\])*\./;

/**
 * Renames anonymous components, such as RangeCheck_65_2836, by their order in their parent: RangeCheck#0, and RangeCheck#0[2] in a loop. The
 * compiler names them by line and byte, which every edit of a comment moves.
 */
function steadyNames(names: readonly string[]): (name: string) => string {
  const ranks = new Map<string, number[]>();
  const visit = (
    name: string,
    at: (parent: string, template: string, byte: number, index: string) => void,
  ) => {
    const parts = name.split(".");
    parts.forEach((part, i) => {
      const [, template, byte, index = ""] = ANONYMOUS.exec(part) ?? [];
      if (template && byte) at(parts.slice(0, i).join("."), template, Number(byte), index);
    });
  };
  for (const name of names)
    if (HAS_ANONYMOUS.test(name))
      visit(name, (parent, template, byte) => {
        const bytes = ranks.get(`${parent}.${template}`) ?? [];
        if (!bytes.includes(byte))
          ranks.set(
            `${parent}.${template}`,
            [...bytes, byte].sort((a, b) => a - b),
          );
      });
  return (name) => {
    if (!HAS_ANONYMOUS.test(name)) return name;
    const parts = name.split(".");
    visit(name, (parent, template, byte, index) => {
      const at = parent === "" ? 0 : parent.split(".").length;
      parts[at] = `${template}#${ranks.get(`${parent}.${template}`)?.indexOf(byte)}${index}`;
    });
    return parts.join(".");
  };
}

function evaluate(lc: LinearCombination, witness: readonly bigint[]): bigint {
  let sum = 0n;
  for (const [wire, coefficient] of lc) sum += coefficient * (witness[wire] ?? 0n);
  return sum % FIELD_R;
}

function satisfied([a, b, c]: Constraint, witness: readonly bigint[]): boolean {
  return (evaluate(a, witness) * evaluate(b, witness) - evaluate(c, witness)) % FIELD_R === 0n;
}
