import { createHash } from "node:crypto";
import { FIELD_R } from "../encoding/field.js";
import { InvalidProofError } from "../errors.js";
import { type CheckedProof, checkWord, LoadedKey } from "./loadedKey.js";
import type { Groth16Proof } from "./proof.js";
import type { VerificationKey } from "./verificationKey.js";
import { verificationKeyHash } from "./verificationKey.js";

/** Affine coordinates of a folded point: (0, 0) is infinity. */
export interface FoldedPoint {
  readonly x: bigint;
  readonly y: bigint;
}

/** A proof, its own signals, and the point that the others are folded into. */
export interface BatchItem {
  readonly proof: Groth16Proof;
  readonly own: readonly bigint[];
  readonly folded: FoldedPoint;
}

/** Bytes of a coefficient. */
const COEFFICIENT = 16;

/**
 * Verifies many proofs at once under one key, and folds markets a change at a time.
 *
 * A batch is accepted if Σ rᵢ·equationᵢ holds for independent coefficients rᵢ of 128 bits. They come from a hash of the
 * key and of everything in the batch, so the prover cannot choose them. A batch with an invalid proof passes with a
 * probability of 2⁻¹²⁸ for each hash that its maker computed. A batch that fails is halved until the invalid proofs are
 * found.
 */
export class BatchVerifier {
  readonly signalCount: number;
  readonly #key: LoadedKey;
  readonly #name: string;

  /** @throws KeyLineageError if a point of the key is not in its group */
  constructor(key: VerificationKey) {
    this.#key = new LoadedKey(key);
    this.#name = verificationKeyHash(key);
    this.signalCount = this.#key.signalCount;
  }

  /**
   * `before` + Σ change·point over the signals that change; without `before`, the constant's point.
   * @param changes by index, below r; a decrease is r less its magnitude
   */
  refold(
    before: FoldedPoint | null,
    changes: Iterable<readonly [index: number, value: bigint]>,
  ): FoldedPoint {
    const { g1, constant } = this.#key;
    const from = before === null ? constant : this.#point(before);
    const [x = 0n, y = 0n] = g1.toCoordinates(g1.add(from, this.#key.sumOf(changes)));
    return { x, y };
  }

  /** The places in `items` of those that are not valid, in order. */
  invalid(items: readonly BatchItem[]): number[] {
    const bad: number[] = [];
    const checked: Checked[] = [];
    items.forEach((item, at) => {
      try {
        item.own.forEach(checkWord);
        checked.push({ at, item, points: this.#key.checkedProof(item.proof) });
      } catch (error) {
        if (!(error instanceof InvalidProofError)) throw error;
        bad.push(at);
      }
    });
    return [...bad, ...this.#culprits(checked)].sort((a, b) => a - b);
  }

  #culprits(items: readonly Checked[]): number[] {
    if (items.length === 0 || this.#holds(items)) return [];
    const [first] = items;
    if (items.length === 1 && first !== undefined) return [first.at];
    const half = items.length >> 1;
    return [...this.#culprits(items.slice(0, half)), ...this.#culprits(items.slice(half))];
  }

  /** Whether the random linear combination of all equations holds. */
  #holds(items: readonly Checked[]): boolean {
    const { g1, pairing, alpha, beta, gamma, delta } = this.#key;
    const coefficients = this.#coefficients(items);
    const zero = g1.times(alpha, 0n);
    let [signals, c] = [zero, zero];
    const byPoint = new Map<string, { readonly point: FoldedPoint; sum: bigint }>();
    const sums: bigint[] = [];
    const values = items.map(({ item, points }, i) => {
      const r = coefficients[i] as bigint;
      const { folded } = item;
      const same = byPoint.get(`${folded.x},${folded.y}`);
      if (same === undefined) byPoint.set(`${folded.x},${folded.y}`, { point: folded, sum: r });
      else same.sum += r;
      item.own.forEach((signal, s) => {
        sums[s] = (sums[s] ?? 0n) + r * signal;
      });
      c = g1.add(c, g1.times(points.c, r, COEFFICIENT));
      return pairing.miller(g1.neg(g1.times(points.a, r, COEFFICIENT)), pairing.prepare(points.b));
    });
    for (const { point, sum } of byPoint.values())
      signals = g1.add(signals, g1.times(this.#point(point), sum));
    sums.forEach((sum, s) => {
      signals = g1.add(signals, g1.times(this.#key.signalPoint(s), sum % FIELD_R));
    });
    const all = coefficients.reduce((sum, r) => sum + r, 0n);
    // A sum that happens to be infinity has no Miller value; nobody can bring that about, and it is no proof.
    if (g1.isZero(signals) || g1.isZero(c)) return false;
    return pairing.isOne([
      ...values,
      pairing.miller(signals, gamma),
      pairing.miller(c, delta),
      pairing.miller(g1.times(alpha, all), beta),
    ]);
  }

  #coefficients(items: readonly Checked[]): bigint[] {
    const hash = createHash("sha256").update(`zkmargin/batch@1\n${this.#name}\n`);
    for (const { item } of items) {
      const { proof, own, folded } = item;
      hash.update(JSON.stringify([proof.pi_a, proof.pi_b, proof.pi_c, own.map(String)]));
      hash.update(`${folded.x},${folded.y}\n`);
    }
    const seed = hash.digest();
    return items.map((_, i) => {
      const digest = createHash("sha256").update(seed).update(String(i)).digest("hex");
      // Never 0.
      return BigInt(`0x${digest.slice(0, 2 * COEFFICIENT)}`) | 1n;
    });
  }

  #point({ x, y }: FoldedPoint): Uint8Array {
    const { g1, alpha } = this.#key;
    return x === 0n && y === 0n ? g1.times(alpha, 0n) : g1.fromCoordinates([x, y]);
  }
}

interface Checked {
  readonly at: number;
  readonly item: BatchItem;
  readonly points: CheckedProof;
}
