import { CeremonyError } from "../../errors.js";
import { FIELD_R } from "../../protocol/bounds.js";
import { concatBytes } from "../binFile.js";
import { Bn254, type Group, PointArithmetic } from "../bn254.js";
import { hashCircuit } from "../contributions.js";
import { fromWord, G1_BYTES, G2_BYTES, toWord, WORD } from "../field.js";
import { type ProvingKeyFile, readProvingKeyFile } from "../provingKeyFile.js";
import { coefficientSection, domainPower, type R1cs } from "../setup/r1cs.js";
import type { PhaseOnePoints } from "./phaseOneFile.js";
import { allOfOrderR, allOnCurve, randomWeights, sumOf } from "./pointChecks.js";

/**
 * Checks that a key without contributions is the one that a circuit and a phase 1 give. Rebuilding it takes half a minute;
 * here random sums of its points are compared with the same sums of phase 1's, in a second. A point of any section that is
 * not its polynomial's passes with a chance of 2^-128.
 * @throws CeremonyError (initial-key), KeyLineageError (not-a-key)
 */
export function checkInitialKey(
  zkey: Uint8Array,
  r1cs: R1cs,
  phase1: PhaseOnePoints,
  path: string,
): ProvingKeyFile {
  const key = readProvingKeyFile(zkey);
  const curve = new Bn254();
  const power = domainPower(r1cs);
  const demand = (what: string, holds: boolean) => {
    if (!holds)
      throw new CeremonyError(
        "initial-key",
        `${path}: expected ${what} of this circuit and phase 1, got another; ask the coordinator for the folder again`,
      );
  };
  const { coefficients, IC: ic, A: a, B1: b1, B2: b2, C: c, H: h } = key.sections;
  const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
  const generator1 = curve.load(curve.constants.pG1gen, G1_BYTES);
  const generator2 = curve.load(curve.constants.pG2gen, G2_BYTES);
  demand(
    "the size",
    key.wires === r1cs.wires && key.publicSignals === r1cs.publicSignals && key.domain === 2 ** power,
  );
  demand("no contribution, γ and δ", key.contributions.records.length === 0 && same(key.gamma2, generator2));
  demand("the generator as δ", same(key.delta1, generator1) && same(key.delta2, generator2));
  demand("α", same(key.alpha1, phase1.alphaTau1.subarray(0, G1_BYTES)));
  demand("β", same(key.beta1, phase1.betaTau1.subarray(0, G1_BYTES)) && same(key.beta2, phase1.beta2));
  demand("the coefficients", same(coefficients, coefficientSection(r1cs)));
  demand("the section H", same(h, oddPoints(phase1.lagrange1(power + 1))));
  demand(
    "as many points as wires",
    [a, b1, concatBytes(ic, c)].every(({ length }) => length === r1cs.wires * G1_BYTES) &&
      b2.length === r1cs.wires * G2_BYTES,
  );
  for (const points of [ic, a, b1, c]) demand("points on their curve", allOnCurve(curve, curve.g1, points));
  demand("points of G2", allOnCurve(curve, curve.g2, b2) && allOfOrderR(curve, b2));
  for (const [sections, equal] of comparePolynomials(curve, key, r1cs, phase1)) demand(sections, equal);
  const hash = hashCircuit(curve, {
    alpha1: key.alpha1,
    beta1: key.beta1,
    beta2: key.beta2,
    ic,
    a,
    b1,
    b2,
    c,
    h: quotientPoints(curve, phase1.tau1, key.domain),
  });
  demand("the circuit hash", Buffer.from(hash).toString("hex") === key.contributions.circuitHash);
  return key;
}

/** Every other point, from the second. */
function oddPoints(points: Uint8Array): Uint8Array {
  const odd = new Uint8Array(points.length / 2);
  for (let at = 0; at < odd.length; at += G1_BYTES)
    odd.set(points.subarray(2 * at + G1_BYTES, 2 * at + 2 * G1_BYTES), at);
  return odd;
}

/** τ^(i+n) − τ^i for i from 0 to n − 2, affine. */
function quotientPoints(curve: Bn254, tau1: Uint8Array, n: number): Uint8Array {
  const mark = curve.mark();
  const from = curve.store(tau1.subarray(0, (2 * n - 1) * G1_BYTES));
  const { affine, jacobian } = curve.g1;
  const to = curve.allocate((n - 1) * jacobian, 2 * n * jacobian); // the common inversion needs room as well
  const subtract = curve.function("g1m_subAffine");
  for (let i = 0; i < n - 1; i++) subtract(from + (i + n) * affine, from + i * affine, to + i * jacobian);
  curve.function("g1m_batchToAffine")(to, n - 1, to);
  const points = curve.load(to, (n - 1) * affine);
  curve.release(mark);
  return points;
}

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
