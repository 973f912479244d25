import { getCurveFromName } from "ffjavascript";
import { groth16 } from "snarkjs";
import { FormatError } from "../errors.js";
import { WORD } from "./field.js";
import type { Groth16Proof, Prover } from "./proof.js";
import { parseProvingKey } from "./provingKey.js";
import { witnessFile } from "./witnessFile.js";

/**
 * Stock snarkjs: the reference against which the package's own prover is tested. It shares one curve, and that curve's
 * threads, with everything else in the process that uses snarkjs; `close` ends them.
 * @throws ArtefactAlteredError if `zkey` is no Groth16 proving key over BN254
 *
 * @example
 * ```ts
 * import { ProvingSession, snarkjsProver } from "zkmargin/prove";
 *
 * const session = await ProvingSession.open(artefacts, { prover: snarkjsProver });
 * await session.close();
 * ```
 */
export function snarkjsProver(zkey: Uint8Array): Prover {
  const { wires } = parseProvingKey(zkey);
  return {
    name: "snarkjs",
    async prove(witness) {
      if (witness.length !== wires * WORD)
        throw new FormatError("witness", `${wires} wires`, `${witness.length / WORD}`);
      const { proof, publicSignals } = await groth16.prove(zkey, witnessFile(witness));
      return { proof: proof as unknown as Groth16Proof, publicSignals: publicSignals.map(BigInt) };
    },
    async close() {
      await (await getCurveFromName("bn128")).terminate();
    },
  };
}
