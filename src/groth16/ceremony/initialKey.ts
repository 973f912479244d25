import { CeremonyError } from "../../errors.js";
import { Bn254 } from "../bn254.js";
import { type ProvingKeyFile, readProvingKeyFile } from "../keyGate/provingKeyFile.js";
import { concatBytes } from "../setup/binFile.js";
import { hashCircuit } from "../setup/circuitHash.js";
import { G1_BYTES, G2_BYTES } from "../setup/fixedBase.js";
import { coefficientSection } from "../setup/qap.js";
import { domainPower, type R1cs } from "../setup/r1cs.js";
import type { PhaseOnePoints } from "./phaseOnePoints.js";
import { allOfOrderR, allOnCurve } from "./pointChecks.js";
import { comparePolynomials } from "./polynomialSums.js";

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
