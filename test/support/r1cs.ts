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
    for (const line of readFileSync(symFile, "utf8").split("\n")) {
      const [, wire, , name] = line.split(",");
      if (name && Number(wire) >= 0) wireOfSignal.set(name, Number(wire));
    }
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

function evaluate(lc: LinearCombination, witness: readonly bigint[]): bigint {
  let sum = 0n;
  for (const [wire, coefficient] of lc) sum += coefficient * (witness[wire] ?? 0n);
  return sum % FIELD_R;
}

function satisfied([a, b, c]: Constraint, witness: readonly bigint[]): boolean {
  return (evaluate(a, witness) * evaluate(b, witness) - evaluate(c, witness)) % FIELD_R === 0n;
}
