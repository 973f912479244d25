import { getCurveFromName } from "ffjavascript";
import { groth16 } from "snarkjs";
import { FIELD_R } from "../encoding/field.js";
import { FormatError } from "../errors.js";
import { toWord, WORD } from "./field.js";
import type { Groth16Proof, Prover } from "./proof.js";
import { parseProvingKey } from "./provingKey.js";

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

/** A witness in the form of a .wtns file, in memory only. */
function witnessFile(witness: Uint8Array): Uint8Array {
  const wires = witness.length / WORD;
  return Buffer.concat([
    Buffer.from("wtns"),
    uint32(2),
    uint32(2),
    // Section 1: the field and the number of wires.
    uint32(1),
    uint64(4 + WORD + 4),
    uint32(WORD),
    toWord(FIELD_R),
    uint32(wires),
    // Section 2: the wires.
    uint32(2),
    uint64(witness.length),
    witness,
  ]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
