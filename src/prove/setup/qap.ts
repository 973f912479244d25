import type { Curve } from "ffjavascript";
import { lagrangeAt } from "./lagrange.js";
import type { R1cs } from "./r1cs.js";

/** The polynomials of a circuit at τ, by wire: A_w(τ), B_w(τ), C_w(τ). */
export interface Qap {
  readonly a: readonly bigint[];
  readonly b: readonly bigint[];
  readonly c: readonly bigint[];
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
  r1cs.forEachTerm((matrix, constraint, wire, value) => {
    const sum = sums[matrix];
    sum[wire] = ((sum[wire] ?? 0n) + value * (lagrange[constraint] ?? 0n)) % r;
  });
  for (let wire = 0; wire <= r1cs.publicSignals; wire++) {
    const constraint = r1cs.constraints + wire;
    a[wire] = ((a[wire] ?? 0n) + (lagrange[constraint] ?? 0n)) % r;
  }
  return { a, b, c };
}
