import { PhaseOneError } from "../../errors.js";
import { bytesInteger, readBinFile } from "../setup/binFile.js";
import { G1_BYTES, G2_BYTES } from "../setup/fixedBase.js";

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
