import { FIELD_R } from "../../spec/bounds.js";
import type { Bn254 } from "./bn254.js";
import type { ProvingKey } from "./provingKey.js";
import { toWord, WORD } from "./words.js";

/** The smallest number that is no square modulo r; snarkjs takes its roots of unity from it too. */
const NON_RESIDUE = 5n;
/** 2^28 is the largest power of two that divides r − 1. */
const TWO_ADICITY = 28n;

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
  readonly #one: number;
  readonly #shift: number;

  constructor(curve: Bn254, key: ProvingKey) {
    this.#curve = curve;
    this.#key = key;
    this.#coefficients = curve.store(key.coefficients);
    this.#witness = curve.allocate(key.wires * WORD);
    this.#vectors = curve.allocate(4 * key.domain * WORD);
    this.#one = curve.allocate(WORD);
    curve.function("frm_one")(this.#one);
    this.#shift = curve.store(toWord(rootOfUnity(2 * key.domain)));
    curve.function("frm_toMontgomery")(this.#shift, this.#shift);
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
    for (const vector of [a, b, c]) {
      call("frm_ifft", vector, domain);
      call("frm_batchApplyKey", vector, domain, this.#one, this.#shift, vector);
      call("frm_fft", vector, domain);
    }
    call("qap_joinABC", a, b, c, domain, h);
    call("frm_batchFromMontgomery", h, domain, h);
    const scalars = this.#curve.load(h, length);

    // These are the positions, one way or another: leave nothing behind.
    this.#curve.bytes.fill(0, this.#witness, this.#witness + wires * WORD);
    this.#curve.bytes.fill(0, this.#vectors, this.#vectors + 4 * length);
    return scalars;
  }
}

/** A primitive n-th root of unity modulo r, n a power of two. */
function rootOfUnity(n: number): bigint {
  if (BigInt(n) > 1n << TWO_ADICITY) throw new RangeError("domain too large for the field");
  let [result, base, exponent] = [1n, NON_RESIDUE, (FIELD_R - 1n) / BigInt(n)];
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % FIELD_R;
    base = (base * base) % FIELD_R;
  }
  return result;
}
