import { createHash } from "node:crypto";
import { PhaseOneError } from "../../errors.js";
import type { PhaseOneSource } from "../artefacts/keyStatement.js";
import { bytesInteger, concatBytes, readBinFile } from "../binFile.js";
import { Bn254, PointArithmetic } from "../bn254.js";
import { G1_BYTES, G2_BYTES } from "../field.js";
import { HERMEZ_PHASE_ONE } from "../setup/hermez.js";
import { withSnarkjs } from "../snarkjs.js";
import { allOfOrderR, allOnCurve } from "./pointChecks.js";

const POWER_OFFSET = 4 + 32;

/** A prepared phase 1: views of its file's bytes, points affine, in Montgomery form. */
export interface PhaseOnePoints {
  readonly power: number;
  /** τ^i in G1, to 2^(power+1) − 2, and in G2, to 2^power − 1. */
  readonly tau1: Uint8Array;
  readonly tau2: Uint8Array;
  /** α·τ^i and β·τ^i in G1, and β in G2. */
  readonly alphaTau1: Uint8Array;
  readonly betaTau1: Uint8Array;
  readonly beta2: Uint8Array;
  /** Who contributed to it, as yet unread. */
  readonly contributions: Uint8Array;
  /** The Lagrange polynomials of every level, one level after another: see the functions below. */
  readonly levels1: readonly Uint8Array[];
  readonly levels2: Uint8Array;
  /** The 2^level Lagrange polynomials at τ: in G1, in G2, and times α and β in G1. */
  lagrange1(level: number): Uint8Array;
  lagrange2(level: number): Uint8Array;
  alphaLagrange1(level: number): Uint8Array;
  betaLagrange1(level: number): Uint8Array;
}

/**
 * Reads a `.ptau` file that is prepared for phase 2, the lengths of its sections checked.
 * @param path for the error
 * @throws {PhaseOneError}
 */
export function readPhaseOne(file: Uint8Array, path: string): PhaseOnePoints {
  const sections = readBinFile("ptau", file);
  const header = sections?.get(1);
  if (sections === undefined || header?.length !== POWER_OFFSET + 8)
    throw new PhaseOneError(`${path}: expected a whole .ptau file, got other bytes`);
  const power = Number(bytesInteger(header.subarray(POWER_OFFSET, POWER_OFFSET + 4)));
  const size = 2 ** power;
  const section = (id: number, bytes: number): Uint8Array => {
    const found = sections.get(id);
    if (found === undefined || found.length !== bytes)
      throw new PhaseOneError(
        `${path}: expected section ${id} of ${bytes} bytes, got ${found?.length ?? "none"}; prepare it with \`snarkjs powersoftau prepare phase2\``,
      );
    return found;
  };
  const levels1 = section(12, (4 * size - 1) * G1_BYTES);
  const levels2 = section(13, (2 * size - 1) * G2_BYTES);
  const alphaLevels = section(14, (2 * size - 1) * G1_BYTES);
  const betaLevels = section(15, (2 * size - 1) * G1_BYTES);
  const at = (levels: Uint8Array, level: number, bytes: number) =>
    levels.subarray((2 ** level - 1) * bytes, (2 ** (level + 1) - 1) * bytes);
  return {
    power,
    tau1: section(2, (2 * size - 1) * G1_BYTES),
    tau2: section(3, size * G2_BYTES),
    alphaTau1: section(4, size * G1_BYTES),
    betaTau1: section(5, size * G1_BYTES),
    beta2: section(6, G2_BYTES),
    contributions: sections.get(7) ?? new Uint8Array(),
    levels1: [levels1, alphaLevels, betaLevels],
    levels2,
    lagrange1: (level) => at(levels1, level, G1_BYTES),
    lagrange2: (level) => at(levels2, level, G2_BYTES),
    alphaLagrange1: (level) => at(alphaLevels, level, G1_BYTES),
    betaLagrange1: (level) => at(betaLevels, level, G1_BYTES),
  };
}

/** Of a contribution: five points after it, the keys of τ, α and β, an unfinished hash and the next challenge. */
const POINTS_1 = [0, 192, 256, 448, 512, 576, 640, 704, 768];
const POINTS_2 = [64, 320, 832, 960, 1088];
const RECORD_BYTES = 1216 + 216 + 64;
const BEACON = 1;

