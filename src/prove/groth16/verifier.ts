import { InvalidProofError, type KeyFault, KeyLineageError } from "../../errors.js";
import { FIELD_Q, FIELD_R } from "../../spec/bounds.js";
import type { VerificationKey } from "../artefacts/verificationKey.js";
import { Bn254 } from "./bn254.js";
import { limbsOf, multiExp, type Points, pointsAt } from "./multiExp.js";
import { type MillerValue, Pairing, type PreparedG2 } from "./pairing.js";
import { PointArithmetic } from "./points.js";
import type { Groth16Proof } from "./proof.js";
import { toWord, WORD } from "./words.js";

/** The part of the public signals' sum that is the same for every account: see {@link Groth16Verifier.fold}. */
export interface Folded {
  readonly sum: Uint8Array;
  /** How many signals come before those that are folded. */
  readonly first: number;
}

/**
 * Verifies Groth16 proofs under one key, on one thread, with everything that depends on the key alone worked out
 * beforehand. Stricter than snarkjs: the number of signals must be exact, and pi_b of the right order.
 */
export class Groth16Verifier {
  readonly signalCount: number;
  readonly #curve = new Bn254();
  readonly #g1 = new PointArithmetic(this.#curve, this.#curve.g1);
  readonly #g2 = new PointArithmetic(this.#curve, this.#curve.g2);
  readonly #pairing = new Pairing(this.#curve);
  /** The constant, then one point for each signal. */
  readonly #ic: Points;
  readonly #constant: Uint8Array;
  readonly #gamma: PreparedG2;
  readonly #delta: PreparedG2;
  readonly #alphaBeta: MillerValue;

  /** @throws KeyLineageError if a point of the key is not in its group */
  constructor(key: VerificationKey) {
    this.signalCount = key.nPublic;
    if (key.IC.length !== key.nPublic + 1)
      badKey("ic-count", "IC", `${key.nPublic + 1} points`, String(key.IC.length));
    this.#ic = this.#storeIc(key.IC);
    this.#constant = this.#icPoint(0);
    this.#gamma = this.#pairing.prepare(this.#keyG2(key.vk_gamma_2, "vk_gamma_2"));
    this.#delta = this.#pairing.prepare(this.#keyG2(key.vk_delta_2, "vk_delta_2"));
    const beta = this.#pairing.prepare(this.#keyG2(key.vk_beta_2, "vk_beta_2"));
    this.#alphaBeta = this.#pairing.miller(this.#keyG1(key.vk_alpha_1, "vk_alpha_1"), beta);
  }

