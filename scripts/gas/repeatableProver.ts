import { createHash } from "node:crypto";
import { fastProver } from "../../src/groth16/fastProver.js";
import { FIELD_R } from "../../src/protocol/bounds.js";

/** Proofs are the same in each run: their blinding is drawn from a fixed seed. For measurements only. */
export function repeatableProver(zkey: Uint8Array) {
  let drawn = 0;
  return fastProver(zkey, {
    randomScalar() {
      const digest = createHash("sha256").update(`zkmargin gas ${drawn++}`).digest("hex");
      return (BigInt(`0x${digest}`) % (FIELD_R - 1n)) + 1n;
    },
  });
}
