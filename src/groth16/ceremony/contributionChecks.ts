import { createHash } from "node:crypto";
import type { Curve } from "ffjavascript";
import { CeremonyError } from "../../errors.js";
import { concatBytes, uncompressed } from "../binFile.js";
import { Bn254, PointArithmetic } from "../bn254.js";
import type { ContributionRecord, Contributions } from "../contributions.js";
import { Pairing } from "../pairing.js";
import { checkProvingKey, type ProvingKeyFile, SECTION } from "../provingKeyFile.js";
import { drawSecret, generatorFromBeacon, hashToG2, proveKnowledge } from "../setup/developmentSecrets.js";
import { allOnCurve, randomWeights, sumOf } from "./pointChecks.js";

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
