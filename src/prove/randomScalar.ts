import { randomBytes } from "node:crypto";
import { FIELD_R } from "../protocol/bounds.js";

/** A uniform scalar in [1, r) from the system's source of randomness; what blinds a proof. */
export function randomScalar(): bigint {
  for (;;) {
    // r has 254 bits: two of the 256 are cleared, and about one draw in four is above r.
    const bytes = randomBytes(32);
    bytes[0] = (bytes[0] as number) & 0x3f;
    const scalar = BigInt(`0x${bytes.toString("hex")}`);
    if (scalar > 0n && scalar < FIELD_R) return scalar;
  }
}
