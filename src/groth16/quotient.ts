import { FIELD_R } from "../encoding/field.js";
import type { Bn254 } from "./bn254.js";
import { modularPower, toWord, WORD } from "./field.js";
import type { ProvingKey } from "./provingKey.js";

/**
 * Computes the scalars of the query H for one key. A, B and C are the polynomials that take the constraints' values on
 * the domain. The scalars are A·B − C on its odd coset, the points half way between those of the domain. The vanishing
 * polynomial is constant there, and the key's points already hold the division by it.
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

/** The smallest number that is no square modulo r; snarkjs takes its roots of unity from it too. */
const NON_RESIDUE = 5n;
/** 2^28 is the largest power of two that divides r − 1. */
const TWO_ADICITY = 28;

type Operation = (...addresses: number[]) => number;

/**
 * Takes the values of a polynomial on a domain of n points to its values on the coset half way between them: an
 * inverse transform, a shift and a forward one. Between the two the coefficients stay in bit-reversed order, the
 * shift's powers with them, so nothing is ever reordered; and all roots are worked out beforehand.
 */
export class CosetTransform {
  readonly #curve: Bn254;
  readonly #size: number;
  /** w^j and w^−j for j below n/2. */
  readonly #roots: number;
  readonly #inverseRoots: number;
  /** shift^i / n, at the place of coefficient i. */
  readonly #shifts: number;
  readonly #scratch: number;
  readonly #operations: readonly [Operation, Operation, Operation, Operation];

  /** @param size of the domain, a power of two */
  constructor(curve: Bn254, size: number) {
    this.#curve = curve;
    this.#size = size;
    this.#operations = [
      curve.function("frm_add"),
      curve.function("frm_sub"),
      curve.function("frm_mul"),
      curve.function("frm_copy"),
    ];
    const root = rootOfUnity(size);
    this.#roots = this.#powers(1n, root, size / 2);
    this.#inverseRoots = this.#powers(1n, modularPower(FIELD_R, root, FIELD_R - 2n), size / 2);
    const natural = this.#powers(
      modularPower(FIELD_R, BigInt(size), FIELD_R - 2n),
      rootOfUnity(2 * size),
      size,
    );
    this.#shifts = curve.allocate(size * WORD);
    const bits = Math.log2(size);
    for (let i = 0; i < size; i++)
      curve.function("frm_copy")(natural + i * WORD, this.#shifts + reverseBits(i, bits) * WORD);
    this.#scratch = curve.allocate(WORD);
  }

  /** Replaces the n values at `values`, in Montgomery form. */
  apply(values: number): void {
    const [add, sub, mul, copy] = this.#operations;
    const bytes = this.#size * WORD;
    const end = values + bytes;
    const t = this.#scratch;
    // The first of every block has the root 1.
    const butterfly = (p: number, q: number): void => {
      sub(p, q, t);
      add(p, q, p);
      copy(t, q);
    };

    // Decimation in frequency: natural to bit-reversed order.
    for (let half = bytes / 2; half >= WORD; half /= 2) {
      const step = bytes / 2 / half;
      for (let block = values; block < end; block += 2 * half) {
        butterfly(block, block + half);
        for (let j = WORD; j < half; j += WORD) {
          const p = block + j;
          sub(p, p + half, t);
          add(p, p + half, p);
          mul(t, this.#inverseRoots + j * step, p + half);
        }
      }
    }
    for (let i = 0; i < bytes; i += WORD) mul(values + i, this.#shifts + i, values + i);
    // Decimation in time: bit-reversed to natural order.
    for (let half = WORD; half < bytes; half *= 2) {
      const step = bytes / 2 / half;
      for (let block = values; block < end; block += 2 * half) {
        butterfly(block, block + half);
        for (let j = WORD; j < half; j += WORD) {
          const p = block + j;
          mul(p + half, this.#roots + j * step, t);
          sub(p, t, p + half);
          add(p, t, p);
        }
      }
    }
  }

  /** The address of first·base^i for i below `count`, in Montgomery form. */
  #powers(first: bigint, base: bigint, count: number): number {
    const curve = this.#curve;
    const address = curve.allocate(count * WORD);
    const mark = curve.mark();
    const [start, step] = [first, base].map((value) => {
      const at = curve.store(toWord(value));
      curve.function("frm_toMontgomery")(at, at);
      return at;
    }) as [number, number];
    curve.function("frm_copy")(start, address);
    for (let i = 1; i < count; i++)
      curve.function("frm_mul")(address + (i - 1) * WORD, step, address + i * WORD);
    curve.release(mark);
    return address;
  }
}

/** A primitive n-th root of unity modulo r, n a power of two: that of snarkjs. */
function rootOfUnity(n: number): bigint {
  if (n > 2 ** TWO_ADICITY) throw new RangeError("domain too large for the field");
  return modularPower(FIELD_R, NON_RESIDUE, (FIELD_R - 1n) / BigInt(n));
}

function reverseBits(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed |= ((value >> bit) & 1) << (bits - 1 - bit);
  return reversed;
}
