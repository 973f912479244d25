import { FIELD_R } from "../../protocol/bounds.js";
import type { Bn254, Group } from "../bn254.js";
import type { ProvingKeyFile } from "../keyGate/provingKeyFile.js";
import { PointArithmetic } from "../points.js";
import { concatBytes } from "../setup/binFile.js";
import { domainPower, type R1cs } from "../setup/r1cs.js";
import { fromWord, toWord, WORD } from "../words.js";
import type { PhaseOnePoints } from "./phaseOnePoints.js";
import { randomWeights, sumOf } from "./pointChecks.js";

/**
 * Whether the points of a key without contributions are the circuit's polynomials at phase 1's τ: for random weights ρ,
 * Σ_w ρ_w·P_w over the wires' points against Σ_c (Σ_w ρ_w·p_cw)·L_c over phase 1's.
 * @param key with a point for each wire in every section, all on their curve
 * @returns for every section of polynomials its name, and whether the two sums are equal
 */
export function comparePolynomials(
  curve: Bn254,
  key: ProvingKeyFile,
  r1cs: R1cs,
  phase1: PhaseOnePoints,
): readonly (readonly [sections: string, equal: boolean])[] {
  const { IC, A, B1, B2, C } = key.sections;
  const { g1, g2 } = curve;
  const power = domainPower(r1cs);
  const weights = randomWeights(r1cs.wires);
  const rows = weightedRows(r1cs, weights);
  const sum = (group: Group, points: Uint8Array, scalars: Uint8Array) => sumOf(curve, group, points, scalars);
  const equal = (group: Group, left: Uint8Array, ...terms: Uint8Array[]) => {
    const arithmetic = new PointArithmetic(curve, group);
    return arithmetic.isZero(terms.reduce((rest, term) => arithmetic.add(rest, arithmetic.neg(term)), left));
  };
  return [
    ["the section A", equal(g1, sum(g1, A, weights), sum(g1, phase1.lagrange1(power), rows.A))],
    ["the section B1", equal(g1, sum(g1, B1, weights), sum(g1, phase1.lagrange1(power), rows.B))],
    ["the section B2", equal(g2, sum(g2, B2, weights), sum(g2, phase1.lagrange2(power), rows.B))],
    [
      "the sections IC and C",
      equal(
        g1,
        sum(g1, concatBytes(IC, C), weights), // β·A + α·B + C of every wire
        sum(g1, phase1.betaLagrange1(power), rows.A),
        sum(g1, phase1.alphaLagrange1(power), rows.B),
        sum(g1, phase1.lagrange1(power), rows.C),
      ),
    ],
  ];
}

/** Σ_w ρ_w·p_cw of every constraint c, by matrix: 2^power little-endian words each. */
function weightedRows(r1cs: R1cs, weights: Uint8Array): Record<"A" | "B" | "C", Uint8Array> {
  const weight = (wire: number) => fromWord(weights.subarray(wire * WORD, (wire + 1) * WORD));
  const zeros = () => new Array<bigint>(2 ** domainPower(r1cs)).fill(0n);
  const rows = { A: zeros(), B: zeros(), C: zeros() };
  r1cs.forEachTerm((matrix, constraint, wire, value) => {
    const row = rows[matrix];
    row[constraint] = ((row[constraint] ?? 0n) + weight(wire) * value) % FIELD_R;
  });
  // Each public signal has a row of its own, so that no two of them can stand for each other.
  for (let wire = 0; wire <= r1cs.publicSignals; wire++) rows.A[r1cs.constraints + wire] = weight(wire);
  const words = (row: readonly bigint[]) => concatBytes(...row.map(toWord));
  return { A: words(rows.A), B: words(rows.B), C: words(rows.C) };
}
