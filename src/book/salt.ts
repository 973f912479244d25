import { hkdfSync } from "node:crypto";
import { FormatError, OutOfRangeError } from "../errors.js";
import { SALT_BITS } from "../protocol/bounds.js";
import { checkHeader } from "./bookFile.js";

/** Least length of an institution's secret. */
export const SECRET_BYTES = 32;

const SALT_DOMAIN = "zkmargin/salt@1";

/**
 * The salt of one commitment: HKDF-SHA256 of the institution's secret, bound to account and sequence, so that
 * it can be derived again and never serves two books. 248 bits.
 * @throws OutOfRangeError (short secret), FormatError (account or sequence)
 *
 * @example
 * ```ts
 * import { deriveSalt } from "zkmargin/prove";
 *
 * console.log(deriveSalt(secret, "desk-1/cross", 1) !== deriveSalt(secret, "desk-1/cross", 2)); // true
 * ```
 */
export function deriveSalt(secret: Uint8Array, account: string, sequence: number): bigint {
  checkSecret(secret, "secret");
  checkHeader({ account, sequence });
  const info = Buffer.from(`${account}\0${sequence}`, "utf8");
  const salt = hkdfSync("sha256", secret, Buffer.from(SALT_DOMAIN, "ascii"), info, SALT_BITS / 8);
  return BigInt(`0x${Buffer.from(salt).toString("hex")}`);
}

/**
 * Parses an institution's secret: hex digits, 32 bytes or more, one final newline allowed.
 * @throws FormatError, OutOfRangeError. Neither quotes the text.
 *
 * @example
 * ```ts
 * import { parseSecret } from "zkmargin/prove";
 *
 * console.log(parseSecret(secretText).length); // 32
 * ```
 */
export function parseSecret(hexText: string, path = "secret"): Uint8Array {
  const hex = hexText.replace(/\r?\n$/, "");
  if (!/^([0-9a-fA-F]{2})+$/.test(hex)) throw new FormatError(path, "pairs of hex digits", "other text");
  const secret = Uint8Array.from(Buffer.from(hex, "hex"));
  checkSecret(secret, path);
  return secret;
}

function checkSecret(secret: Uint8Array, path: string): void {
  if (secret.length < SECRET_BYTES)
    throw new OutOfRangeError(path, `at least ${SECRET_BYTES} bytes`, "fewer");
  if (secret.every((byte) => byte === secret[0]))
    throw new OutOfRangeError(path, "random bytes", "one byte repeated");
}
