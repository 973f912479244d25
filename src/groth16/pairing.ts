import type { Bn254 } from "./bn254.js";

/** Bytes of an element of the target group: twelve coordinates. */
const TARGET = 384;

/** A point of G2 with the lines of its Miller loop worked out; for a point that is paired often. */
export type PreparedG2 = Uint8Array & { readonly prepared: "G2" };
/** A Miller loop's result: a pairing but for its last step, which a product of pairings takes once. */
export type MillerValue = Uint8Array & { readonly value: "Miller" };

/** The optimal ate pairing, in the memory of `curve`. Points are Jacobian, in their subgroups and not infinity. */
export class Pairing {
  readonly #curve: Bn254;
  readonly #g1: number;
  readonly #preparedG1: number;
  readonly #g2: number;
  readonly #preparedG2: number;
  readonly #value: number;
  readonly #product: number;

  constructor(curve: Bn254) {
    this.#curve = curve;
    this.#g1 = curve.allocate(curve.g1.jacobian);
    this.#preparedG1 = curve.allocate(curve.constants.prePSize);
    this.#g2 = curve.allocate(curve.g2.jacobian);
    this.#preparedG2 = curve.allocate(curve.constants.preQSize);
    this.#value = curve.allocate(TARGET);
    this.#product = curve.allocate(TARGET);
  }

  prepare(b: Uint8Array): PreparedG2 {
    this.#curve.bytes.set(b, this.#g2);
    this.#curve.function("bn128_prepareG2")(this.#g2, this.#preparedG2);
    return this.#curve.load(this.#preparedG2, this.#curve.constants.preQSize) as PreparedG2;
  }

  miller(a: Uint8Array, b: PreparedG2): MillerValue {
    this.#curve.bytes.set(a, this.#g1);
    this.#curve.function("bn128_prepareG1")(this.#g1, this.#preparedG1);
    this.#curve.bytes.set(b, this.#preparedG2);
    this.#curve.function("bn128_millerLoop")(this.#preparedG1, this.#preparedG2, this.#value);
    return this.#curve.load(this.#value, TARGET) as MillerValue;
  }

  /** Whether the product of the pairings is 1. */
  isOne(values: readonly MillerValue[]): boolean {
    this.#curve.function("ftm_one")(this.#product);
    for (const value of values) {
      this.#curve.bytes.set(value, this.#value);
      this.#curve.function("ftm_mul")(this.#product, this.#value, this.#product);
    }
    this.#curve.function("bn128_finalExponentiation")(this.#product, this.#product);
    return this.#curve.function("ftm_isOne")(this.#product) === 1;
  }
}
