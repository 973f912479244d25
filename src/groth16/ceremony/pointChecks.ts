import { randomBytes } from "node:crypto";
import { FIELD_Q, FIELD_R } from "../../encoding/field.js";
import { type Bn254, type Group, PointArithmetic } from "../bn254.js";
import { fromWord, WORD } from "../field.js";
import { limbsOf, multiExp, pointsAt } from "../multiExp.js";

/** The top 64 bits of q: a coordinate whose own are fewer is below q. */
const TOP = FIELD_Q >> 192n;
/** Rounds of random sums, each of which shows a point of small order but once in 10 069: 2^-133 in all. */
const ROUNDS = 10;
/** Bytes of a random weight: a sum that is not what it should be passes with a chance of 2^-128. */
const WEIGHT_BYTES = 16;

/** Whether points of a file are all on their curve, or infinity, and each in its one notation. */
export function allOnCurve(curve: Bn254, group: Group, points: Uint8Array): boolean {
  const view = new DataView(points.buffer, points.byteOffset, points.byteLength);
  for (let at = 0; at < points.length; at += WORD)
    if (view.getBigUint64(at + 24, true) >= TOP && fromWord(points.subarray(at, at + WORD)) >= FIELD_Q)
      return false;
  const mark = curve.mark();
  const address = curve.store(points);
  const count = points.length / group.affine;
  let all = Number.isInteger(count);
  for (let i = 0; i < count && all; i++) {
    const point = address + i * group.affine;
    all = group.point.isZeroAffine(point) === 1 || group.point.inCurveAffine(point) === 1;
  }
  curve.release(mark);
  return all;
}

/**
 * Whether points of G2's curve are all of order r. If all are, so is a random sum of them. If one is not, the sum still
 * is in about one draw in 10 069, the cofactor's least factor. There are ten draws.
 */
export function allOfOrderR(curve: Bn254, points: Uint8Array): boolean {
  const arithmetic = new PointArithmetic(curve, curve.g2);
  const count = points.length / curve.g2.affine;
  for (let round = 0; round < ROUNDS; round++) {
    const scalars = new Uint8Array(count * WORD);
    const random = randomBytes(2 * count);
    for (let i = 0; i < count; i++) scalars.set(random.subarray(2 * i, 2 * i + 2), i * WORD);
    const sum = sumOf(curve, curve.g2, points, scalars);
    if (!arithmetic.isZero(arithmetic.times(sum, FIELD_R))) return false;
  }
  return true;
}

/** Random scalars below 2^128, as little-endian words. */
export function randomWeights(count: number): Uint8Array {
  const weights = new Uint8Array(count * WORD);
  const random = randomBytes(count * WEIGHT_BYTES);
  for (let i = 0; i < count; i++)
    weights.set(random.subarray(i * WEIGHT_BYTES, (i + 1) * WEIGHT_BYTES), i * WORD);
  return weights;
}

/** Σ scalarᵢ·pointᵢ, Jacobian; scalars are little-endian words below r. */
export function sumOf(curve: Bn254, group: Group, points: Uint8Array, scalars: Uint8Array): Uint8Array {
  const mark = curve.mark();
  const address = curve.store(points);
  const sum = multiExp(curve, pointsAt(group, address, points.length / group.affine), limbsOf(scalars));
  curve.release(mark);
  return sum;
}
