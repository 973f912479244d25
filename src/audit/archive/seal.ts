import { hkdfSync, randomBytes } from "node:crypto";
import { xchacha20poly1305 } from "@noble/ciphers/chacha";
import { x25519 } from "@noble/curves/ed25519";
import * as z from "zod/mini";
import { readBy, shaped } from "../../encoding/shape.js";
import { type JsonObject, parseStrictJson, privateKeys } from "../../encoding/strictJson.js";
import { FormatError, StatementMismatchError } from "../../errors.js";
import { KEY_BYTES } from "./keys.js";

const NONCE_BYTES = 24;
const BOX_DOMAIN = "zkmargin/archive-box@1";
const KEY_FORMAT = "zkmargin/auditor-key@1";
const quotable = privateKeys(["format", "publicKey", "privateKey"]);

/**
 * Seals a text under a key with XChaCha20-Poly1305: nonce, then ciphertext and tag. The text is padded with spaces to
 * `length` bytes, so that nobody can tell by its size what is in it. `context` is authenticated with it: what was sealed in
 * one place does not open in another.
 */
export function seal(key: Uint8Array, text: string, length: number, context: string): Uint8Array {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > length) throw new RangeError(`a text of ${bytes.length} bytes does not fit ${length}`);
  const padded = Buffer.alloc(length, " ");
  padded.set(bytes);
  const nonce = randomBytes(NONCE_BYTES);
  return Buffer.concat([nonce, xchacha20poly1305(key, nonce, utf8(context)).encrypt(padded)]);
}

/** The inverse of {@link seal}, padding included; undefined if the key or the context is another, or a bit has changed. */
export function unseal(key: Uint8Array, sealed: Uint8Array, context: string): string | undefined {
  if (sealed.length < NONCE_BYTES) return undefined;
  const cipher = xchacha20poly1305(key, sealed.subarray(0, NONCE_BYTES), utf8(context));
  try {
    return Buffer.from(cipher.decrypt(sealed.subarray(NONCE_BYTES))).toString("utf8");
  } catch {
    return undefined;
  }
}

const keyFile = z.strictObject({
  format: z.literal(KEY_FORMAT),
  publicKey: readBy(parseAuditorPublicKey),
  privateKey: readBy(parseAuditorPublicKey),
});

/** A key pair of X25519. */
export type KeyPair = Readonly<Omit<z.infer<typeof keyFile>, "format">>;

/**
 * A new key pair from the system's source of randomness.
 *
 * @example
 * ```ts
 * import { newKeyPair } from "zkmargin/audit";
 *
 * const { publicKey } = newKeyPair();
 * console.log(publicKey.length); // 32
 * ```
 */
export function newKeyPair(): KeyPair {
  return keyPairOf(randomBytes(KEY_BYTES));
}

export function keyPairOf(privateKey: Uint8Array): KeyPair {
  return { privateKey, publicKey: x25519.getPublicKey(privateKey) };
}

/**
 * As {@link seal}, for the holder of `to`'s private key: under a key that HKDF-SHA256 makes of the secret that a pair
 * used once and never again shares with it. The public key of that pair comes first.
 * @throws FormatError for a public key of small order, with which the secret would be none
 */
export function sealTo(to: Uint8Array, text: string, length: number, context: string): Uint8Array {
  const once = newKeyPair();
  const key = sharedKey(once.privateKey, to, once.publicKey, to);
  if (key === undefined) throw new FormatError("auditor", "a public key of X25519", "one of small order");
  return Buffer.concat([once.publicKey, seal(key, text, length, context)]);
}

/** The inverse of {@link sealTo}; undefined if it was sealed to somebody else, in another context, or a bit has changed. */
export function unsealBox(pair: KeyPair, box: Uint8Array, context: string): string | undefined {
  if (box.length < KEY_BYTES) return undefined;
  const once = box.subarray(0, KEY_BYTES);
  const key = sharedKey(pair.privateKey, once, once, pair.publicKey);
  return key === undefined ? undefined : unseal(key, box.subarray(KEY_BYTES), context);
}

function sharedKey(
  privateKey: Uint8Array,
  publicKey: Uint8Array,
  once: Uint8Array,
  recipient: Uint8Array,
): Uint8Array | undefined {
  let secret: Uint8Array;
  try {
    secret = x25519.getSharedSecret(privateKey, publicKey);
  } catch {
    return undefined;
  }
  const info = Buffer.concat([once, recipient]);
  return new Uint8Array(hkdfSync("sha256", secret, utf8(BOX_DOMAIN), info, KEY_BYTES));
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}

/**
 * The text of an auditor's key file, `zkmargin/auditor-key@1`. Private.
 *
 * @example
 * ```ts
 * import { newKeyPair, parseAuditorKey, serialiseAuditorKey } from "zkmargin/audit";
 *
 * const pair = newKeyPair();
 * console.log(parseAuditorKey(serialiseAuditorKey(pair)).publicKey.length); // 32
 * ```
 */
export function serialiseAuditorKey({ publicKey, privateKey }: KeyPair): string {
  const json: JsonObject = { format: KEY_FORMAT, publicKey: toHex(publicKey), privateKey: toHex(privateKey) };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/**
 * Parses an auditor's key file.
 * @throws InputError of the class that fits, StatementMismatchError if the two keys are no pair. None quotes a key.
 *
 * @example
 * ```ts
 * import { newKeyPair, parseAuditorKey, serialiseAuditorKey } from "zkmargin/audit";
 *
 * console.log(parseAuditorKey(serialiseAuditorKey(newKeyPair())).privateKey.length); // 32
 * ```
 */
export function parseAuditorKey(text: string, path = "key"): KeyPair {
  const json = parseStrictJson(text, path, quotable);
  const read = shaped(keyFile, json, { path, expected: `the fields of ${KEY_FORMAT}`, quotable });
  const pair = keyPairOf(read.privateKey);
  if (toHex(pair.publicKey) !== toHex(read.publicKey))
    throw new StatementMismatchError(
      `${path}.publicKey`,
      "the one that belongs to the private key",
      "another",
      "the file was edited or damaged; take a copy of it",
    );
  return pair;
}

/**
 * A key of X25519 in hex. @throws FormatError, which does not quote it
 *
 * @example
 * ```ts
 * import { parseAuditorPublicKey } from "zkmargin/audit";
 *
 * console.log(parseAuditorPublicKey("00".repeat(31) + "09").length); // 32
 * ```
 */
export function parseAuditorPublicKey(text: string, path = "auditor"): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new FormatError(path, "a key of 64 small hex digits (zkmargin archive keygen)", "other text");
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
