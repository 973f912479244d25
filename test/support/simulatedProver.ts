import { buildBn128 } from "ffjavascript";
import type { CircuitArtefacts } from "../../src/groth16/artefacts/load.js";
import { randomScalar } from "../../src/groth16/fastProver.js";
import { fromWord, modularPower, WORD } from "../../src/groth16/field.js";
import { LoadedKey } from "../../src/groth16/loadedKey.js";
import type { Groth16Proof, Prover } from "../../src/groth16/proof.js";
import { phaseTwoSecret } from "../../src/groth16/setup/developmentSecrets.js";
import { FIELD_R } from "../../src/protocol/bounds.js";

/**
 * Simulates proofs under the development key with its trapdoor δ, which everybody can derive: A = uα, B = β/u and
 * C = −vk_x/δ for a random u. Contracts and verifiers accept them as they accept others, and each takes milliseconds instead of
 * seconds. The witness is still calculated, so that a false claim fails as it does with another prover; tests whose subject is the
 * proof use the real one.
 */
export async function simulatedProver({
  verificationKey,
}: Pick<CircuitArtefacts, "verificationKey">): Promise<Prover> {
  const key = new LoadedKey(verificationKey);
  const { g1, g2, alpha } = key;
  const beta = g2.fromCoordinates(verificationKey.vk_beta_2.slice(0, 2).flat().map(BigInt));
  const share = FIELD_R - inverse(await developmentDelta());
  const proofOf = (publicSignals: readonly bigint[]): Groth16Proof => {
    const sum = g1.add(key.constant, key.sumOf(publicSignals.map((signal, i) => [i, signal])));
    const u = randomScalar();
    const [a, c] = [g1.times(alpha, u), g1.times(sum, share)].map((point) =>
      g1.toCoordinates(point).map(String),
    );
    const b = g2.toCoordinates(g2.times(beta, inverse(u))).map(String);
    return {
      pi_a: [a?.[0] ?? "", a?.[1] ?? "", "1"],
      pi_b: [
        [b[0] ?? "", b[1] ?? ""],
        [b[2] ?? "", b[3] ?? ""],
        ["1", "0"],
      ],
      pi_c: [c?.[0] ?? "", c?.[1] ?? "", "1"],
      protocol: "groth16",
      curve: "bn128",
    };
  };
  return {
    name: "simulated",
    async prove(witness) {
      const publicSignals = Array.from({ length: key.signalCount }, (_, i) =>
        fromWord(witness.subarray((i + 1) * WORD, (i + 2) * WORD)),
      );
      return { proof: proofOf(publicSignals), publicSignals };
    },
    async close() {},
  };
}

/** The secret of the development key's second phase, which everybody can derive. */
export async function developmentDelta(): Promise<bigint> {
  const curve = await buildBn128(true);
  try {
    return phaseTwoSecret(curve).value;
  } finally {
    await curve.terminate();
  }
}

/** 1/value modulo r. */
export function inverse(value: bigint): bigint {
  return modularPower(FIELD_R, value, FIELD_R - 2n);
}
