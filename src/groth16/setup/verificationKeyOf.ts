import type { Curve } from "ffjavascript";
import { KeyLineageError } from "../../errors.js";
import type { VerificationKey } from "../artefacts/verificationKey.js";
import { bytesInteger, readBinFile } from "./binFile.js";
import { G1_BYTES, G2_BYTES } from "./fixedBase.js";

const COUNTS = 4 + 32 + 4 + 32;

/**
 * The verification key inside a proving key, as `snarkjs zkey export verificationkey` writes it, without building its
 * threads (a test holds them equal).
 * @throws {KeyLineageError} when the bytes are not a Groth16 proving key
 */
export function verificationKeyOf(curve: Curve, zkey: Uint8Array): VerificationKey {
  const sections = readBinFile("zkey", zkey);
  const header = sections?.get(2);
  const ic = sections?.get(3);
  if (header === undefined || ic === undefined) {
    throw new KeyLineageError(
      "not-a-key",
      "proving key: expected a whole Groth16 key on bn128, got other bytes",
    );
  }
  const points = header.subarray(COUNTS + 12);
  const alpha1 = points.slice(0, G1_BYTES);
  const [beta2, gamma2] = [0, 1].map((i) => slice(points, 2 * G1_BYTES + i * G2_BYTES, G2_BYTES));
  const delta2 = slice(points, 3 * G1_BYTES + 2 * G2_BYTES, G2_BYTES);
  const g1 = (point: Uint8Array) => decimals(curve.G1.toObject(point)) as string[];
  const g2 = (point: Uint8Array = new Uint8Array()) => decimals(curve.G2.toObject(point)) as string[][];
  const nPublic = Number(bytesInteger(header.subarray(COUNTS + 4, COUNTS + 8)));
  const pairing = curve.pairing(alpha1, beta2 ?? new Uint8Array());
  return {
    protocol: "groth16",
    curve: "bn128",
    nPublic,
    vk_alpha_1: g1(alpha1),
    vk_beta_2: g2(beta2),
    vk_gamma_2: g2(gamma2),
    vk_delta_2: g2(delta2),
    vk_alphabeta_12: decimals(curve.Gt.toObject(pairing)) as string[][][],
    IC: Array.from({ length: nPublic + 1 }, (_, i) => g1(slice(ic, i * G1_BYTES, G1_BYTES))),
  };
}

function slice(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  return bytes.slice(offset, offset + length);
}

/** The same nesting with every integer as a decimal string. */
function decimals(value: unknown): unknown {
  return Array.isArray(value) ? value.map(decimals) : String(value);
}