  /**
   * IC₀ + Σ signalᵢ·ICᵢ₊₁ over the signals from `first` on. What MarketLedger computes once per round: a verifier
   * of many proofs against one market does so once as well.
   * @throws InvalidProofError if there are too few or too many signals, or one is not below r
   */
  fold(signals: readonly bigint[], first: number): Folded {
    if (first + signals.length !== this.signalCount)
      throw new InvalidProofError(
        `public signals: expected ${this.signalCount}, got ${first + signals.length}`,
      );
    const scalars = new Uint8Array((this.signalCount + 1) * WORD);
    signals.forEach((signal, i) => {
      checkWord(signal, first + i);
      scalars.set(toWord(signal), (first + i + 1) * WORD);
    });
    const sum = multiExp(this.#curve, this.#ic, limbsOf(scalars));
    return { sum: this.#g1.add(this.#constant, sum), first };
  }

  /** @throws InvalidProofError unless `proof` is valid for exactly these signals */
  verify(proof: Groth16Proof, signals: readonly bigint[]): void {
    this.verifyFolded(proof, [], this.fold(signals, 0));
  }

  /** As {@link verify}, for the signals folded and `account`, the ones before them. */
  verifyFolded(proof: Groth16Proof, account: readonly bigint[], folded: Folded): void {
    if (account.length !== folded.first)
      throw new InvalidProofError(
        `public signals: expected ${folded.first} before the others, got ${account.length}`,
      );
    let { sum } = folded;
    account.forEach((signal, i) => {
      checkWord(signal, i);
      sum = this.#g1.add(sum, this.#g1.times(this.#icPoint(i + 1), signal));
    });
    const a = this.#proofPoint(this.#g1, proof.pi_a.slice(0, 2), proof.pi_a[2] === "1", "pi_a");
    const [x, y, z] = proof.pi_b;
    const b = this.#proofPoint(this.#g2, [...x, ...y], z[0] === "1" && z[1] === "0", "pi_b");
    const c = this.#proofPoint(this.#g1, proof.pi_c.slice(0, 2), proof.pi_c[2] === "1", "pi_c");
    if (this.#g1.isZero(sum))
      throw new InvalidProofError("public signals: their sum is the point at infinity");

    const values = [
      this.#pairing.miller(this.#g1.neg(a), this.#pairing.prepare(b)),
      this.#pairing.miller(sum, this.#gamma),
      this.#pairing.miller(c, this.#delta),
      this.#alphaBeta,
    ];
    if (!this.#pairing.isOne(values))
      throw new InvalidProofError("proof: not valid for this statement, market and key");
  }

  /** All at once: one by one, the points of a key would take as long as a proof's verification. */
  #storeIc(ic: VerificationKey["IC"]): Points {
    const { affine, point } = this.#curve.g1;
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
    const address = this.#curve.store(words);
    for (let i = 0; i < ic.length; i++) {
      const at = address + i * affine;
      point.toMontgomeryAffine(at, at);
      if (point.isZeroAffine(at) === 0 && point.inCurveAffine(at) === 0)
        badKey("off-curve", `IC[${i}]`, "a point of G1", "another");
    }
    return pointsAt(this.#curve.g1, address, ic.length);
  }

  #icPoint(i: number): Uint8Array {
    const { affine } = this.#curve.g1;
    return this.#g1.fromAffine(this.#curve.load(this.#ic.address + i * affine, affine));
  }

  /** A point of a proof. Infinity is refused: no honest proof contains it. */
  #proofPoint(group: PointArithmetic, coordinates: string[], normal: boolean, name: string): Uint8Array {
    const point = tryPoint(group, coordinates);
    const member =
      point !== undefined && (group === this.#g2 ? group.isMember(point) : group.isOnCurve(point));
    if (!normal || !member || group.isZero(point))
      throw new InvalidProofError(`proof.${name}: expected a point of its group, got other coordinates`);
    return point;
  }

  #keyG1([x = "", y = "", z]: readonly string[], name: string): Uint8Array {
    const point = z === "1" ? tryPoint(this.#g1, [x, y]) : undefined;
    if (point === undefined || this.#g1.isZero(point) || !this.#g1.isOnCurve(point))
      badKey("off-curve", name, "a point of G1", "another");
    return point;
  }

  #keyG2([x = [], y = []]: readonly (readonly string[])[], name: string): Uint8Array {
    const point = tryPoint(this.#g2, [...x, ...y]);
    if (point === undefined || this.#g2.isZero(point) || !this.#g2.isOnCurve(point))
      badKey("off-curve", name, "a point of G2", "another");
    if (!this.#g2.isMember(point)) badKey("wrong-subgroup", name, "a point of order r", "another");
    return point;
  }
}

function badKey(fault: KeyFault, name: string, expected: string, got: string): never {
  throw new KeyLineageError(fault, `verification key, ${name}: expected ${expected}, got ${got}`);
}

/** undefined where a coordinate is not below q. */
function tryPoint(group: PointArithmetic, coordinates: readonly string[]): Uint8Array | undefined {
  try {
    return group.fromCoordinates(coordinates.map(BigInt));
  } catch {
    return undefined;
  }
}

function checkWord(signal: bigint, index: number): void {
  if (signal < 0n || signal >= FIELD_R)
    throw new InvalidProofError(`public signal ${index}: expected a word below r, got another`);
}
