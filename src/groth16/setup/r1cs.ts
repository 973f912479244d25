import type { Curve } from "ffjavascript";
import { FIELD_R } from "../../encoding/field.js";
import { CompileError } from "../../errors.js";
import { bytesInteger, readBinFile } from "../binFile.js";
import { lagrangeAt } from "./lagrange.js";

/** The matrices of a rank-1 constraint system (A·w)·(B·w) = C·w. */
export type Matrix = "A" | "B" | "C";

/** The size of a compiled circuit. */
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

/** The polynomials of a circuit at τ, by wire: A_w(τ), B_w(τ), C_w(τ). */
export interface Qap {
  readonly a: readonly bigint[];
  readonly b: readonly bigint[];
  readonly c: readonly bigint[];
}

/**
 * The quadratic arithmetic program of `r1cs` at τ over the domain 2^power. The constant and the public signals get one
 * row of A each after the last constraint, which makes their polynomials independent. Every Groth16 set-up of snarkjs
 * does so.
 */
export function qapAt(curve: Curve, r1cs: R1cs, tau: bigint, power: number): Qap {
  const { r } = curve;
  const lagrange = lagrangeAt(curve, tau, power);
  const a = new Array<bigint>(r1cs.wires).fill(0n);
  const b = new Array<bigint>(r1cs.wires).fill(0n);
  const c = new Array<bigint>(r1cs.wires).fill(0n);
  const sums = { A: a, B: b, C: c };
  r1cs.forEachTerm((matrix, constraint, wire, value) => {
    const sum = sums[matrix];
    sum[wire] = ((sum[wire] ?? 0n) + value * (lagrange[constraint] ?? 0n)) % r;
  });
  for (let wire = 0; wire <= r1cs.publicSignals; wire++) {
    const constraint = r1cs.constraints + wire;
    a[wire] = ((a[wire] ?? 0n) + (lagrange[constraint] ?? 0n)) % r;
  }
  return { a, b, c };
}

const COEFFICIENT_BYTES = 44;

/**
 * Section 4 of a proving key: the terms of the matrices A and B, and a row of A for the constant and for each public signal.
 * A coefficient v is kept as v·R² with R = 2^256: the prover's product then lands in Montgomery form.
 */
export function coefficientSection(r1cs: R1cs): Uint8Array {
  const terms: [matrix: 0 | 1, constraint: number, wire: number, value: bigint][] = [];
  r1cs.forEachTerm((matrix, constraint, wire, value) => {
    if (matrix !== "C") terms.push([matrix === "A" ? 0 : 1, constraint, wire, value]);
  });
  for (let wire = 0; wire <= r1cs.publicSignals; wire++) terms.push([0, r1cs.constraints + wire, wire, 1n]);
  const section = new Uint8Array(4 + terms.length * COEFFICIENT_BYTES);
  const view = new DataView(section.buffer);
  const factor = 2n ** 512n % FIELD_R;
  view.setUint32(0, terms.length, true);
  terms.forEach(([matrix, constraint, wire, value], i) => {
    const offset = 4 + i * COEFFICIENT_BYTES;
    view.setUint32(offset, matrix, true);
    view.setUint32(offset + 4, constraint, true);
    view.setUint32(offset + 8, wire, true);
    let rest = (value * factor) % FIELD_R;
    for (let limb = 12; limb < COEFFICIENT_BYTES; limb += 8) {
      view.setBigUint64(offset + limb, BigInt.asUintN(64, rest), true);
      rest >>= 64n;
    }
  });
  return section;
}
