import { CompileError } from "../../errors.js";
import { bytesInteger, readBinFile } from "./binFile.js";

/** The matrices of a rank-1 constraint system (A·w)·(B·w) = C·w. */
export type Matrix = "A" | "B" | "C";

/** The numbers of a compiled circuit. */
export interface R1csSize {
  /** Wires, the constant 1 included. */
  readonly wires: number;
  /** Outputs and public inputs, the constant 1 not included. */
  readonly publicSignals: number;
  readonly constraints: number;
}

export interface R1cs extends R1csSize {
  readonly prime: bigint;
  /** Calls `visit` for every non-zero coefficient: constraint by constraint, A, B, then C. */
  forEachTerm(visit: (matrix: Matrix, constraint: number, wire: number, coefficient: bigint) => void): void;
}

const WORD_BYTES = 32;
const MATRICES = ["A", "B", "C"] as const;

/**
 * Reads a `.r1cs` file over a 254-bit field.
 * @throws {CompileError} when the bytes are not such a file
 */
export function readR1cs(file: Uint8Array): R1cs {
  const sections = readBinFile("r1cs", file);
  const header = sections?.get(1);
  const body = sections?.get(2);
  if (header === undefined || body === undefined || header.byteLength !== 4 + WORD_BYTES + 28) {
    throw new CompileError(`circuit.r1cs: expected a whole r1cs file, got ${file.byteLength} other bytes`);
  }
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const word = (offset: number) => view.getUint32(4 + WORD_BYTES + offset, true);
  const constraints = word(24);
  return {
    prime: bytesInteger(header.subarray(4, 4 + WORD_BYTES)),
    wires: word(0),
    publicSignals: word(4) + word(8),
    constraints,
    forEachTerm: (visit) => visitTerms(body, constraints, visit),
  };
}

function visitTerms(body: Uint8Array, constraints: number, visit: Parameters<R1cs["forEachTerm"]>[0]): void {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let offset = 0;
  for (let constraint = 0; constraint < constraints; constraint++) {
    for (const matrix of MATRICES) {
      const terms = view.getUint32(offset, true);
      offset += 4;
      for (let term = 0; term < terms; term++) {
        visit(matrix, constraint, view.getUint32(offset, true), wordAt(view, offset + 4));
        offset += 4 + WORD_BYTES;
      }
    }
  }
}

function wordAt(view: DataView, offset: number): bigint {
  let value = 0n;
  for (let limb = 24; limb >= 0; limb -= 8) value = (value << 64n) | view.getBigUint64(offset + limb, true);
  return value;
}

/** log2 of the evaluation domain that a circuit of this size needs: constraints + public signals + 1 ≤ 2^power. */
export function domainPower(size: R1csSize): number {
  return Math.ceil(Math.log2(size.constraints + size.publicSignals + 1));
}
