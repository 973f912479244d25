import { sha256 as digest } from "@noble/hashes/sha2";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils";

/**
 * SHA-256 of a text in UTF-8, as 64 lower-case hexadecimal digits. Names what is public: markets, listings, keys.
 * It needs nothing of Node, so that a browser can check the same names.
 */
export function sha256OfText(text: string): string {
  return bytesToHex(digest(utf8ToBytes(text)));
}
