import { FIELD_R } from "../../../../src/protocol/bounds.js";

/** The canonical representative, 0 ≤ x < r. */
export function reduce(x: bigint): bigint {
  const rest = x % FIELD_R;
  return rest < 0n ? rest + FIELD_R : rest;
}

/** The representative nearest to 0: a signed number, where the circuit means one. */
export function signed(x: bigint): bigint {
  return x > FIELD_R >> 1n ? x - FIELD_R : x;
}

/** 1/x; `x` must not be 0. */
export function inverse(x: bigint): bigint {
  let [a, b, u, v] = [reduce(x), FIELD_R, 1n, 0n];
  if (a === 0n) throw new RangeError("0 has no inverse");
  while (b > 0n) {
    const q = a / b;
    [a, b, u, v] = [b, a - q * b, v, u - q * v];
  }
  return reduce(u);
}
