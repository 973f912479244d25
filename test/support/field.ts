import { FIELD_R } from "../../src/protocol/bounds.js";

/** A signed integer as a field element. */
export function field(value: bigint | number): bigint {
  return ((BigInt(value) % FIELD_R) + FIELD_R) % FIELD_R;
}
