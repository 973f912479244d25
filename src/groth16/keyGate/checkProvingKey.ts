import { ArtefactAlteredError } from "../../errors.js";
import type { KeyKind } from "../artefacts/keyStatement.js";
import { Bn254 } from "../bn254.js";
import { Pairing } from "../pairing.js";
import { PointArithmetic } from "../points.js";
import { checkExponents, forgeable, refused } from "./checkKey.js";
import { coordinatesOf } from "./montgomery.js";
import { GENERATOR_1, GENERATOR_2, type VerificationKeyPoints } from "./points.js";
import { type ProvingKeyFile, readProvingKeyFile } from "./provingKeyFile.js";

/** What a proving key is held to, beyond being one. */
export interface ProvingKeyExpectations {
  /** A ceremony's key must show a contribution of a person, and a beacon at the end. */
  readonly kind: KeyKind;
  /** The verification key that goes with it. */
  readonly verificationKey?: VerificationKeyPoints;
}

/**
 * The key gate for proving keys: refuses one under which anybody can forge because of how it was made. With no contribution
 * to phase 2, γ = δ and a proof of any statement is a sum of public points; stock checks call such a key good.
 * @param zkey the bytes of a Groth16 `.zkey`
 * @throws {KeyLineageError} whose `fault` says what is wrong
 * @throws {ArtefactAlteredError} when it is not the key of the verification key
 */
export function checkProvingKey(zkey: Uint8Array, expected: ProvingKeyExpectations): ProvingKeyFile {
  const key = readProvingKeyFile(zkey);
  const { records } = key.contributions;
  if (records.length === 0)
    throw forgeable("no-contribution", "at least one contribution to phase 2", "none");
  checkExponents({
    alpha: coordinatesOf(key.alpha1),
    beta: coordinatesOf(key.beta2),
    gamma: coordinatesOf(key.gamma2),
    delta: coordinatesOf(key.delta2),
    delta1: coordinatesOf(key.delta1),
  });
  checkDelta(key);
  if (expected.kind === "ceremony") {
    if (records.every(({ beacon }) => beacon !== undefined))
      throw forgeable("no-contribution", "a contribution of a person to phase 2", "beacons alone");
    if (records.at(-1)?.beacon === undefined)
      throw refused("no-beacon", "a public beacon as the last contribution", "none");
  }
  if (expected.verificationKey !== undefined) checkSame(key, expected.verificationKey);
  return key;
}

/** That δ₁, δ₂ and the δ which the last contribution left are one: e(δ₁, G₂) = e(G₁, δ₂). */
function checkDelta({ delta1, delta2, contributions }: ProvingKeyFile): void {
  const left = contributions.records.at(-1)?.deltaAfter ?? new Uint8Array();
  const curve = new Bn254();
  const [g1, g2] = [new PointArithmetic(curve, curve.g1), new PointArithmetic(curve, curve.g2)];
  const [in1, in2] = [g1.fromAffine(delta1), g2.fromAffine(delta2)];
  if (g1.isZero(in1) || g2.isZero(in2)) throw refused("infinity", "δ to be a point", "infinity");
  if (!g1.isOnCurve(in1) || !g2.isOnCurve(in2))
    throw refused("off-curve", "δ to be on its curve", "other coordinates");
  if (!g2.isMember(in2)) throw refused("wrong-subgroup", "δ to be of order r", "a point of another order");
  const pairing = new Pairing(curve);
  const one = g1.neg(g1.fromCoordinates(GENERATOR_1));
  const values = [
    pairing.miller(in1, pairing.prepare(g2.fromCoordinates(GENERATOR_2))),
    pairing.miller(one, pairing.prepare(in2)),
  ];
  if (!pairing.isOne(values) || Buffer.compare(left, delta1) !== 0)
    throw refused("delta-mismatch", "δ in G1, in G2 and after the last contribution to be one", "others");
}

function checkSame(key: ProvingKeyFile, verificationKey: VerificationKeyPoints): void {
  const text = (points: readonly Uint8Array[]) => points.flatMap(coordinatesOf).join();
  const flat = (points: readonly (readonly string[])[]) =>
    points.flatMap((point) => point.slice(0, 2)).join();
  const { vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC } = verificationKey;
  const pairs: [what: string, expected: string, got: string][] = [
    ["α", flat([vk_alpha_1]), text([key.alpha1])],
    ["β", vk_beta_2.slice(0, 2).flat().join(), text([key.beta2])],
    ["γ", vk_gamma_2.slice(0, 2).flat().join(), text([key.gamma2])],
    ["δ", vk_delta_2.slice(0, 2).flat().join(), text([key.delta2])],
    ["IC", flat(IC), text(key.ic)],
  ];
  for (const [what, expected, got] of pairs)
    if (expected !== got)
      throw new ArtefactAlteredError(
        `proving key: expected ${what} of its verification key, got another; run \`zkmargin setup\` again`,
      );
}
