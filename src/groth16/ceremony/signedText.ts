import { secp256k1 } from "@noble/curves/secp256k1";
import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils";
import { isPrintable, type ObjectReader } from "../../encoding/objectReader.js";
import { FormatError } from "../../errors.js";

/** A signer of texts with an Ethereum key. */
export interface TextSigner {
  /** 0x and 40 hex digits, with its checksum. */
  readonly address: string;
  /** Signs by EIP-191 (`personal_sign`): r, s and v, 0x and 130 hex digits. */
  sign(text: string): Promise<string>;
}

/**
 * Who signed a text by EIP-191, with the address's checksum; undefined for a signature of nobody, or not in its one notation.
 * It needs no node and no ethers, so that proofs of lineage are checked wherever keys are.
 */
export function signerOf(text: string, signature: string): string | undefined {
  const match = /^0x([0-9a-f]{128})(1b|1c)$/.exec(signature);
  if (match === null) return undefined;
  const [, compact = "", v] = match;
  const body = utf8ToBytes(text);
  const prefix = utf8ToBytes(`\u0019Ethereum Signed Message:\n${body.length}`);
  try {
    const parsed = secp256k1.Signature.fromCompact(compact).addRecoveryBit(v === "1b" ? 0 : 1);
    if (parsed.hasHighS()) return undefined;
    const point = parsed.recoverPublicKey(keccak_256(concatBytes(prefix, body)));
    return withChecksum(bytesToHex(keccak_256(point.toRawBytes(false).slice(1)).slice(12)));
  } catch {
    return undefined;
  }
}

/** An address of 40 lower-case hex digits with 0x and its checksum (EIP-55). */
export function withChecksum(digits: string): string {
  const hash = bytesToHex(keccak_256(utf8ToBytes(digits)));
  const cased = [...digits].map((digit, i) =>
    Number.parseInt(hash[i] ?? "0", 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${cased.join("")}`;
}

/**
 * Text of people that a terminal may show: 1 to `max` UTF-16 units, as {@link isPrintable} has them.
 * @throws FormatError
 */
export function checkPrintable(text: string, max: number, path: string): string {
  if (text.length > max || !isPrintable(text))
    throw new FormatError(path, `1 to ${max} printable characters`, "other text");
  return text;
}

/** A BLAKE2b-512 in a field, in the one notation that files have it in. @throws FormatError */
export function readHash(file: ObjectReader, field: string): string {
  const text = file.string(field);
  if (!/^[0-9a-f]{128}$/.test(text))
    throw new FormatError(file.at(field), "a BLAKE2b-512 as 128 hex digits", "other text");
  return text;
}

/** An address with its checksum. @throws FormatError */
export function readAddress(file: ObjectReader, field: string): string {
  const text = file.string(field);
  if (!/^0x[0-9a-fA-F]{40}$/.test(text) || withChecksum(text.slice(2).toLowerCase()) !== text)
    throw new FormatError(
      file.at(field),
      "an address of 0x and 40 hex digits with its checksum",
      "other text",
    );
  return text;
}

/** A signature of 65 bytes. @throws FormatError */
export function readSignature(file: ObjectReader, field: string): string {
  const text = file.string(field);
  if (!/^0x[0-9a-f]{130}$/.test(text))
    throw new FormatError(file.at(field), "a signature of 0x and 130 hex digits", "other text");
  return text;
}
