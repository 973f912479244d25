import { randomBytes } from "node:crypto";
import { CeremonyError } from "../../errors.js";
import { FIELD_R } from "../../spec/bounds.js";
import { Bn254, type Group } from "../groth16/bn254.js";
import { PointArithmetic } from "../groth16/points.js";
import { fromWord, toWord, WORD } from "../groth16/words.js";
import { type ProvingKeyFile, readProvingKeyFile } from "../keyGate/provingKeyFile.js";
import { concatBytes } from "../setup/binFile.js";
import { hashCircuit } from "../setup/circuitHash.js";
import { coefficientSection } from "../setup/coefficients.js";
import { domainPower, type R1cs } from "../setup/r1cs.js";
import type { PhaseOnePoints } from "./phaseOnePoints.js";
import { allOfOrderR, allOnCurve, sumOf } from "./pointChecks.js";

const G1_BYTES = 64;
/** Bytes of a random weight: a key that is not the circuit's passes with a chance of 2^-128. */
const WEIGHT_BYTES = 16;

/**
 * Checks that a key without contributions is the one that a circuit and a phase 1 give. Making it anew takes half a minute;
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
  const section = (id: number) => key.sections.get(id) ?? new Uint8Array();
  const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
  const [one1, one2] = [
    curve.load(curve.constants.pG1gen, G1_BYTES),
    curve.load(curve.constants.pG2gen, 2 * G1_BYTES),
  ];
  demand(
    "the size",
    key.wires === r1cs.wires && key.publicSignals === r1cs.publicSignals && key.domain === 2 ** power,
  );
  demand("no contribution, γ and δ", key.contributions.records.length === 0 && same(key.gamma2, one2));
  demand("the generator as δ", same(key.delta1, one1) && same(key.delta2, one2));
  demand("α", same(key.alpha1, phase1.alphaTau1.subarray(0, G1_BYTES)));
  demand("β", same(key.beta1, phase1.betaTau1.subarray(0, G1_BYTES)) && same(key.beta2, phase1.beta2));
  demand("the coefficients", same(section(4), coefficientSection(r1cs)));
  demand("the section H", same(section(9), oddPoints(phase1.lagrange1(power + 1))));
  for (const id of [3, 5, 6, 8]) demand("points on their curve", allOnCurve(curve, curve.g1, section(id)));
  demand("points of G2", allOnCurve(curve, curve.g2, section(7)) && allOfOrderR(curve, section(7)));
  checkSums(curve, key, r1cs, phase1, power, demand);
  const hash = hashCircuit(curve, {
    alpha1: key.alpha1,
    beta1: key.beta1,
    beta2: key.beta2,
    ic: section(3),
    a: section(5),
    b1: section(6),
    b2: section(7),
    c: section(8),
    h: quotientPoints(curve, phase1.tau1, key.domain),
  });
  demand("the circuit hash", Buffer.from(hash).toString("hex") === key.contributions.circuitHash);
  return key;
}

/** Σ ρ_w·P_w over the wires' points against Σ (Σ_w ρ_w·p_cw)·L_c over phase 1's, for every section of polynomials. */
function checkSums(
  curve: Bn254,
  key: ProvingKeyFile,
  r1cs: R1cs,
  phase1: PhaseOnePoints,
  power: number,
  demand: (what: string, holds: boolean) => void,
): void {
  const random = randomBytes(r1cs.wires * WEIGHT_BYTES);
  const weights = new Uint8Array(r1cs.wires * WORD);
  for (let w = 0; w < r1cs.wires; w++)
    weights.set(random.subarray(w * WEIGHT_BYTES, (w + 1) * WEIGHT_BYTES), w * WORD);
  const weight = (w: number) => fromWord(weights.subarray(w * WORD, (w + 1) * WORD));
  const rows = { A: zeros(2 ** power), B: zeros(2 ** power), C: zeros(2 ** power) };
  r1cs.forEachTerm((matrix, constraint, wire, value) => {
    const row = rows[matrix];
    row[constraint] = ((row[constraint] ?? 0n) + weight(wire) * value) % FIELD_R;
  });
  for (let wire = 0; wire <= r1cs.publicSignals; wire++) rows.A[r1cs.constraints + wire] = weight(wire);
  const [a, b, c] = [rows.A, rows.B, rows.C].map((row) => concatBytes(...row.map(toWord))) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const [arithmetic1, arithmetic2] = [
    new PointArithmetic(curve, curve.g1),
    new PointArithmetic(curve, curve.g2),
  ];
  const sum = (group: Group, points: Uint8Array, scalars: Uint8Array) => sumOf(curve, group, points, scalars);
  const equal = (arithmetic: PointArithmetic, p: Uint8Array, ...terms: Uint8Array[]) =>
    arithmetic.isZero(terms.reduce((rest, term) => arithmetic.add(rest, arithmetic.neg(term)), p));
  const { g1, g2 } = curve;
  const section = (id: number) => key.sections.get(id) ?? new Uint8Array();
  const onA = sum(g1, phase1.lagrange1(power), a);
  const onB = sum(g1, phase1.lagrange1(power), b);
  demand("the section A", equal(arithmetic1, sum(g1, section(5), weights), onA));
  demand("the section B1", equal(arithmetic1, sum(g1, section(6), weights), onB));
  const onB2 = sum(g2, phase1.lagrange2(power), b);
  demand("the section B2", equal(arithmetic2, sum(g2, section(7), weights), onB2));
  const combined = sum(g1, concatBytes(section(3), section(8)), weights);
  demand(
    "the sections IC and C",
    equal(
      arithmetic1,
      combined,
      sum(g1, phase1.betaLagrange1(power), a),
      sum(g1, phase1.alphaLagrange1(power), b),
      sum(g1, phase1.lagrange1(power), c),
    ),
  );
}

function zeros(count: number): bigint[] {
  return new Array<bigint>(count).fill(0n);
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
