import { Interface } from "ethers";
import { buildBn128 } from "ffjavascript";
import { marginGate, type Submission } from "../../../src/chain/generated/MarginGate.js";
import { verifyingKeyWords } from "../../../src/chain/verificationKey.js";
import type { VerificationKey } from "../../../src/groth16/artefacts/verificationKeyFile.js";
import { LoadedKey } from "../../../src/groth16/loadedKey.js";
import { phaseTwoSecret } from "../../../src/groth16/setup/developmentSecrets.js";
import { FIELD_R } from "../../../src/protocol/bounds.js";
import type { Point } from "../../../src/protocol/folding.js";

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
    const curve = await buildBn128(true);
    const { value: delta } = phaseTwoSecret(curve);
    await curve.terminate();
    return new Forger(key, delta);
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

function inverse(value: bigint): bigint {
  let [result, base] = [1n, value % FIELD_R];
  for (let exponent = FIELD_R - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % FIELD_R;
    base = (base * base) % FIELD_R;
  }
  return result;
}
