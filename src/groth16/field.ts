import { bytesToHex, hexToBytes } from "@noble/hashes/utils";

/** Bytes of a word: an element of the scalar field or a coordinate of G1, little-endian. */
export const WORD = 32;
/** Bytes of an affine point in the files of this field: two coordinates, in G2 of two words each. */
export const G1_BYTES = 2 * WORD;
export const G2_BYTES = 4 * WORD;

/** A number below 2^256 as {@link WORD} little-endian bytes. */
export function toWord(value: bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(2 * WORD, "0")).reverse();
}

/** The number that little-endian bytes stand for. */
export function fromWord(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes.slice().reverse())}`);
}

/** base^exponent modulo r, for an exponent from 0. */
export function modularPower(r: bigint, base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % r;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % r;
    square = (square * square) % r;
  }
  return result;
}
