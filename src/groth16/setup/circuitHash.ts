import { createHash } from "node:crypto";
import type { Bn254 } from "../bn254.js";
import { G1_BYTES, G2_BYTES } from "./fixedBase.js";

/** The points of a key that its circuit hash covers, before any contribution to phase 2. */
export interface InitialPoints {
  readonly alpha1: Uint8Array;
  readonly beta1: Uint8Array;
  readonly beta2: Uint8Array;
  readonly ic: Uint8Array;
  readonly a: Uint8Array;
  readonly b1: Uint8Array;
  readonly b2: Uint8Array;
  readonly c: Uint8Array;
  /** τ^(i+n) − τ^i. */
  readonly h: Uint8Array;
}

/** The hash that names the circuit in the transcript of phase 2. */
export function hashCircuit(curve: Bn254, points: InitialPoints): Uint8Array {
  const hash = createHash("blake2b512");
  const add1 = (data: Uint8Array) => hash.update(uncompressedAll(curve, "g1m", data, G1_BYTES));
  const add2 = (data: Uint8Array) => hash.update(uncompressedAll(curve, "g2m", data, G2_BYTES));
  const count = (data: Uint8Array, size: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(data.length / size);
    hash.update(bytes);
  };
  add1(points.alpha1);
  add1(points.beta1);
  add2(points.beta2);
  // γ₂, δ₁ and δ₂ are still the generators.
  add2(curve.load(curve.constants.pG2gen, G2_BYTES));
  add1(curve.load(curve.constants.pG1gen, G1_BYTES));
  add2(curve.load(curve.constants.pG2gen, G2_BYTES));
  for (const data of [points.ic, points.h, points.c, points.a, points.b1]) {
    count(data, G1_BYTES);
    add1(data);
  }
  count(points.b2, G2_BYTES);
  add2(points.b2);
  return new Uint8Array(hash.digest());
}

/** Affine points in Montgomery form as transcripts hash them. */
function uncompressedAll(curve: Bn254, group: "g1m" | "g2m", data: Uint8Array, size: number): Uint8Array {
  const mark = curve.mark();
  const from = curve.store(data);
  const to = curve.allocate(data.length);
  curve.function(`${group}_batchLEMtoU`)(from, data.length / size, to);
  const bytes = curve.load(to, data.length);
  curve.release(mark);
  return bytes;
}
