import type { Curve } from "ffjavascript";
import { FIELD_Q, FIELD_R } from "../encoding/field.js";
import { ArtefactAlteredError, KeyLineageError } from "../errors.js";
import type { KeyKind } from "./artefacts/keyStatement.js";
import { bytesInteger, coordinatesOf, readBinFile } from "./binFile.js";
import { Bn254, PointArithmetic } from "./bn254.js";
import { type Contributions, readContributions } from "./contributions.js";
import { G1_BYTES, G2_BYTES, WORD } from "./field.js";
import { Pairing } from "./pairing.js";
import { SECTION as PROVER_SECTION } from "./provingKey.js";
import type { VerificationKey } from "./verificationKey.js";
import {
  checkExponents,
  forgeable,
  GENERATOR_1,
  GENERATOR_2,
  refused,
  type VerificationKeyPoints,
} from "./verificationKey.js";

const GROTH16 = 1n;
/** In the header section: two field sizes and primes, three counts, then α₁, β₁, β₂, γ₂, δ₁, δ₂. */
const COUNTS = 2 * (4 + WORD);
const POINTS = COUNTS + 12;
const HEADER_BYTES = POINTS + 3 * G1_BYTES + 3 * G2_BYTES;
/** The sections of the file by number: what a prover reads, and two by which a key is judged. */
export const SECTION = { ...PROVER_SECTION, IC: 3, contributions: 10 } as const;
export type SectionName = keyof typeof SECTION;

/** The parts of a proving key by which it is judged: views of the file's bytes, points affine, in Montgomery form. */
export interface ProvingKeyFile {
  readonly publicSignals: number;
  readonly domain: number;
  readonly wires: number;
  readonly alpha1: Uint8Array;
  readonly beta1: Uint8Array;
  readonly beta2: Uint8Array;
  readonly gamma2: Uint8Array;
  readonly delta1: Uint8Array;
  readonly delta2: Uint8Array;
  readonly ic: readonly Uint8Array[];
  readonly contributions: Contributions;
  readonly sections: Readonly<Record<SectionName, Uint8Array>>;
}

/**
 * Reads the parts of a Groth16 `.zkey` file. {@link checkProvingKey} judges them.
 * @throws {KeyLineageError} not-a-key
 */
export function readProvingKeyFile(zkey: Uint8Array): ProvingKeyFile {
  const sections = readSections(zkey);
  const { protocol, header, IC: ic } = sections;
  if (bytesInteger(protocol) !== GROTH16 || header.length !== HEADER_BYTES) throw notWhole();
  const word = (at: number, length: number) => bytesInteger(header.subarray(at, at + length));
  const size = BigInt(WORD);
  const fields = [word(0, 4), word(4, WORD), word(4 + WORD, 4), word(8 + WORD, WORD)];
  if (fields.join() !== [size, FIELD_Q, size, FIELD_R].join()) throw notWhole();
  const [wires, publicSignals, domain] = [0, 4, 8].map((at) => Number(word(COUNTS + at, 4))) as [
    number,
    number,
    number,
  ];
  if (ic.length !== (publicSignals + 1) * G1_BYTES)
    throw new KeyLineageError(
      "ic-count",
      `proving key: expected ${publicSignals + 1} IC points, got ${ic.length / G1_BYTES}; obtain it again`,
    );
  let at = POINTS;
  const point = (length: number): Uint8Array => {
    at += length;
    return header.subarray(at - length, at);
  };
  return {
    publicSignals,
    domain,
    wires,
    alpha1: point(G1_BYTES),
    beta1: point(G1_BYTES),
    beta2: point(G2_BYTES),
    gamma2: point(G2_BYTES),
    delta1: point(G1_BYTES),
    delta2: point(G2_BYTES),
    ic: Array.from({ length: publicSignals + 1 }, (_, i) => ic.subarray(i * G1_BYTES, (i + 1) * G1_BYTES)),
    contributions: readContributions(sections.contributions),
    sections,
  };
}

/** All ten sections, and no other. */
function readSections(zkey: Uint8Array): Record<SectionName, Uint8Array> {
  const found = readBinFile("zkey", zkey);
  const names = Object.keys(SECTION) as SectionName[];
  if (found?.size !== names.length) throw notWhole();
  const sections = names.map((name) => {
    const bytes = found.get(SECTION[name]);
    if (bytes === undefined) throw notWhole();
    return [name, bytes] as const;
  });
  return Object.fromEntries(sections) as Record<SectionName, Uint8Array>;
}

function notWhole(): KeyLineageError {
  return new KeyLineageError(
    "not-a-key",
    "proving key: expected a whole Groth16 key on bn128, got other bytes; obtain it again",
  );
}

/**
 * The verification key inside a proving key, as `snarkjs zkey export verificationkey` writes it, without building its
 * threads (a test holds them equal).
 * @internal its type is of a package without types
 * @throws {KeyLineageError} when the bytes are not a Groth16 proving key
 */
export function verificationKeyOf(curve: Curve, zkey: Uint8Array): VerificationKey {
  const sections = readBinFile("zkey", zkey);
  const header = sections?.get(2);
  const ic = sections?.get(3);
  if (header === undefined || ic === undefined) {
    throw new KeyLineageError(
      "not-a-key",
      "proving key: expected a whole Groth16 key on bn128, got other bytes",
    );
  }
  const points = header.subarray(COUNTS + 12);
  const alpha1 = points.slice(0, G1_BYTES);
  const [beta2, gamma2] = [0, 1].map((i) => slice(points, 2 * G1_BYTES + i * G2_BYTES, G2_BYTES));
  const delta2 = slice(points, 3 * G1_BYTES + 2 * G2_BYTES, G2_BYTES);
  const g1 = (point: Uint8Array) => decimals(curve.G1.toObject(point)) as string[];
  const g2 = (point: Uint8Array = new Uint8Array()) => decimals(curve.G2.toObject(point)) as string[][];
  const nPublic = Number(bytesInteger(header.subarray(COUNTS + 4, COUNTS + 8)));
  const pairing = curve.pairing(alpha1, beta2 ?? new Uint8Array());
  return {
    protocol: "groth16",
    curve: "bn128",
    nPublic,
    vk_alpha_1: g1(alpha1),
    vk_beta_2: g2(beta2),
    vk_gamma_2: g2(gamma2),
    vk_delta_2: g2(delta2),
    vk_alphabeta_12: decimals(curve.Gt.toObject(pairing)) as string[][][],
    IC: Array.from({ length: nPublic + 1 }, (_, i) => g1(slice(ic, i * G1_BYTES, G1_BYTES))),
  };
}

function slice(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  return bytes.slice(offset, offset + length);
}

/** The same nesting with every integer as a decimal string. */
function decimals(value: unknown): unknown {
  return Array.isArray(value) ? value.map(decimals) : String(value);
}

/** What a valid proving key must satisfy besides. */
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
