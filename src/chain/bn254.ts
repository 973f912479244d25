import { bn254 } from "@noble/curves/bn254";
import { FIELD_R } from "../protocol/bounds.js";

/** A point of BN254 G1, affine; infinity is (0, 0), as in the EVM. */
export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

const Group = bn254.G1.ProjectivePoint;

/**
 * Σ scalarᵢ·pointᵢ; scalars are taken modulo r. A market's 387 signals take some tenths of a second.
 * @throws RangeError for a point that is not on the curve
 */
export function combine(terms: readonly { readonly point: Point; readonly scalar: bigint }[]): Point {
  const points = terms.map(({ point }) => onCurve(point));
  const scalars = terms.map(({ scalar }) => ((scalar % FIELD_R) + FIELD_R) % FIELD_R);
  return Group.msm(points, scalars).toAffine();
}

function onCurve(point: Point) {
  try {
    const element = Group.fromAffine(point);
    if (!element.is0()) element.assertValidity();
    return element;
  } catch {
    throw new RangeError("expected points of G1 of BN254, got another pair of numbers");
  }
}
