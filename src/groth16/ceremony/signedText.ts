import { keccak_256 } from "@noble/hashes/sha3";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils";
import * as z from "zod/mini";
import { checksummed, signerOfHash } from "../../encoding/address.js";
import { isPrintable } from "../../encoding/shape.js";
import { FormatError } from "../../errors.js";

/** A signer of texts with an Ethereum key. */
export interface TextSigner {
  /** 0x and 40 hex digits, with its checksum. */
  readonly address: string;
  /** Signs by EIP-191 (`personal_sign`): r, s and v, 0x and 130 hex digits. */
  sign(text: string): Promise<string>;
}

/** The address that signed a text by EIP-191, as {@link signerOfHash} finds it; undefined if nobody did. */
export function signerOf(text: string, signature: string): string | undefined {
  return signerOfHash(messageHash(text), signature);
}

/** What is signed of a text (EIP-191, version 0x45): Keccak-256 of it behind a prefix that no transaction begins with. */
function messageHash(text: string): Uint8Array {
  const body = utf8ToBytes(text);
  return keccak_256(concatBytes(utf8ToBytes(`\u0019Ethereum Signed Message:\n${body.length}`), body));
}

/**
 * Checks text that people wrote and a terminal may show: 1 to `max` UTF-16 units, as {@link isPrintable} allows.
 * @throws FormatError
 */
export function checkPrintable(text: string, max: number, path: string): string {
  if (text.length > max || !isPrintable(text))
    throw new FormatError(path, `1 to ${max} printable characters`, "other text");
  return text;
}

/** A BLAKE2b-512 in a signed file, in its one notation. */
export const blake2bField = z.string().check(z.regex(/^[0-9a-f]{128}$/, "a BLAKE2b-512 as 128 hex digits"));

/** An address in a signed file: the text itself is signed, so only the one with its checksum will do. */
export const addressField = z
  .string()
  .check(
    z.refine((text) => checksummed(text) === text, "an address of 0x and 40 hex digits with its checksum"),
  );

/** A signature of 65 bytes. */
export const signatureField = z
  .string()
  .check(z.regex(/^0x[0-9a-f]{130}$/, "a signature of 0x and 130 hex digits"));
