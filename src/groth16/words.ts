import { bytesToHex, hexToBytes } from "@noble/hashes/utils";

/** Bytes of a word: an element of the scalar field or a coordinate of G1, little-endian. */
export const WORD = 32;

/** A number below 2^256 as {@link WORD} little-endian bytes. */
export function toWord(value: bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(2 * WORD, "0")).reverse();
}

/** The number that little-endian bytes stand for. */
export function fromWord(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes.slice().reverse())}`);
}
