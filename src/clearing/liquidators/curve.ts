import { Field } from "@noble/curves/abstract/modular";
import { babyjubjub } from "@noble/curves/misc";
import { sha256, sha512 } from "@noble/hashes/sha2";
import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils";
import { DuplicateFieldError, OutOfRangeError } from "../../errors.js";
import type { Point } from "../../protocol/folding.js";
import { checkKey, SUBGROUP_ORDER } from "../../protocol/sealedBook.js";

/**
 * The liquidators' arithmetic: points of Baby Jubjub's prime subgroup, scalars modulo its order, polynomials over them, and the
 * one encoding that digests and challenges are taken of. The curve and the hashes come from @noble.
 */

/** Scalars: numbers modulo the order of the prime subgroup. */
export const Scalars = Field(SUBGROUP_ORDER);
/** The neutral point. It is nobody's key, and no message may hold it. */
export const NEUTRAL: Point = { x: 0n, y: 1n };
/**
 * A second base point, of which nobody knows the logarithm to the first: {@link hashToPoint} of the text
 * "zkmargin/liquidators-blinding@1".
 */
export const BLINDING_BASE: Point = {
  x: 8899884204056529718721377562631372126267210264053225599004328926101379473384n,
  y: 16684308358487094959852351626298954620516259153553490307385412649547648766487n,
};

/** A source of random bytes: the system's, or a seeded one in tests. */
export type RandomBytes = (count: number) => Uint8Array;

const Curve = babyjubjub.ExtendedPoint;

/** Σ scalar·point, for numbers that everybody knows: its time depends on them. */
export function sumOf(terms: readonly (readonly [scalar: bigint, point: Point])[]): Point {
  const sum = terms.reduce(
    (total, [scalar, point]) => total.add(Curve.fromAffine(point).multiplyUnsafe(Scalars.create(scalar))),
    Curve.ZERO,
  );
  return affine(sum);
}

/** scalar·point for a secret scalar, by the library's ladder that takes the same steps for each. */
export function timesSecret(scalar: bigint, point: Point): Point {
  const reduced = Scalars.create(scalar);
  return reduced === 0n ? NEUTRAL : affine(Curve.fromAffine(point).multiply(reduced));
}

/** Whether two points are one. */
export function samePoint(a: Point, b: Point): boolean {
  return a.x === b.x && a.y === b.y;
}

/** Whether a point is of the prime subgroup, in canonical coordinates, and not neutral. */
export function isKey(point: Point): boolean {
  try {
    checkKey(point);
    return true;
  } catch {
    return false;
  }
}

/**
 * The point that a text hashes to: SHA-256 of the text and a counter is read as a compressed point until it is one, which is
 * multiplied by the cofactor. Its logarithm is known to nobody.
 */
export function hashToPoint(text: string): Point {
  for (let counter = 0; ; counter++) {
    const bytes = sha256(utf8ToBytes(`${text}\0${counter}`));
    bytes[31] = (bytes[31] as number) & 0x1f;
    try {
      const point = affine(Curve.fromBytes(bytes).multiplyUnsafe(8n));
      if (isKey(point)) return point;
    } catch {
      // No point has this y.
    }
  }
}

/**
 * A scalar from 1 to the order less 1. 64 bytes are reduced, so that it is uniform to 2^-250.
 *
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { randomScalar } from "zkmargin/clearing";
 *
 * console.log(randomScalar(randomBytes) > 0n); // true
 * ```
 */
export function randomScalar(random: RandomBytes): bigint {
  const wide = BigInt(`0x${bytesToHex(random(64))}`);
  return (wide % (SUBGROUP_ORDER - 1n)) + 1n;
}

/** A polynomial's value: coefficients from the constant on. */
export function evaluate(coefficients: readonly bigint[], at: number): bigint {
  return coefficients.reduceRight(
    (value, coefficient) => Scalars.create(value * BigInt(at) + coefficient),
    0n,
  );
}

/** The value, at `at`, of the polynomial whose coefficients these points commit to. */
export function evaluatePoints(coefficients: readonly Point[], at: number): Point {
  let power = 1n;
  return sumOf(
    coefficients.map((point) => {
      const term = [power, point] as const;
      power = Scalars.create(power * BigInt(at));
      return term;
    }),
  );
}

/**
 * The factors with which values at `indices` give a polynomial's value at `at` (Lagrange).
 * @param at 0 by default, where the secret is
 * @throws OutOfRangeError for an index that is no whole number above 0, DuplicateFieldError for one that is there twice: the
 *   factor would divide by zero, or give one share two weights
 */
export function lagrange(indices: readonly number[], at = 0): bigint[] {
  indices.forEach((index, i) => {
    if (!Number.isInteger(index) || index < 1 || index > MOST_MEMBERS)
      throw new OutOfRangeError(`indices[${i}]`, `1 to ${MOST_MEMBERS}`, "another");
    if (indices.indexOf(index) !== i)
      throw new DuplicateFieldError(`indices[${i}]`, "each index once", `${index} twice`);
  });
  return indices.map((own) => {
    const others = indices.filter((other) => other !== own);
    const above = others.reduce((product, other) => Scalars.mul(product, BigInt(at - other)), 1n);
    const below = others.reduce((product, other) => Scalars.mul(product, BigInt(own - other)), 1n);
    return Scalars.mul(Scalars.create(above), Scalars.inv(Scalars.create(below)));
  });
}

/** Members of one key at most. */
export const MOST_MEMBERS = 64;

/** What a digest or a challenge is taken of. */
export type Part = bigint | number | string | Uint8Array | Point | readonly Part[];

/** Keccak-256 of a domain and parts, as 32 bytes of hex. No two lists of parts have one encoding. */
export function digestOf(domain: string, ...parts: readonly Part[]): string {
  return `0x${bytesToHex(keccak_256(encode([domain, ...parts])))}`;
}

/** A challenge to a prover: SHA-512 of a domain and parts, modulo the order. */
export function challengeOf(domain: string, ...parts: readonly Part[]): bigint {
  return BigInt(`0x${bytesToHex(sha512(encode([domain, ...parts])))}`) % SUBGROUP_ORDER;
}

/** A number as 32 bytes. @throws OutOfRangeError for one that has no such encoding */
export function wordBytes(value: bigint): Uint8Array {
  if (value < 0n || value >> 256n !== 0n)
    throw new OutOfRangeError("value", "a number below 2^256", "another");
  return hexToBytes(value.toString(16).padStart(64, "0"));
}

/** Each part with a byte that says its kind, and its length where that is not fixed. */
export function encode(part: Part): Uint8Array {
  if (typeof part === "bigint" || typeof part === "number")
    return concatBytes(Uint8Array.of(1), wordBytes(BigInt(part)));
  if (typeof part === "string") return sized(2, utf8ToBytes(part));
  if (part instanceof Uint8Array) return sized(3, part);
  if (isList(part)) return concatBytes(Uint8Array.of(4), wordBytes(BigInt(part.length)), ...part.map(encode));
  return concatBytes(Uint8Array.of(5), wordBytes(part.x), wordBytes(part.y));
}

function isList(part: Point | readonly Part[]): part is readonly Part[] {
  return Array.isArray(part);
}

function sized(kind: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(kind), wordBytes(BigInt(bytes.length)), bytes);
}

function affine(point: InstanceType<typeof Curve>): Point {
  const { x, y } = point.toAffine();
  return { x, y };
}
