import { randomBytes } from "node:crypto";
import { xchacha20poly1305 } from "@noble/ciphers/chacha";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils";
import { parseInteger } from "../encoding/decimal.js";
import { readBy } from "../encoding/shape.js";
import { OutOfRangeError } from "../errors.js";

/** How files of the clearing house are written: numbers as decimals, bytes as hex, and what is private as a sealed box. */

const NONCE_BYTES = 24;

/** A whole number in a schema, of any size and sign. */
export const whole = readBy(parseInteger);

/** A number in a schema, least ≤ x < limit, or without a limit. @param words what an error expects */
export function within(least: bigint, limit: bigint | undefined, words: string) {
  return readBy((text, path) => {
    const value = parseInteger(text, path);
    if (value < least || (limit !== undefined && value >= limit))
      throw new OutOfRangeError(path, words, "another number");
    return value;
  });
}

/** A natural number in a schema. */
export const natural = within(0n, undefined, "a natural number");

/** A natural number of so many bits, in a schema. */
export function naturalOf(bits: number) {
  return within(0n, 1n << BigInt(bits), `a natural number below 2^${bits}`);
}

/** JSON with bigints as decimal strings, and a line end. */
export function jsonText(value: object): string {
  const plain = (_: string, each: unknown) => (typeof each === "bigint" ? each.toString() : each);
  return `${JSON.stringify(value, plain, 2)}\n`;
}

export function toHex(bytes: Uint8Array): string {
  return `0x${bytesToHex(bytes)}`;
}

/** The bytes of hex with 0x, as a schema has let it through. */
export function fromHex(text: string): Uint8Array {
  return hexToBytes(text.slice(2));
}

/** A text under a key: XChaCha20-Poly1305 with a fresh nonce in front, bound to the format of its file. */
export function sealText(key: Uint8Array, format: string, text: string): string {
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  const plain = utf8ToBytes(text);
  const box = xchacha20poly1305(key, nonce, utf8ToBytes(format)).encrypt(plain);
  plain.fill(0);
  return toHex(concatBytes(nonce, box));
}

/** The text of {@link sealText}; undefined under another key, in another format, or if a byte is another. */
export function unsealText(key: Uint8Array, format: string, sealed: string): string | undefined {
  const bytes = fromHex(sealed);
  if (bytes.length < NONCE_BYTES) return undefined;
  const cipher = xchacha20poly1305(key, bytes.subarray(0, NONCE_BYTES), utf8ToBytes(format));
  try {
    return Buffer.from(cipher.decrypt(bytes.subarray(NONCE_BYTES))).toString("utf8");
  } catch {
    return undefined;
  }
}
