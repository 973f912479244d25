import { F1Field } from "ffjavascript";
import { readR1cs } from "r1csfile";
import { FIELD_R } from "../../../../src/protocol/bounds.js";

const HALF = FIELD_R >> 1n;
/** The least number in size that is the same element: most elements of a witness are small, of either sign. */
export const centred = (x: bigint): bigint => (x > HALF ? x - FIELD_R : x);

interface Linear {
  readonly wires: Int32Array;
  readonly coefficients: readonly bigint[];
}

/**
 * A constraint system that judges witnesses, as a verifier would. It remembers the last one, and looks again only at
 * what has changed since: neighbouring cases share their book, and so the whole of its hash.
 */
export class Judge {
  readonly #constraints: readonly (readonly [Linear, Linear, Linear])[];
  readonly #touching: readonly (readonly number[])[];
  readonly #values: bigint[];
  readonly #violated = new Set<number>();

  private constructor(
    constraints: readonly (readonly [Linear, Linear, Linear])[],
    readonly wires: number,
  ) {
    this.#constraints = constraints;
    const touching: number[][] = Array.from({ length: wires }, () => []);
    constraints.forEach((linears, index) => {
      for (const wire of new Set(linears.flatMap((linear) => [...linear.wires]))) touching[wire]?.push(index);
    });
    this.#touching = touching;
    this.#values = new Array<bigint>(wires).fill(0n);
    constraints.forEach((_, index) => this.#look(index));
  }

  static async load(file: string): Promise<Judge> {
    const r1cs = await readR1cs(file, { F: new F1Field(FIELD_R), loadConstraints: true, loadMap: false });
    const linear = (terms: Record<string, bigint>): Linear => ({
      wires: Int32Array.from(Object.keys(terms), Number),
      coefficients: Object.values(terms).map(centred),
    });
    return new Judge(
      r1cs.constraints.map(([a, b, c]) => [linear(a), linear(b), linear(c)] as const),
      r1cs.nVars,
    );
  }

  get constraints(): number {
    return this.#constraints.length;
  }

  /** Whether any constraint mentions the wire. */
  uses(wire: number): boolean {
    return (this.#touching[wire]?.length ?? 0) > 0;
  }

  /** Indices of the constraints that a witness, centred, violates. */
  violations(witness: readonly bigint[]): ReadonlySet<number> {
    const again = new Set<number>();
    for (let wire = 0; wire < this.wires; wire++) {
      const value = witness[wire] as bigint;
      if (value === this.#values[wire]) continue;
      this.#values[wire] = value;
      for (const index of this.#touching[wire] as readonly number[]) again.add(index);
    }
    for (const index of again) this.#look(index);
    return this.#violated;
  }

  #look(index: number): void {
    const [a, b, c] = this.#constraints[index] as readonly [Linear, Linear, Linear];
    const left = this.#sum(a);
    const product = left === 0n ? 0n : left * this.#sum(b);
    if ((product - this.#sum(c)) % FIELD_R === 0n) this.#violated.delete(index);
    else this.#violated.add(index);
  }

  #sum({ wires, coefficients }: Linear): bigint {
    let sum = 0n;
    for (let i = 0; i < wires.length; i++) {
      const value = this.#values[wires[i] as number] as bigint;
      if (value !== 0n) sum += value * (coefficients[i] as bigint);
    }
    return sum;
  }
}
