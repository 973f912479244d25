import { createHash } from "node:crypto";
import type { Curve } from "ffjavascript";
import { FIELD_R } from "../../encoding/field.js";
import { CeremonyError } from "../../errors.js";
import { concatBytes, uncompressed } from "../binFile.js";
import { Bn254, type Group, PointArithmetic } from "../bn254.js";
import { type ContributionRecord, type Contributions, hashCircuit } from "../contributions.js";
import { fromWord, G1_BYTES, G2_BYTES, toWord, WORD } from "../field.js";
import { Pairing } from "../pairing.js";
import { checkProvingKey, type ProvingKeyFile, readProvingKeyFile, SECTION } from "../provingKeyFile.js";
import { drawSecret, generatorFromBeacon, hashToG2, proveKnowledge } from "../setup/developmentSecrets.js";
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

/** A beacon that is hashed more often would keep its verifier busy for hours. */
const MOST_ITERATIONS_EXP = 30;

/**
 * Checks the contributions that a key records, each against the one before. Its transcript must hash everything before
 * it. Its contributor must have known a factor x: e(s, x·H) = e(s·x, H) for an H drawn from the transcript. δ must have
 * been multiplied by that same x: e(δ, x·H) = e(δ′, H). A beacon's x must be the one that its public value gives.
 * @throws CeremonyError (contribution, beacon)
 */
export function checkContributions(
  curve: Curve,
  { circuitHash, records }: Contributions,
  path: string,
): void {
  const own = new Bn254();
  const equations = new Equations(own);
  const accumulated = createHash("blake2b512").update(Buffer.from(circuitHash, "hex"));
  let delta = own.load(own.constants.pG1gen, own.g1.affine);
  records.forEach((record, i) => {
    const demand = (what: string, holds: boolean) => {
      if (!holds)
        throw new CeremonyError(
          "contribution",
          `${path}, contribution ${i + 1}: expected ${what}, got another; go back to the key before it`,
        );
    };
    const points1 = [record.deltaAfter, record.s, record.sx];
    demand("points of G1", points1.every((point) => isPoint(own, point)) && isPoint(own, record.spx));
    demand("a point of order r in G2", equations.isMember(record.spx));
    const transcript = accumulated
      .copy()
      .update(uncompressed(record.s))
      .update(uncompressed(record.sx))
      .digest();
    demand("a transcript of all that came before", Buffer.compare(transcript, record.transcript) === 0);
    const base = hashToG2(curve, record.transcript);
    demand("a factor that its contributor knew", equations.sameRatio(record.s, record.sx, base, record.spx));
    demand("δ times that factor", equations.sameRatio(delta, record.deltaAfter, base, record.spx));
    if (record.beacon !== undefined)
      checkBeacon(curve, record, record.beacon, `${path}, contribution ${i + 1}`);
    for (const point of [...points1, record.spx]) accumulated.update(uncompressed(point));
    accumulated.update(record.transcript);
    delta = record.deltaAfter;
  });
}

/** Points as pairings, in the memory of one curve. */
class Equations {
  readonly #pairing: Pairing;
  readonly #g1: PointArithmetic;
  readonly #g2: PointArithmetic;

  constructor(curve: Bn254) {
    this.#pairing = new Pairing(curve);
    this.#g1 = new PointArithmetic(curve, curve.g1);
    this.#g2 = new PointArithmetic(curve, curve.g2);
  }

  isMember(point: Uint8Array): boolean {
    return this.#g2.isMember(this.#g2.fromAffine(point));
  }

  /** Whether p′ is as many times p as q′ is of q: e(p, q′) = e(p′, q). Affine points. */
  sameRatio(p: Uint8Array, pPrime: Uint8Array, q: Uint8Array, qPrime: Uint8Array): boolean {
    const of2 = (point: Uint8Array) => this.#pairing.prepare(this.#g2.fromAffine(point));
    return this.#pairing.isOne([
      this.#pairing.miller(this.#g1.fromAffine(p), of2(qPrime)),
      this.#pairing.miller(this.#g1.neg(this.#g1.fromAffine(pPrime)), of2(q)),
    ]);
  }
}

function isPoint(curve: Bn254, point: Uint8Array): boolean {
  const group = point.length === curve.g1.affine ? curve.g1 : curve.g2;
  return point.some((byte) => byte !== 0) && allOnCurve(curve, group, point);
}

function checkBeacon(
  curve: Curve,
  { name, s, sx }: ContributionRecord,
  beacon: NonNullable<ContributionRecord["beacon"]>,
  path: string,
): void {
  if (beacon.iterationsExp > MOST_ITERATIONS_EXP)
    throw new CeremonyError(
      "beacon",
      `${path}: expected a value hashed at most 2^${MOST_ITERATIONS_EXP} times, got 2^${beacon.iterationsExp}`,
    );
  const rng = generatorFromBeacon({ name, seed: beacon.value, iterationsExp: beacon.iterationsExp });
  const key = proveKnowledge(curve, drawSecret(curve, rng), rng);
  if (Buffer.compare(key.s, s) !== 0 || Buffer.compare(key.sx, sx) !== 0)
    throw new CeremonyError(
      "beacon",
      `${path}: expected the factor that its public value gives, got another`,
    );
}

/**
 * Checks that a key is the initial one but for δ. Every section that phase 2 leaves alone must be the same, byte for
 * byte. The others must be the initial ones divided by δ, checked by a random sum: e(Σ ρ·P₀, G₂) = e(Σ ρ·P, δ₂).
 * @throws CeremonyError (contribution), KeyLineageError as {@link checkProvingKey}
 */
export function checkLatestKey(zkey: Uint8Array, initial: ProvingKeyFile, path: string): ProvingKeyFile {
  const key = checkProvingKey(zkey, { kind: "development" });
  const demand = (what: string, holds: boolean) => {
    if (!holds)
      throw new CeremonyError("contribution", `${path}: expected ${what} of the initial key, got another`);
  };
  const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
  for (const field of ["wires", "publicSignals", "domain"] as const)
    demand("the size", key[field] === initial[field]);
  for (const field of ["alpha1", "beta1", "beta2", "gamma2"] as const)
    demand("α, β and γ", same(key[field], initial[field]));
  for (const name of ["IC", "coefficients", "A", "B1", "B2"] as const)
    demand(`section ${SECTION[name]}`, same(key.sections[name], initial.sections[name]));
  const divided = ({ sections }: ProvingKeyFile) => concatBytes(sections.C, sections.H);
  const [before, after] = [divided(initial), divided(key)];
  demand("as many points C and H", before.length === after.length);
  const curve = new Bn254();
  demand("points C and H on their curve", allOnCurve(curve, curve.g1, after));
  const weights = randomWeights(after.length / curve.g1.affine);
  const g1 = new PointArithmetic(curve, curve.g1);
  const g2 = new PointArithmetic(curve, curve.g2);
  const pairing = new Pairing(curve);
  const generator = curve.load(curve.constants.pG2gen, curve.g2.affine);
  const sumBefore = sumOf(curve, curve.g1, before, weights);
  const sumAfter = sumOf(curve, curve.g1, after, weights);
  demand(
    "the points C and H, divided by δ,",
    !g1.isZero(sumAfter) &&
      pairing.isOne([
        pairing.miller(sumBefore, pairing.prepare(g2.fromAffine(generator))),
        pairing.miller(g1.neg(sumAfter), pairing.prepare(g2.fromAffine(key.delta2))),
      ]),
  );
  return key;
}
