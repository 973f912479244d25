import type { Curve } from "ffjavascript";
import { FIELD_R } from "../../protocol/bounds.js";
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

const COEFFICIENT_BYTES = 44;

/**
 * Section 4 of a proving key: the terms of the matrices A and B, and a row of A for the constant and for each public signal.
 * A coefficient v is kept as v·R² with R = 2^256: the prover's product then lands in Montgomery form.
 */
export function coefficientSection(r1cs: R1cs): Uint8Array {
  const terms: [matrix: 0 | 1, constraint: number, wire: number, value: bigint][] = [];
  r1cs.forEachTerm((matrix, constraint, wire, value) => {
    if (matrix !== "C") terms.push([matrix === "A" ? 0 : 1, constraint, wire, value]);
  });
  for (let wire = 0; wire <= r1cs.publicSignals; wire++) terms.push([0, r1cs.constraints + wire, wire, 1n]);
  const section = new Uint8Array(4 + terms.length * COEFFICIENT_BYTES);
  const view = new DataView(section.buffer);
  const factor = 2n ** 512n % FIELD_R;
  view.setUint32(0, terms.length, true);
  terms.forEach(([matrix, constraint, wire, value], i) => {
    const offset = 4 + i * COEFFICIENT_BYTES;
    view.setUint32(offset, matrix, true);
    view.setUint32(offset + 4, constraint, true);
    view.setUint32(offset + 8, wire, true);
    let rest = (value * factor) % FIELD_R;
    for (let limb = 12; limb < COEFFICIENT_BYTES; limb += 8) {
      view.setBigUint64(offset + limb, BigInt.asUintN(64, rest), true);
      rest >>= 64n;
    }
  });
  return section;
}
