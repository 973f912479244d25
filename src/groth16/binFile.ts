import { bytesToHex } from "@noble/hashes/utils";

export { concatBytes } from "@noble/hashes/utils";

import { FIELD_Q } from "../encoding/field.js";
import { modularPower, WORD } from "./field.js";

/**
 * The container that the tools of this field share (".ptau", ".r1cs", ".zkey"): a 4-letter magic, a version, a
 * count of sections, then for each section its number, its length (64 bits) and its bytes; all little-endian.
 */
export interface Section {
  readonly id: number;
  readonly data: Uint8Array;
}

const HEADER_BYTES = 12;
const SECTION_HEADER_BYTES = 12;

/** The bytes of a container file with `sections` in the order given. */
export function writeBinFile(magic: string, version: number, sections: readonly Section[]): Uint8Array {
  let size = HEADER_BYTES;
  for (const { data } of sections) size += SECTION_HEADER_BYTES + data.byteLength;
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode(magic), 0);
  view.setUint32(4, version, true);
  view.setUint32(8, sections.length, true);
  let offset = HEADER_BYTES;
  for (const { id, data } of sections) {
    view.setUint32(offset, id, true);
    view.setBigUint64(offset + 4, BigInt(data.byteLength), true);
    file.set(data, offset + SECTION_HEADER_BYTES);
    offset += SECTION_HEADER_BYTES + data.byteLength;
  }
  return file;
}

/**
 * The sections of a container file by number, as views into `file`.
 * @returns undefined when the bytes are not a whole, well-formed file of this magic (the caller names the file)
 */
export function readBinFile(magic: string, file: Uint8Array): Map<number, Uint8Array> | undefined {
  if (file.byteLength < HEADER_BYTES || new TextDecoder("latin1").decode(file.subarray(0, 4)) !== magic) {
    return undefined;
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const count = view.getUint32(8, true);
  const sections = new Map<number, Uint8Array>();
  let offset = HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    if (offset + SECTION_HEADER_BYTES > file.byteLength) return undefined;
    const id = view.getUint32(offset, true);
    const size = Number(view.getBigUint64(offset + 4, true));
    offset += SECTION_HEADER_BYTES;
    if (offset + size > file.byteLength || sections.has(id)) return undefined;
    sections.set(id, file.subarray(offset, offset + size));
    offset += size;
  }
  return offset === file.byteLength ? sections : undefined;
}

/** Little-endian 32-bit words as bytes. */
export function u32Bytes(...words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return bytes;
}

/** A non-negative integer as `length` little-endian bytes. */
export function integerBytes(value: bigint, length = 32): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = 0; i < length; i++) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** The non-negative integer of little-endian bytes. */
export function bytesInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes.slice().reverse()) || "0"}`);
}

/** 2^-256 modulo q: key files hold x·2^256. */
const INVERSE = modularPower(FIELD_Q, 2n ** 256n, FIELD_Q - 2n);

/** The coordinates of a point of a key file, little-endian and in Montgomery form. */
export function coordinatesOf(point: Uint8Array): bigint[] {
  const coordinates: bigint[] = [];
  for (let at = 0; at < point.length; at += WORD)
    coordinates.push((bytesInteger(point.subarray(at, at + WORD)) * INVERSE) % FIELD_Q);
  return coordinates;
}

/**
 * The same point as transcripts hash it: big-endian, not in Montgomery form, of each coordinate in G2 the imaginary part
 * first.
 */
export function uncompressed(point: Uint8Array): Uint8Array {
  const half = point.length / 2;
  const bytes = new Uint8Array(point.length);
  coordinatesOf(point).forEach((coordinate, i) => {
    const at = i * WORD < half ? half - (i + 1) * WORD : point.length - (i + 1) * WORD + half;
    bytes.set(Buffer.from(coordinate.toString(16).padStart(2 * WORD, "0"), "hex"), at);
  });
  return bytes;
}
