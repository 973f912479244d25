import type { Curve } from "ffjavascript";
import { modularPower } from "../field.js";

/** base^0 … base^(count − 1), each times `first`, modulo r. */
export function powers(r: bigint, base: bigint, count: number, first = 1n): bigint[] {
  const result: bigint[] = [];
  let value = first;
  for (let i = 0; i < count; i++) {
    result.push(value);
    value = (value * base) % r;
  }
  return result;
}

/** Each value times `factor`, modulo r. */
export function scale(r: bigint, values: readonly bigint[], factor: bigint): bigint[] {
  return values.map((value) => (value * factor) % r);
}

/** The inverses modulo the prime r of values that are not zero, by one inversion and three products each. */
export function batchInverse(r: bigint, values: readonly bigint[]): bigint[] {
  const prefix: bigint[] = [];
  let product = 1n;
  for (const value of values) {
    prefix.push(product);
    product = (product * value) % r;
  }
  let inverse = modularPower(r, product, r - 2n);
  const result = new Array<bigint>(values.length);
  for (let i = values.length - 1; i >= 0; i--) {
    result[i] = (inverse * (prefix[i] ?? 1n)) % r;
    inverse = (inverse * (values[i] ?? 1n)) % r;
  }
  return result;
}

/**
 * The values at τ of the 2^power Lagrange polynomials of the domain of 2^power-th roots of unity:
 * L_i(τ) = ω^i·(τ^n − 1) / (n·(τ − ω^i)). A stock preparation finds the points L_i(τ)·G by Fourier transforms of
 * points, which takes minutes; knowing τ, they are n field elements.
 */
export function lagrangeAt(curve: Curve, tau: bigint, power: number): bigint[] {
  const { r } = curve;
  const size = 2 ** power;
  const roots = powers(r, rootOfUnity(curve, power), size);
  const inverses = batchInverse(
    r,
    roots.map((root) => (BigInt(size) * (tau - root + r)) % r),
  );
  const vanishing = (modularPower(r, tau, BigInt(size)) - 1n + r) % r;
  return roots.map((root, i) => (((root * vanishing) % r) * (inverses[i] ?? 0n)) % r);
}

/**
 * As {@link lagrangeAt}, for the monomials τ^0 … τ^(n−2) only. A phase 1 of power p has 2^(p+1) − 1 powers of τ in G1.
 * That is one too few for the domain of 2^(p+1), and its preparation takes the missing one for zero.
 */
export function truncatedLagrangeAt(curve: Curve, tau: bigint, power: number): bigint[] {
  const { r } = curve;
  const size = 2 ** power;
  const root = rootOfUnity(curve, power);
  const missing = (modularPower(r, tau, BigInt(size - 1)) * modularPower(r, BigInt(size), r - 2n)) % r;
  const corrections = powers(r, root, size, missing);
  return lagrangeAt(curve, tau, power).map((value, i) => (value - (corrections[i] ?? 0n) + r) % r);
}

function rootOfUnity(curve: Curve, power: number): bigint {
  const root = curve.Fr.w[power];
  if (root === undefined) throw new RangeError(`expected a power of 0 to ${curve.Fr.s}, got ${power}`);
  return curve.Fr.toObject(root);
}
