import { secp256k1 } from "@noble/curves/secp256k1";
import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils";
import * as z from "zod/mini";
import { FormatError } from "../errors.js";
import { readBy } from "./shape.js";

/** The address that contracts give for none. */
export const NO_ADDRESS = `0x${"00".repeat(20)}`;

/**
 * An Ethereum address in a schema, read with its checksum. Capitals are a checksum, so that a mistyped one is noticed; the zero
 * address is nobody's.
 */
export const address = readBy((text, path): string => {
  const read = checksummed(text);
  if (read === undefined)
    throw new FormatError(
      path,
      "an address: 0x and 40 hex digits, with a right checksum or without capitals",
      "other text",
    );
  if (/^0x0{40}$/.test(read)) throw new FormatError(path, "somebody's address", "the zero address");
  return read;
});

/** Bytes in a schema, 0x and pairs of hex digits: so many of them, or at least one. */
export function hex(bytes?: number): z.ZodMiniType<string, string> {
  const notation = new RegExp(`^0x([0-9a-fA-F]{2}){${bytes ?? "1,"}}$`);
  return z.string().check(z.regex(notation, `0x and ${bytes ?? "some"} bytes in hex digits`));
}

/** An address with its checksum; undefined for text that is none, or that mixes cases otherwise than its checksum does. */
export function checksummed(text: string): string | undefined {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return undefined;
  const address = withChecksum(text.slice(2).toLowerCase());
  const mixed = /[a-f]/.test(text.slice(2)) && /[A-F]/.test(text);
  return mixed && address !== text ? undefined : address;
}

/** The address of 40 lower-case hex digits: 0x, and each letter a capital where EIP-55 has one. */
function withChecksum(digits: string): string {
  const hash = bytesToHex(keccak_256(utf8ToBytes(digits)));
  const cased = [...digits].map((digit, i) =>
    Number.parseInt(hash[i] ?? "0", 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${cased.join("")}`;
}

/**
 * The address whose key signed a hash, with its checksum; undefined for a signature that is invalid, or not in its one notation:
 * 0x, r, s of the lower half, and v of 27 or 28. The curve and the hash come from @noble, as in ethers, so that a browser
 * needs no ethers.
 */
export function signerOfHash(hash: Uint8Array, signature: string): string | undefined {
  const match = /^0x([0-9a-f]{128})(1b|1c)$/.exec(signature);
  if (match === null) return undefined;
  const [, compact = "", v] = match;
  try {
    const parsed = secp256k1.Signature.fromCompact(compact).addRecoveryBit(v === "1b" ? 0 : 1);
    if (parsed.hasHighS()) return undefined;
    const point = parsed.recoverPublicKey(hash);
    return withChecksum(bytesToHex(keccak_256(point.toRawBytes(false).slice(1)).slice(12)));
  } catch {
    return undefined;
  }
}
