import { FIELD_R } from "../encoding/field.js";
import { modularPower, WORD } from "./field.js";
import { ELEMENT } from "./kernel/fieldCode.js";
import type { Kernel } from "./kernel/kernel.js";
import { ENTRY } from "./kernel/transformCode.js";
import { COEFFICIENT, type ProvingKey } from "./provingKey.js";

/** Where the threads have what a quotient is worked out from. */
export interface QuotientPlan {
  readonly domain: number;
  readonly wires: number;
  /** Entries of the constraints' matrices A and B. */
  readonly entries: readonly [Entries, Entries];
  /** Powers of a root of unity and of its inverse, n/2 of each, and the shift's n. */
  readonly roots: number;
  readonly inverseRoots: number;
  readonly shifts: number;
  /** The witness as words and as elements. */
  readonly witness: number;
  readonly wireElements: number;
  /** Values of A, B and C, n of each. */
  readonly vectors: readonly [number, number, number];
  /** The scalars of H, as words; right behind the witness, so that C and H are one query. */
  readonly quotient: number;
}

interface Entries {
  readonly address: number;
  readonly count: number;
}

/**
 * Computes the scalars of the query H for one key. A, B and C are the polynomials that take the constraints' values on
 * the domain. The scalars are A·B − C on its odd coset, the points half way between those of the domain. The vanishing
 * polynomial is constant there, and the key's points already hold the division by it.
 */
export class Quotient {
  readonly #kernel: Kernel;
  readonly #plan: QuotientPlan;
  readonly #room: number;

  /** @param room for two elements, of this thread alone */
  constructor(kernel: Kernel, plan: QuotientPlan, room: number) {
    this.#kernel = kernel;
    this.#plan = plan;
    this.#room = room;
  }

  /** From the key's file, once: the matrices' entries and the powers. */
  load(key: ProvingKey): void {
    const { domain, entries, roots, inverseRoots, shifts } = this.#plan;
    const view = new DataView(
      key.coefficients.buffer,
      key.coefficients.byteOffset,
      key.coefficients.byteLength,
    );
    const target = new DataView(this.#kernel.memory.buffer);
    const next = entries.map(({ address }) => address);
    for (let at = 0; at < view.byteLength; at += COEFFICIENT) {
      const matrix = view.getUint32(at, true);
      const to = next[matrix] as number;
      next[matrix] = to + ENTRY;
      target.setUint32(to, view.getUint32(at + 8, true) * ELEMENT, true);
      target.setUint32(to + 4, view.getUint32(at + 4, true) * ELEMENT, true);
      this.#kernel.fromFileScalar(key.coefficients.subarray(at + 12, at + COEFFICIENT), to + 8);
    }
    const root = rootOfUnity(domain);
    const inverse = (value: bigint) => modularPower(FIELD_R, value, FIELD_R - 2n);
    const bits = Math.log2(domain);
    this.#powers(1n, root, domain / 2, (i) => roots + i * ELEMENT);
    this.#powers(1n, inverse(root), domain / 2, (i) => inverseRoots + i * ELEMENT);
    this.#powers(
      inverse(BigInt(domain)),
      rootOfUnity(2 * domain),
      domain,
      (i) => shifts + reverseBits(i, bits) * ELEMENT,
    );
  }

  /** The constraints' values on the domain: what the witness makes of the matrices, and the products of both. */
  evaluate(): void {
    const { entries, wires, witness, wireElements, vectors, domain } = this.#plan;
    const [a, b, c] = vectors;
    this.#call("unpackAll", witness, wires, wireElements);
    entries.forEach(({ address, count }, matrix) => {
      if (count > 0) this.#call("rows", address, count, wireElements, vectors[matrix] as number, this.#room);
    });
    this.#call("products", a, b, domain, c);
  }

  /**
   * Takes the values of A, B or C on the domain to those on the coset half way between: an
   * inverse transform, a shift and a forward one. Between the two the coefficients stay in bit-reversed order, the
   * shift's powers with them, so nothing is ever reordered.
   */
  toCoset(vector: 0 | 1 | 2): void {
    const { domain, roots, inverseRoots, shifts, vectors } = this.#plan;
    const values = vectors[vector];
    const bytes = domain * ELEMENT;
    const layer = (direction: "backward" | "forward", half: number, from: number) =>
      this.#call(direction, values, values + bytes, half, from, (bytes / 2 / half) * ELEMENT, this.#room);
    for (let half = bytes / 2; half >= ELEMENT; half /= 2) layer("backward", half, inverseRoots);
    this.#call("products", values, shifts, domain, values);
    for (let half = ELEMENT; half < bytes; half *= 2) layer("forward", half, roots);
  }

  /** Writes the scalars. */
  join(): void {
    const { vectors, quotient, domain } = this.#plan;
    const one = this.#room + ELEMENT;
    this.#kernel.write(one, 1n);
    this.#call("joined", ...vectors, domain, one, quotient, this.#room);
  }

  #call(name: string, ...values: number[]): void {
    this.#kernel.function(`r.${name}`)(...values);
  }

  /** Writes first·base^i for i below `count`. */
  #powers(first: bigint, base: bigint, count: number, address: (i: number) => number): void {
    const step = this.#room;
    this.#kernel.writeScalar(step, base);
    this.#kernel.writeScalar(address(0), first);
    for (let i = 1; i < count; i++) this.#call("mul", address(i - 1), step, address(i));
  }
}

/** The smallest number that is no square modulo r; snarkjs takes its roots of unity from it too. */
const NON_RESIDUE = 5n;
/** 2^28 is the largest power of two that divides r − 1. */
const TWO_ADICITY = 28;

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
