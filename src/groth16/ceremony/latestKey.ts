import { CeremonyError } from "../../errors.js";
import { Bn254 } from "../bn254.js";
import { checkProvingKey } from "../keyGate/checkProvingKey.js";
import { type ProvingKeyFile, SECTION } from "../keyGate/provingKeyFile.js";
import { Pairing } from "../pairing.js";
import { PointArithmetic } from "../points.js";
import { concatBytes } from "../setup/binFile.js";
import { allOnCurve, randomWeights, sumOf } from "./pointChecks.js";

/**
 * Checks that a key is the initial one but for δ: every section that phase 2 leaves alone is the same byte for byte, and the
 * others are the initial ones divided by δ, by a random sum: e(Σ ρ·P₀, G₂) = e(Σ ρ·P, δ₂).
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
