import { FIELD_Q, FIELD_R } from "../encoding/field.js";
import { ArtefactAlteredError } from "../errors.js";
import { readBinFile } from "./binFile.js";
import { fromWord, G1_BYTES, G2_BYTES, WORD } from "./field.js";

const GROTH16 = 1;
/** Bytes of a coefficient: matrix, constraint, signal (32 bits each) and a field element. */
export const COEFFICIENT = 12 + WORD;

/** A section of a snarkjs proving key, by its number in the file. */
export const SECTION = { protocol: 1, header: 2, coefficients: 4, A: 5, B1: 6, B2: 7, C: 8, H: 9 } as const;

/** The sums a proof is made of; `H` runs over the quotient, the others over the witness. */
export type Query = "A" | "B1" | "B2" | "C" | "H";

/** A parsed proving key: views of the file's bytes, points affine and in Montgomery form. */
export interface ProvingKey {
  readonly wires: number;
  readonly publicCount: number;
  readonly domain: number;
  readonly alpha1: Uint8Array;
  readonly beta1: Uint8Array;
  readonly beta2: Uint8Array;
  readonly delta1: Uint8Array;
  readonly delta2: Uint8Array;
  /** Entries of the matrices A and B, COEFFICIENT bytes each; values in Montgomery form twice over. */
  readonly coefficients: Uint8Array;
  readonly coefficientCount: number;
  readonly queries: Readonly<Record<Query, Uint8Array>>;
}

/**
 * Parses a snarkjs Groth16 proving key over BN254 and checks that its parts have the sizes its header says.
 * @throws ArtefactAlteredError
 */
export function parseProvingKey(zkey: Uint8Array): ProvingKey {
  const view = new DataView(zkey.buffer, zkey.byteOffset, zkey.byteLength);
  const sections = readBinFile("zkey", zkey) ?? fail("a whole zkey", "another file");
  const section = (id: number, length: number): Uint8Array => {
    const found = sections.get(id);
    if (found === undefined || found.length !== length)
      fail(`section ${id} of ${length} bytes`, found === undefined ? "none" : `${found.length} bytes`);
    return found;
  };

  const protocol = section(SECTION.protocol, 4);
  if (protocol[0] !== GROTH16) fail("a Groth16 key", "another protocol");
  const header = section(SECTION.header, 8 + 2 * WORD + 12 + 3 * G1_BYTES + 3 * G2_BYTES);
  let at = header.byteOffset - zkey.byteOffset;
  const word32 = (): number => {
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const bytes = (length: number): Uint8Array => {
    at += length;
    return zkey.subarray(at - length, at);
  };
  for (const prime of [FIELD_Q, FIELD_R])
    if (word32() !== WORD || fromWord(bytes(WORD)) !== prime) fail("a key on BN254", "another curve");
  const wires = word32();
  const publicCount = word32();
  const domain = word32();
  if (wires <= publicCount || domain < 2 || (domain & (domain - 1)) !== 0)
    fail("a power of two and more wires than public signals", `${domain} and ${wires}`);
  const [alpha1, beta1, beta2, , delta1, delta2] = [
    G1_BYTES,
    G1_BYTES,
    G2_BYTES,
    G2_BYTES,
    G1_BYTES,
    G2_BYTES,
  ].map(bytes) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];

  const counted = sections.get(SECTION.coefficients);
  if (counted === undefined || counted.length < 4) fail("coefficients", "none");
  const coefficientCount = new DataView(counted.buffer, counted.byteOffset).getUint32(0, true);
  const coefficients = section(SECTION.coefficients, 4 + coefficientCount * COEFFICIENT).subarray(4);
  checkCoefficients(coefficients, wires, domain);
  return {
    wires,
    publicCount,
    domain,
    alpha1,
    beta1,
    beta2,
    delta1,
    delta2,
    coefficients,
    coefficientCount,
    queries: {
      A: section(SECTION.A, wires * G1_BYTES),
      B1: section(SECTION.B1, wires * G1_BYTES),
      B2: section(SECTION.B2, wires * G2_BYTES),
      C: section(SECTION.C, (wires - publicCount - 1) * G1_BYTES),
      H: section(SECTION.H, domain * G1_BYTES),
    },
  };
}

/** The prover writes to addresses made of these numbers. */
function checkCoefficients(coefficients: Uint8Array, wires: number, domain: number): void {
  const view = new DataView(coefficients.buffer, coefficients.byteOffset, coefficients.byteLength);
  for (let at = 0; at < coefficients.length; at += COEFFICIENT) {
    const inRange =
      view.getUint32(at, true) < 2 &&
      view.getUint32(at + 4, true) < domain &&
      view.getUint32(at + 8, true) < wires;
    if (!inRange) fail("coefficients within the circuit", "one outside it");
  }
}

function fail(expected: string, got: string): never {
  throw new ArtefactAlteredError(`proving key: expected ${expected}, got ${got}; set it up again`);
}
