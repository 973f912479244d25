import { bn254 } from "@noble/curves/bn254";
import * as z from "zod/mini";
import { FIELD_Q } from "../encoding/field.js";
import { sha256OfText } from "../encoding/strictJson.js";
import { ArtefactAlteredError, type KeyFault, KeyLineageError } from "../errors.js";

const decimal = z.string().check(z.regex(/^(0|[1-9][0-9]{0,77})$/));
const pointG1 = z.array(decimal).check(z.length(3));
const pointG2 = z.array(z.array(decimal).check(z.length(2))).check(z.length(3));

const shape = z.strictObject({
  protocol: z.literal("groth16"),
  curve: z.literal("bn128"),
  nPublic: z.int().check(z.positive()),
  vk_alpha_1: pointG1,
  vk_beta_2: pointG2,
  vk_gamma_2: pointG2,
  vk_delta_2: pointG2,
  vk_alphabeta_12: z
    .array(z.array(z.array(decimal).check(z.length(2))).check(z.length(3)))
    .check(z.length(2)),
  IC: z.array(pointG1),
});

/** A Groth16 verification key in the JSON form of snarkjs: projective points, coordinates as decimal strings. */
export type VerificationKey = z.infer<typeof shape>;

/**
 * Reads a verification key.
 * @param name of the file, for the error
 * @throws {ArtefactAlteredError} when the text is not one whole key
 */
export function parseVerificationKey(text: string, name: string): VerificationKey {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ArtefactAlteredError(`${name}: expected a verification key in JSON, got other text`);
  }
  const key = shape.safeParse(value);
  if (!key.success) {
    const issue = key.error.issues[0];
    throw new ArtefactAlteredError(
      `${name}: expected a Groth16 verification key on bn128, got ${issue?.message ?? "another object"} at ${issue?.path.join(".") || "its root"}`,
    );
  }
  if (key.data.IC.length !== key.data.nPublic + 1) {
    throw new ArtefactAlteredError(
      `${name}: expected ${key.data.nPublic + 1} IC points, got ${key.data.IC.length}`,
    );
  }
  return key.data;
}

/** The text of a verification-key file. */
export function formatVerificationKey(key: VerificationKey): string {
  return `${JSON.stringify(key, null, 1)}\n`;
}

/** The points of a Groth16 verification key: snarkjs' JSON, decimal strings, projective points. */
export interface VerificationKeyPoints {
  readonly nPublic: number;
  readonly vk_alpha_1: readonly string[];
  readonly vk_beta_2: readonly (readonly string[])[];
  readonly vk_gamma_2: readonly (readonly string[])[];
  readonly vk_delta_2: readonly (readonly string[])[];
  readonly IC: readonly (readonly string[])[];
}

/** The generators of BN254 (EIP-196, EIP-197): x, then y; in G2 each with its real part first. */
export const GENERATOR_1: readonly bigint[] = [1n, 2n];
export const GENERATOR_2: readonly bigint[] = [
  10857046999023057135944570762232829481370756359578518086990519993285655852781n,
  11559732032986387107991004021392285783925812861821192530917403151452391805634n,
  8495653923123431417604973247489272438418190587263600148770280649306958101930n,
  4082367875863433681332203403145435568316851327593401208105741076214120093531n,
];

// Apart from what reads keys, whose parser the verifying page must not hold: its policy forbids what that tries.
/** The name of a key everywhere: SHA-256 of its JSON with sorted keys and no spaces, so that layout does not matter. */
export function verificationKeyHash(key: VerificationKey): string {
  const sorted = Object.fromEntries(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)));
  return sha256OfText(JSON.stringify(sorted));
}

/**
 * The key gate: refuses a verification key that is malformed, or under which somebody can forge. A verifier calls this
 * for any key that has not been through {@link checkKeyForm} otherwise; a proving key has more to show
 * ({@link checkProvingKey}), and so has a key on a chain (`checkKeyOnChain`).
 * @throws KeyLineageError, whose `fault` says what is wrong
 *
 * @example
 * ```ts
 * import { checkKey } from "zkmargin/verify";
 *
 * checkKey(trusted.key); // throws a KeyLineageError for a key that nobody may rely on
 * ```
 */
export function checkKey(key: VerificationKeyPoints): void {
  checkKeyForm(key);
  checkKeyGroups(key);
}

/**
 * All of the gate that costs nothing: counts, coordinates, infinity, and what α, β, γ and δ must not be.
 * {@link checkKeyGroups} checks that the points are in their groups, unless the verifier does so anyway.
 * @throws KeyLineageError
 */
export function checkKeyForm(key: VerificationKeyPoints): void {
  if (key.IC.length !== key.nPublic + 1)
    throw refused("ic-count", `${key.nPublic + 1} IC points, one a signal and one more`, `${key.IC.length}`);
  const alpha = coordinates1(key.vk_alpha_1, "alpha");
  const beta = coordinates2(key.vk_beta_2, "beta");
  const gamma = coordinates2(key.vk_gamma_2, "gamma");
  const delta = coordinates2(key.vk_delta_2, "delta");
  key.IC.forEach((point, i) => {
    coordinates1(point, `IC[${i}]`);
  });
  checkExponents({ alpha, beta, gamma, delta });
}

