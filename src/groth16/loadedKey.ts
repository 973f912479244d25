import { FIELD_Q, FIELD_R } from "../encoding/field.js";
import { InvalidProofError, type KeyFault, KeyLineageError } from "../errors.js";
import { Bn254, PointArithmetic } from "./bn254.js";
import { toWord, WORD } from "./field.js";
import { limbsOf, multiExp, type Points, pointsAt } from "./multiExp.js";
import { Pairing, type PreparedG2 } from "./pairing.js";
import type { Groth16Proof } from "./proof.js";
import type { VerificationKey } from "./verificationKey.js";

/** The points of a proof, in their groups and none of them infinity. */
export interface CheckedProof {
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  readonly c: Uint8Array;
}

/** A verification key in the memory of a curve of its own, its points checked and what depends on it alone worked out. */
export class LoadedKey {
  readonly signalCount: number;
  readonly curve = new Bn254();
  readonly g1 = new PointArithmetic(this.curve, this.curve.g1);
  readonly g2 = new PointArithmetic(this.curve, this.curve.g2);
  readonly pairing = new Pairing(this.curve);
  readonly alpha: Uint8Array;
  readonly beta: PreparedG2;
  readonly gamma: PreparedG2;
  readonly delta: PreparedG2;
  /** IC₀, the point of the constant. */
  readonly constant: Uint8Array;
  /** The constant, then one point for each signal. */
  readonly #ic: Points;

  /** @throws KeyLineageError if a point of the key is not in its group */
  constructor(key: VerificationKey) {
    this.signalCount = key.nPublic;
    if (key.IC.length !== key.nPublic + 1)
      badKey("ic-count", "IC", `${key.nPublic + 1} points`, String(key.IC.length));
    this.#ic = this.#storeIc(key.IC);
    this.constant = this.signalPoint(-1);
    this.gamma = this.pairing.prepare(this.#keyG2(key.vk_gamma_2, "vk_gamma_2"));
    this.delta = this.pairing.prepare(this.#keyG2(key.vk_delta_2, "vk_delta_2"));
    this.beta = this.pairing.prepare(this.#keyG2(key.vk_beta_2, "vk_beta_2"));
    this.alpha = this.#keyG1(key.vk_alpha_1, "vk_alpha_1");
  }

  /** The point of signal `i`. */
  signalPoint(i: number): Uint8Array {
    const { affine } = this.curve.g1;
    return this.g1.fromAffine(this.curve.load(this.#ic.address + (i + 1) * affine, affine));
  }

  /**
   * Σ value·point over signals; a small negative value, written as r less its magnitude, is as cheap as a positive one.
   * @throws InvalidProofError for a value that is not below r
   */
  sumOf(signals: Iterable<readonly [index: number, value: bigint]>): Uint8Array {
    const scalars = new Uint8Array((this.signalCount + 1) * WORD);
    for (const [index, value] of signals) {
      checkWord(value, index);
      scalars.set(toWord(value), (index + 1) * WORD);
    }
    return multiExp(this.curve, this.#ic, limbsOf(scalars));
  }

  /** @throws InvalidProofError unless every point is in its group, and not infinity: no honest proof contains it */
  checkedProof(proof: Groth16Proof): CheckedProof {
    const a = this.#proofPoint(this.g1, proof.pi_a.slice(0, 2), proof.pi_a[2] === "1", "pi_a");
    const [x, y, z] = proof.pi_b;
    const b = this.#proofPoint(this.g2, [...x, ...y], z[0] === "1" && z[1] === "0", "pi_b");
    const c = this.#proofPoint(this.g1, proof.pi_c.slice(0, 2), proof.pi_c[2] === "1", "pi_c");
    return { a, b, c };
  }

  /** All at once: one by one, the points of a key would take as long as a proof's verification. */
  #storeIc(ic: VerificationKey["IC"]): Points {
    const { affine, point } = this.curve.g1;
    const words = new Uint8Array(ic.length * affine);
    ic.forEach(([x = "", y = "", z], i) => {
      // A signal that no constraint uses has infinity here, written 0, 1, 0.
      if (z === "0") return;
      const coordinates = [BigInt(x), BigInt(y)];
      if (coordinates.some((c) => c >= FIELD_Q))
        badKey("off-curve", `IC[${i}]`, "coordinates below q", "others");
      coordinates.forEach((c, j) => {
        words.set(toWord(c), i * affine + j * WORD);
      });
    });
    const address = this.curve.store(words);
    for (let i = 0; i < ic.length; i++) {
      const at = address + i * affine;
      point.toMontgomeryAffine(at, at);
      if (point.isZeroAffine(at) === 0 && point.inCurveAffine(at) === 0)
        badKey("off-curve", `IC[${i}]`, "a point of G1", "another");
    }
    return pointsAt(this.curve.g1, address, ic.length);
  }

  #proofPoint(group: PointArithmetic, coordinates: string[], normal: boolean, name: string): Uint8Array {
    const point = tryPoint(group, coordinates);
    const member =
      point !== undefined && (group === this.g2 ? group.isMember(point) : group.isOnCurve(point));
    if (!normal || !member || group.isZero(point))
      throw new InvalidProofError(`proof.${name}: expected a point of its group, got other coordinates`);
    return point;
  }

  #keyG1([x = "", y = "", z]: readonly string[], name: string): Uint8Array {
    const point = z === "1" ? tryPoint(this.g1, [x, y]) : undefined;
    if (point === undefined || this.g1.isZero(point) || !this.g1.isOnCurve(point))
      badKey("off-curve", name, "a point of G1", "another");
    return point;
  }

  #keyG2([x = [], y = []]: readonly (readonly string[])[], name: string): Uint8Array {
    const point = tryPoint(this.g2, [...x, ...y]);
    if (point === undefined || this.g2.isZero(point) || !this.g2.isOnCurve(point))
      badKey("off-curve", name, "a point of G2", "another");
    if (!this.g2.isMember(point)) badKey("wrong-subgroup", name, "a point of order r", "another");
    return point;
  }
}

/** @throws InvalidProofError unless a public signal is below r, and not negative */
export function checkWord(signal: bigint, index: number): void {
  if (signal < 0n || signal >= FIELD_R)
    throw new InvalidProofError(`public signal ${index}: expected a word below r, got another`);
}

/** undefined where a coordinate is not below q. */
function tryPoint(group: PointArithmetic, coordinates: readonly string[]): Uint8Array | undefined {
  try {
    return group.fromCoordinates(coordinates.map(BigInt));
  } catch {
    return undefined;
  }
}

function badKey(fault: KeyFault, name: string, expected: string, got: string): never {
  throw new KeyLineageError(fault, `verification key, ${name}: expected ${expected}, got ${got}`);
}