/** BLAKE2b-512 of the files whose transcripts this process has verified: the same bytes need it once. */
const verifiedBefore = new Set<string>();

/** A phase 1 that passed its checks, and what it is worth. */
export interface CheckedPhaseOne {
  readonly source: PhaseOneSource;
  readonly points: PhaseOnePoints;
  /** BLAKE2b-512 of the file, hex. */
  readonly blake2b: string;
}

/**
 * Checks a phase 1 and says what it is worth. A published Hermez file is known by its hash, which is all there is to check.
 * Of any other the transcript is verified by stock snarkjs, and its points are checked to be in their groups, which snarkjs
 * does not. One to which only beacons have contributed is a development phase 1, as everybody can derive its secrets; its
 * transcript is not looked at.
 * @param path for the error
 * @throws {PhaseOneError}
 */
export async function checkPhaseOneSource(file: Uint8Array, path: string): Promise<CheckedPhaseOne> {
  const points = readPhaseOne(file, path);
  const blake2b = createHash("blake2b512").update(file).digest("hex");
  const checked = { points, blake2b };
  if (HERMEZ_PHASE_ONE.some((published) => published.blake2b === blake2b))
    return { ...checked, source: "hermez" };
  const types = contributionTypes(points.contributions, path);
  if (types.every((type) => type === BEACON)) return { ...checked, source: "development" };
  if (verifiedBefore.has(blake2b)) return { ...checked, source: "own" };
  checkGroups(points, path);
  const verified = await withSnarkjs((snarkjs) =>
    (snarkjs.powersOfTau.verify as unknown as (file: Uint8Array) => Promise<boolean>)(file),
  ).catch(() => false);
  if (!verified)
    throw new PhaseOneError(
      `${path}: expected a phase 1 that \`snarkjs powersoftau verify\` accepts, got one that it does not`,
    );
  verifiedBefore.add(blake2b);
  return { ...checked, source: "own" };
}

/** Whether each contribution is a person's (0) or a beacon's (1); every point is checked to be on its curve. */
function contributionTypes(section: Uint8Array, path: string): number[] {
  const curve = new Bn254();
  const g2 = new PointArithmetic(curve, curve.g2);
  const types: number[] = [];
  let at = 4;
  const count = section.length < 4 ? 0 : Number(bytesInteger(section.subarray(0, 4)));
  for (let i = 0; i < count; i++) {
    const record = section.subarray(at, at + RECORD_BYTES);
    const tail = section.subarray(at + RECORD_BYTES, at + RECORD_BYTES + 8);
    if (tail.length < 8) throw new PhaseOneError(`${path}: expected ${count} whole contributions, got ${i}`);
    const part = (from: number, bytes: number) => record.subarray(from, from + bytes);
    const valid =
      POINTS_1.every((from) => allOnCurve(curve, curve.g1, part(from, G1_BYTES))) &&
      POINTS_2.every((from) => {
        const point = part(from, G2_BYTES);
        return allOnCurve(curve, curve.g2, point) && g2.isMember(g2.fromAffine(point));
      });
    if (!valid)
      throw new PhaseOneError(
        `${path}: expected points of their groups in contribution ${i + 1}, got others`,
      );
    types.push(Number(bytesInteger(tail.subarray(0, 4))));
    at += RECORD_BYTES + 8 + Number(bytesInteger(tail.subarray(4)));
  }
  if (at !== section.length || count === 0)
    throw new PhaseOneError(
      `${path}: expected whole contributions, at least one, got ${count} in other bytes`,
    );
  return types;
}

function checkGroups(points: PhaseOnePoints, path: string): void {
  const curve = new Bn254();
  const in1 = [points.tau1, points.alphaTau1, points.betaTau1, ...points.levels1];
  const in2 = concatBytes(points.tau2, points.beta2, points.levels2);
  const valid =
    in1.every((part) => allOnCurve(curve, curve.g1, part)) &&
    allOnCurve(curve, curve.g2, in2) &&
    allOfOrderR(curve, in2);
  if (!valid) throw new PhaseOneError(`${path}: expected points of their groups, got others`);
}
