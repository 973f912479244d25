import { FIELD_Q, FIELD_R } from "../protocol/bounds.js";
import type { Bn254, Group } from "./bn254.js";
import { fromWord, toWord, WORD } from "./words.js";

/** Points of one group as byte strings, Jacobian and in Montgomery form, calculated in the memory of `curve`. */
export class PointArithmetic {
  readonly #curve: Bn254;
  readonly #group: Group;
  readonly #a: number;
  readonly #b: number;
  readonly #scalar: number;

  constructor(curve: Bn254, group: Group) {
    this.#curve = curve;
    this.#group = group;
    this.#a = curve.allocate(group.jacobian);
    this.#b = curve.allocate(group.jacobian);
    this.#scalar = curve.allocate(WORD);
  }

  add(a: Uint8Array, b: Uint8Array): Uint8Array {
    this.#put(this.#a, a);
    this.#put(this.#b, b);
    this.#group.point.add(this.#a, this.#b, this.#a);
    return this.#get(this.#group.jacobian);
  }

  neg(a: Uint8Array): Uint8Array {
    this.#put(this.#a, a);
    this.#group.point.neg(this.#a, this.#a);
    return this.#get(this.#group.jacobian);
  }

  /** scalar·a, for a scalar from 0 to 2^256 − 1, or of so many bytes: shorter ones take less. */
  times(a: Uint8Array, scalar: bigint, bytes = WORD): Uint8Array {
    this.#put(this.#a, a);
    this.#put(this.#scalar, toWord(scalar));
    this.#group.point.timesScalar(this.#a, this.#scalar, bytes, this.#a);
    return this.#get(this.#group.jacobian);
  }

  /** From affine bytes, as a proving key holds them. */
  fromAffine(affine: Uint8Array): Uint8Array {
    this.#put(this.#a, affine);
    this.#group.point.toJacobian(this.#a, this.#a);
    return this.#get(this.#group.jacobian);
  }

  /** From affine coordinates below q: 2 of them in G1, 4 in G2. Whether they are on the curve is not checked. */
  fromCoordinates(coordinates: readonly bigint[]): Uint8Array {
    coordinates.forEach((coordinate, i) => {
      if (coordinate < 0n || coordinate >= FIELD_Q) throw new RangeError("coordinate outside the base field");
      this.#put(this.#a + i * WORD, toWord(coordinate));
    });
    this.#group.point.toMontgomeryAffine(this.#a, this.#a);
    return this.fromAffine(this.#get(this.#group.affine));
  }

  /** To affine bytes, in Montgomery form. */
  toAffine(a: Uint8Array): Uint8Array {
    this.#put(this.#a, a);
    this.#group.point.toAffine(this.#a, this.#a);
    return this.#get(this.#group.affine);
  }

  /** Affine coordinates; all 0 for the point at infinity. */
  toCoordinates(a: Uint8Array): bigint[] {
    this.#put(this.#a, a);
    this.#group.point.toAffine(this.#a, this.#a);
    this.#group.point.fromMontgomeryAffine(this.#a, this.#a);
    const words = this.#get(this.#group.affine);
    return Array.from({ length: this.#group.affine / WORD }, (_, i) =>
      fromWord(words.subarray(i * WORD, (i + 1) * WORD)),
    );
  }

  isZero(a: Uint8Array): boolean {
    this.#put(this.#a, a);
    return this.#group.point.isZero(this.#a) === 1;
  }

  /** Whether `a` is on the curve. In G1 every such point is of order r (or infinity); in G2 see {@link isMember}. */
  isOnCurve(a: Uint8Array): boolean {
    if (this.isZero(a)) return true;
    this.#group.point.toAffine(this.#a, this.#a);
    return this.#group.point.inCurveAffine(this.#a) === 1;
  }

  /** Whether `a` is on the curve and of order r, or infinity. snarkjs does not check the order; the EVM does. */
  isMember(a: Uint8Array): boolean {
    return this.isOnCurve(a) && this.isZero(this.times(a, FIELD_R));
  }

  #put(address: number, bytes: Uint8Array): void {
    this.#curve.bytes.set(bytes, address);
  }

  #get(length: number): Uint8Array {
    return this.#curve.load(this.#a, length);
  }
}
