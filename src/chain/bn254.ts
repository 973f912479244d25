import { FIELD_Q, FIELD_R } from "../spec/bounds.js";

/** A point of BN254 G1, affine; infinity is (0, 0), as in the EVM. */
export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** Jacobian: x/z², y/z³; z = 0 is infinity. */
type Jacobian = readonly [x: bigint, y: bigint, z: bigint];

const INFINITY: Jacobian = [0n, 1n, 0n];
const CURVE_B = 3n;

/**
 * Σ scalarᵢ·pointᵢ, for scalars below r. One above r/2 is taken for the negative number that it stands for, which is
 * short where a signal is. In plain bigint: a market's 387 signals take some tenths of a second.
 * @throws RangeError for a point that is not on the curve
 */
export function combine(terms: readonly { readonly point: Point; readonly scalar: bigint }[]): Point {
  let sum = INFINITY;
  for (const { point, scalar } of terms) {
    if (!isOnCurve(point)) throw new RangeError("a point outside G1");
    const reduced = mod(scalar, FIELD_R);
    const negative = reduced > FIELD_R / 2n;
    const base = negative ? { x: point.x, y: mod(-point.y, FIELD_Q) } : point;
    sum = add(sum, times(base, negative ? FIELD_R - reduced : reduced));
  }
  return toAffine(sum);
}

export function isOnCurve({ x, y }: Point): boolean {
  if (x === 0n && y === 0n) return true;
  if (x < 0n || y < 0n || x >= FIELD_Q || y >= FIELD_Q) return false;
  return mod(y * y - x * x * x - CURVE_B, FIELD_Q) === 0n;
}

function times(point: Point, scalar: bigint): Jacobian {
  if (point.x === 0n && point.y === 0n) return INFINITY;
  const base: Jacobian = [point.x, point.y, 1n];
  let sum = INFINITY;
  for (const bit of scalar.toString(2)) {
    sum = double(sum);
    if (bit === "1") sum = add(sum, base);
  }
  return sum;
}

function double([x, y, z]: Jacobian): Jacobian {
  if (z === 0n) return INFINITY;
  const yy = (y * y) % FIELD_Q;
  const s = (4n * x * yy) % FIELD_Q;
  const m = (3n * x * x) % FIELD_Q;
  const x3 = mod(m * m - 2n * s, FIELD_Q);
  return [x3, mod(m * (s - x3) - 8n * yy * yy, FIELD_Q), (2n * y * z) % FIELD_Q];
}

function add(a: Jacobian, b: Jacobian): Jacobian {
  const [x1, y1, z1] = a;
  const [x2, y2, z2] = b;
  if (z1 === 0n) return b;
  if (z2 === 0n) return a;
  const zz1 = (z1 * z1) % FIELD_Q;
  const zz2 = (z2 * z2) % FIELD_Q;
  const u1 = (x1 * zz2) % FIELD_Q;
  const s1 = (((y1 * z2) % FIELD_Q) * zz2) % FIELD_Q;
  const h = mod(x2 * zz1 - u1, FIELD_Q);
  const r = mod(((y2 * z1) % FIELD_Q) * zz1 - s1, FIELD_Q);
  if (h === 0n) return r === 0n ? double(a) : INFINITY;
  const hh = (h * h) % FIELD_Q;
  const hhh = (h * hh) % FIELD_Q;
  const v = (u1 * hh) % FIELD_Q;
  const x3 = mod(r * r - hhh - 2n * v, FIELD_Q);
  return [x3, mod(r * (v - x3) - s1 * hhh, FIELD_Q), (((z1 * z2) % FIELD_Q) * h) % FIELD_Q];
}

function toAffine([x, y, z]: Jacobian): Point {
  if (z === 0n) return { x: 0n, y: 0n };
  const inverse = power(z, FIELD_Q - 2n);
  const square = (inverse * inverse) % FIELD_Q;
  return { x: (x * square) % FIELD_Q, y: (((y * square) % FIELD_Q) * inverse) % FIELD_Q };
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % FIELD_Q;
    if (bit === "1") result = (result * base) % FIELD_Q;
  }
  return result;
}

function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}
