import type { Curve } from "ffjavascript";
import { lagrangeAt } from "./lagrange.js";
import type { R1cs } from "./r1cs.js";

/** A term of the matrices A and B, as a proving key lists them for the prover. */
export interface Coefficient {
  readonly matrix: 0 | 1;
  readonly constraint: number;
  readonly wire: number;
  readonly value: bigint;
}

/** The polynomials of a circuit at τ, by wire: A_w(τ), B_w(τ), C_w(τ). */
export interface Qap {
  readonly a: readonly bigint[];
  readonly b: readonly bigint[];
  readonly c: readonly bigint[];
  readonly coefficients: readonly Coefficient[];
}

/**
 * The quadratic arithmetic program of `r1cs` at τ over the domain 2^power. As in every Groth16 set-up of snarkjs, the
 * constant and the public signals get one row of A each after the last constraint, which makes their polynomials
 * independent.
 */
export function qapAt(curve: Curve, r1cs: R1cs, tau: bigint, power: number): Qap {
  const { r } = curve;
  const lagrange = lagrangeAt(curve, tau, power);
  const a = new Array<bigint>(r1cs.wires).fill(0n);
  const b = new Array<bigint>(r1cs.wires).fill(0n);
  const c = new Array<bigint>(r1cs.wires).fill(0n);
  const sums = { A: a, B: b, C: c };
  const coefficients: Coefficient[] = [];
  r1cs.forEachTerm((matrix, constraint, wire, value) => {
    const sum = sums[matrix];
    sum[wire] = ((sum[wire] ?? 0n) + value * (lagrange[constraint] ?? 0n)) % r;
    if (matrix !== "C") coefficients.push({ matrix: matrix === "A" ? 0 : 1, constraint, wire, value });
  });
  for (let wire = 0; wire <= r1cs.publicSignals; wire++) {
    const constraint = r1cs.constraints + wire;
    a[wire] = ((a[wire] ?? 0n) + (lagrange[constraint] ?? 0n)) % r;
    coefficients.push({ matrix: 0, constraint, wire, value: 1n });
  }
  return { a, b, c, coefficients };
}
