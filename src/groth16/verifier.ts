import { InvalidProofError } from "../errors.js";
import { checkWord, LoadedKey } from "./loadedKey.js";
import type { MillerValue } from "./pairing.js";
import type { Groth16Proof } from "./proof.js";
import type { VerificationKey } from "./verificationKey.js";

/** The part of the public signals' sum that many proofs share: see {@link Groth16Verifier.fold}. */
export interface Folded {
  readonly sum: Uint8Array;
  /** How many signals precede the folded ones. */
  readonly first: number;
}

/**
 * Verifies Groth16 proofs under one key, on one thread, with everything that depends on the key alone worked out
 * beforehand. Stricter than snarkjs: the number of signals must be exact, and pi_b of the right order.
 */
export class Groth16Verifier {
  readonly signalCount: number;
  readonly #key: LoadedKey;
  readonly #alphaBeta: MillerValue;

  /** @throws KeyLineageError if a point of the key is not in its group */
  constructor(key: VerificationKey) {
    this.#key = new LoadedKey(key);
    this.signalCount = this.#key.signalCount;
    this.#alphaBeta = this.#key.pairing.miller(this.#key.alpha, this.#key.beta);
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
    const { g1, constant } = this.#key;
    const sum = this.#key.sumOf(signals.map((signal, i) => [first + i, signal]));
    return { sum: g1.add(constant, sum), first };
  }

  /** @throws InvalidProofError unless `proof` is valid for exactly these signals */
  verify(proof: Groth16Proof, signals: readonly bigint[]): void {
    this.verifyFolded(proof, [], this.fold(signals, 0));
  }

  /** As {@link verify}, for the signals folded and `own`, the ones before them. */
  verifyFolded(proof: Groth16Proof, own: readonly bigint[], folded: Folded): void {
    if (own.length !== folded.first)
      throw new InvalidProofError(
        `public signals: expected ${folded.first} before the others, got ${own.length}`,
      );
    const { g1, pairing, gamma, delta } = this.#key;
    let { sum } = folded;
    own.forEach((signal, i) => {
      checkWord(signal, i);
      sum = g1.add(sum, g1.times(this.#key.signalPoint(i), signal));
    });
    const { a, b, c } = this.#key.checkedProof(proof);
    if (g1.isZero(sum)) throw new InvalidProofError("public signals: their sum is the point at infinity");

    const values = [
      pairing.miller(g1.neg(a), pairing.prepare(b)),
      pairing.miller(sum, gamma),
      pairing.miller(c, delta),
      this.#alphaBeta,
    ];
    if (!pairing.isOne(values))
      throw new InvalidProofError("proof: not valid for this statement, market and key");
  }
}