/** The coordinates of the points that the key gate checks, real parts first. */
export interface Exponents {
  readonly alpha: readonly bigint[];
  readonly beta: readonly bigint[];
  readonly gamma: readonly bigint[];
  readonly delta: readonly bigint[];
  /** δ in G1, which a proving key has too. */
  readonly delta1?: readonly bigint[];
}

/**
 * Checks that nobody can know the exponents which a forger needs. γ must be the generator, as snarkjs has it. A chosen
 * γ could be a known multiple of δ, and then a proof of anything is a sum of public points. The same holds where δ is a
 * known multiple of the generator.
 * @throws KeyLineageError
 */
export function checkExponents({ alpha, beta, gamma, delta, delta1 = [] }: Exponents): void {
  if (same(gamma, delta)) throw forgeable("gamma-is-delta", "δ and γ to differ", "the same point");
  if (isGenerator(delta) || isGenerator(delta1))
    throw forgeable("delta-is-generator", "δ of a contribution", "the generator");
  if (!same(gamma, GENERATOR_2)) throw forgeable("gamma-is-chosen", "γ to be the generator", "another point");
  if (isGenerator(alpha) || isGenerator(beta))
    throw forgeable("phase-one-is-empty", "α and β of a phase 1", "the generator");
}

/** Checks that every point is on its curve and of order r. @throws KeyLineageError */
export function checkKeyGroups(key: VerificationKeyPoints): void {
  [key.vk_alpha_1, ...key.IC].forEach(([x = "", y = ""], i) => {
    const point = { x: BigInt(x), y: BigInt(y) };
    const { Fp } = bn254.fields;
    if (!Fp.eql(Fp.sqr(point.y), Fp.add(Fp.mul(Fp.sqr(point.x), point.x), 3n)))
      throw offCurve(i === 0 ? "alpha" : `IC[${i - 1}]`);
  });
  for (const name of ["beta", "gamma", "delta"] as const) checkGroup2(key[`vk_${name}_2`], name);
}

function checkGroup2([x = [], y = []]: readonly (readonly string[])[], name: string): void {
  const { Fp2 } = bn254.fields;
  const element = ([c0 = "", c1 = ""]: readonly string[]) =>
    Fp2.fromBigTuple([BigInt(c0), BigInt(c1)] as [bigint, bigint]);
  const point = { x: element(x), y: element(y) };
  const { b } = bn254.G2.CURVE;
  if (!Fp2.eql(Fp2.sqr(point.y), Fp2.add(Fp2.mul(Fp2.sqr(point.x), point.x), b))) throw offCurve(name);
  if (!bn254.G2.ProjectivePoint.fromAffine(point).isTorsionFree())
    throw refused("wrong-subgroup", `${name} to be of order r`, "a point of another order");
}

function coordinates1([x = "", y = "", z = ""]: readonly string[], name: string): bigint[] {
  if (z === "0") throw infinity(name);
  if (z !== "1") throw refused("not-a-key", `${name} with a last coordinate of 1`, "another");
  return belowQ([x, y], name);
}

function coordinates2([x = [], y = [], z = []]: readonly (readonly string[])[], name: string): bigint[] {
  if (z[0] === "0" && z[1] === "0") throw infinity(name);
  if (z[0] !== "1" || z[1] !== "0")
    throw refused("not-a-key", `${name} with a last coordinate of 1`, "another");
  return belowQ([...x, ...y], name);
}

function belowQ(texts: readonly string[], name: string): bigint[] {
  const numbers = texts.map((text) => BigInt(text));
  if (numbers.some((number) => number < 0n || number >= FIELD_Q))
    throw refused("off-curve", `${name} with coordinates below q`, "others");
  if (numbers.every((number) => number === 0n)) throw infinity(name);
  return numbers;
}

/** Whether a point is the generator of its group, or its negative, whose exponent is as well known. */
function isGenerator(point: readonly bigint[]): boolean {
  const half = point.length / 2;
  const negative = point.map((c, i) => (i < half || c === 0n ? c : FIELD_Q - c));
  return [GENERATOR_1, GENERATOR_2].some((generator) => same(point, generator) || same(negative, generator));
}

function same(a: readonly bigint[], b: readonly bigint[]): boolean {
  return a.length === b.length && a.every((c, i) => c === b[i]);
}

function infinity(name: string): KeyLineageError {
  return refused("infinity", `${name} to be a point`, "infinity");
}

function offCurve(name: string): KeyLineageError {
  return refused("off-curve", `${name} to be on its curve`, "other coordinates");
}

/** The error of a key that is none, or not whole. */
export function refused(fault: KeyFault, expected: string, got: string): KeyLineageError {
  return new KeyLineageError(fault, `key: expected ${expected}, got ${got}; obtain the key again`);
}

/** The error of a key under which anybody can forge. */
export function forgeable(fault: KeyFault, expected: string, got: string): KeyLineageError {
  return new KeyLineageError(
    fault,
    `key: expected ${expected}, got ${got}; anybody can forge proofs under such a key`,
  );
}
