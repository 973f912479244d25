import { buildBn128 } from "ffjavascript";
import { type Groth16Proof, groth16 } from "snarkjs";
import type { exportForSnarkjs } from "../src/prove/bundleVerifier.js";

/**
 * What stock snarkjs says of a proof, whatever it throws being a no. It runs on this thread alone: it takes its curve from
 * where it is put here, and so starts no workers, which the page's policy forbids.
 */
export async function stockVerdict(files: ReturnType<typeof exportForSnarkjs>): Promise<boolean> {
  const curve = await buildBn128(true);
  const before = globalThis.curve_bn128;
  globalThis.curve_bn128 = curve;
  try {
    const signals: string[] = JSON.parse(files["public.json"]);
    const proof: Groth16Proof = JSON.parse(files["proof.json"]);
    return await groth16.verify(JSON.parse(files["verification_key.json"]), signals, proof);
  } catch {
    return false;
  } finally {
    globalThis.curve_bn128 = before;
    await curve.terminate();
  }
}
