import { FIELD_Q } from "../../protocol/bounds.js";
import { bytesInteger } from "../setup/binFile.js";
import { modularPower } from "../setup/lagrange.js";
import { WORD } from "../words.js";

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
