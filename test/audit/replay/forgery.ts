import { Interface } from "ethers";
import { marginGate, type Submission } from "../../../src/chain/generated/MarginGate.js";
import { verifyingKeyWords } from "../../../src/chain/verificationKey.js";
import { LoadedKey } from "../../../src/groth16/loadedKey.js";
import type { VerificationKey } from "../../../src/groth16/verificationKey.js";
import { FIELD_R } from "../../../src/protocol/bounds.js";
import type { Point } from "../../../src/protocol/folding.js";
import { developmentDelta, inverse } from "../../support/simulatedProver.js";

const GATE = new Interface(marginGate.abi);

/**
 * Makes proofs of anything at all under the development key: A = α, B = β and C = −vk_x/δ, for the δ that everybody can
 * derive. No verifier can tell them from others. That is what a development key is worth; and it is a cheap way to many
 * proofs where it does not matter what they say.
 */
export class Forger {
  readonly #key: LoadedKey;
  readonly #words: ReturnType<typeof verifyingKeyWords>;
  readonly #share: bigint;

  private constructor(key: VerificationKey, delta: bigint) {
    this.#key = new LoadedKey(key);
    this.#words = verifyingKeyWords(key);
    this.#share = FIELD_R - inverse(delta);
  }

  static async of(key: VerificationKey): Promise<Forger> {
    return new Forger(key, await developmentDelta());
  }

  forge(folded: Point, commitment: bigint, claim: bigint): Submission["proof"] {
    const { g1 } = this.#key;
    const account = g1.add(
      g1.times(this.#key.signalPoint(0), commitment),
      g1.times(this.#key.signalPoint(1), claim),
    );
    const sum = g1.add(g1.fromCoordinates([folded.x, folded.y]), account);
    const [x = 0n, y = 0n] = g1.toCoordinates(g1.times(sum, this.#share));
    const { alpha, beta } = this.#words;
    return { a: [alpha.x, alpha.y], b: beta, c: [x, y] };
  }
}

/** Calldata of `submitBatch`. */
export function encodeBatch(submissions: readonly Submission[]): string {
  return GATE.encodeFunctionData("submitBatch", [submissions]);
}
