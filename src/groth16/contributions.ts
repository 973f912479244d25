import { createHash } from "node:crypto";
import { KeyLineageError } from "../errors.js";
import { concatBytes, uncompressed } from "./binFile.js";
import type { Bn254 } from "./bn254.js";
import { G1_BYTES, G2_BYTES } from "./field.js";

const HASH_BYTES = 64;
/** Tags of the parameters of a contribution, in the order in which they are written. */
const TAG = { name: 1, iterationsExp: 2, value: 3 } as const;
const PERSON = 0;
const BEACON = 1;

/** One contribution to phase 2, as a proving key records it. Points are affine, in Montgomery form. */
export interface ContributionRecord {
  /** δ·G1 after it. */
  readonly deltaAfter: Uint8Array;
  /** s·G1, s·x·G1 and x·(a point of G2 drawn from the transcript): that x, the factor of δ, was known. */
  readonly s: Uint8Array;
  readonly sx: Uint8Array;
  readonly spx: Uint8Array;
  /** BLAKE2b-512 of the circuit, of every contribution before and of s and sx. */
  readonly transcript: Uint8Array;
  readonly name: string;
  /** Set where the secret is a public one, derived from `value` by hashing it 2^iterationsExp times. */
  readonly beacon?: { readonly value: string; readonly iterationsExp: number };
  /** BLAKE2b-512 of it all, hex: the contribution's name, as `snarkjs zkey verify` prints it. */
  readonly hash: string;
}

/** Section 10 of a proving key: the circuit hash and the contributions. */
export interface Contributions {
  /** BLAKE2b-512 over the points of the key before any contribution, hex. */
  readonly circuitHash: string;
  readonly records: readonly ContributionRecord[];
}

/**
 * Reads the contributions that a proving key records. Strict: every byte has its meaning.
 * @param section the bytes of section 10
 * @throws {KeyLineageError} not-a-key
 */
export function readContributions(section: Uint8Array): Contributions {
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > section.length) throw notWhole("its contributions whole", "fewer bytes");
    at += length;
    return section.subarray(at - length, at);
  };
  const word32 = (): number => {
    const bytes = take(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  };
  const circuitHash = Buffer.from(take(HASH_BYTES)).toString("hex");
  const count = word32();
  const records: ContributionRecord[] = [];
  for (let i = 0; i < count; i++) {
    const [deltaAfter, s, sx] = [take(G1_BYTES), take(G1_BYTES), take(G1_BYTES)];
    const spx = take(G2_BYTES);
    const transcript = take(HASH_BYTES);
    const type = word32();
    const parameters = readParameters(take(word32()), type);
    const points = [deltaAfter, s, sx, spx].map(uncompressed);
    const hash = createHash("blake2b512")
      .update(concatBytes(...points, transcript))
      .digest("hex");
    records.push({ deltaAfter, s, sx, spx, transcript, ...parameters, hash });
  }
  if (at !== section.length) throw notWhole("nothing after its contributions", "more bytes");
  return { circuitHash, records };
}

function readParameters(bytes: Uint8Array, type: number): Pick<ContributionRecord, "name" | "beacon"> {
  let at = 0;
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) throw notWhole("the parameters of a contribution whole", "fewer bytes");
    return byte;
  };
  const block = (): Uint8Array => Uint8Array.from({ length: next() }, next);
  const tagged = (tag: number): boolean => {
    if (bytes[at] !== tag) return false;
    at++;
    return true;
  };
  const name = tagged(TAG.name) ? utf8(block()) : "";
  let beacon: ContributionRecord["beacon"];
  if (type === BEACON) {
    if (!tagged(TAG.iterationsExp)) throw notWhole("a beacon's exponent", "none");
    const iterationsExp = next();
    if (!tagged(TAG.value)) throw notWhole("a beacon's value", "none");
    beacon = { value: Buffer.from(block()).toString("hex"), iterationsExp };
  } else if (type !== PERSON) throw notWhole("contributions of persons and beacons", "another type");
  if (at !== bytes.length) throw notWhole("the parameters that a contribution has", "more bytes");
  return { name, ...(beacon && { beacon }) };
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw notWhole("a contributor's name in UTF-8", "other bytes");
  }
}

function notWhole(expected: string, got: string): KeyLineageError {
  return new KeyLineageError("not-a-key", `proving key: expected ${expected}, got ${got}; obtain it again`);
}

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
