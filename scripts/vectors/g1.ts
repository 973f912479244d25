import { FIELD_Q, FIELD_R } from "../../src/protocol/bounds.js";

/** An affine point of BN254 G1 as the EVM writes it; [0, 0] is infinity. */
export type Point = readonly [bigint, bigint];

const mod = (value: bigint): bigint => ((value % FIELD_Q) + FIELD_Q) % FIELD_Q;

function inverse(value: bigint): bigint {
  let [a, b, x, y] = [FIELD_Q, mod(value), 0n, 1n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return mod(x);
}

/** The textbook's addition, written apart from every other implementation here: a reference to test against. */
export function add(p: Point, q: Point): Point {
  if (p[0] === 0n && p[1] === 0n) return q;
  if (q[0] === 0n && q[1] === 0n) return p;
  if (p[0] === q[0] && mod(p[1] + q[1]) === 0n) return [0n, 0n];
  const slope = p[0] === q[0] ? 3n * p[0] * p[0] * inverse(2n * p[1]) : (q[1] - p[1]) * inverse(q[0] - p[0]);
  const x = mod(slope * slope - p[0] - q[0]);
  return [x, mod(slope * (p[0] - x) - p[1])];
}

/** scalar · p. Negative scalars are allowed: they cost no more than positive ones. */
export function times(p: Point, scalar: bigint): Point {
  const magnitude = (scalar < 0n ? -scalar : scalar) % FIELD_R;
  let [sum, power]: [Point, Point] = [[0n, 0n], scalar < 0n ? [p[0], mod(-p[1])] : p];
  for (let left = magnitude; left > 0n; left >>= 1n) {
    if (left & 1n) sum = add(sum, power);
    power = add(power, power);
  }
  return sum;
}
