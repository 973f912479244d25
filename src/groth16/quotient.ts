import type { Bn254 } from "./bn254.js";
import { CosetTransform } from "./cosetTransform.js";
import type { ProvingKey } from "./provingKey.js";
import { WORD } from "./words.js";

/**
 * Computes the scalars of the query H for one key. With A, B and C the polynomials that take the constraints'
 * values on the domain, they are A·B − C on its odd coset (the twisted points, half way between those of the
 * domain); the key's points already hold the division by the vanishing polynomial, which is constant there.
 */
export class Quotient {
  readonly #curve: Bn254;
  readonly #key: ProvingKey;
  readonly #coefficients: number;
  readonly #witness: number;
  /** Values of A, B, C, then of the quotient: four vectors of the domain. */
  readonly #vectors: number;
  readonly #toCoset: CosetTransform;

  constructor(curve: Bn254, key: ProvingKey) {
    this.#curve = curve;
    this.#key = key;
    this.#coefficients = curve.store(key.coefficients);
    this.#witness = curve.allocate(key.wires * WORD);
    this.#vectors = curve.allocate(4 * key.domain * WORD);
    this.#toCoset = new CosetTransform(curve, key.domain);
  }

  /** @param witness little-endian words; @returns one word for each point of H */
  scalars(witness: Uint8Array): Uint8Array {
    const { domain, wires, coefficientCount } = this.#key;
    const call = (name: string, ...args: number[]) => this.#curve.function(name)(...args);
    const length = domain * WORD;
    const [a, b, c, h] = [0, 1, 2, 3].map((i) => this.#vectors + i * length) as [
      number,
      number,
      number,
      number,
    ];

    this.#curve.bytes.set(witness, this.#witness);
    call("qap_buildABC", this.#coefficients, coefficientCount, this.#witness, a, b, c, 0, domain, 0, wires);
    for (const vector of [a, b, c]) this.#toCoset.apply(vector);
    call("qap_joinABC", a, b, c, domain, h);
    call("frm_batchFromMontgomery", h, domain, h);
    const scalars = this.#curve.load(h, length);

    // These are the positions, one way or another: leave nothing behind.
    this.#curve.bytes.fill(0, this.#witness, this.#witness + wires * WORD);
    this.#curve.bytes.fill(0, this.#vectors, this.#vectors + 4 * length);
    return scalars;
  }
}
