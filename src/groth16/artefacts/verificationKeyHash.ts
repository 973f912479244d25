import { sha256OfText } from "../../encoding/sha256.js";
import type { VerificationKey } from "./verificationKey.js";

// Apart from what reads keys, whose parser the verifying page must not hold: its policy forbids what that tries.
/** The name of a key everywhere: SHA-256 of its JSON with sorted keys and no spaces, so that layout does not matter. */
export function verificationKeyHash(key: VerificationKey): string {
  const sorted = Object.fromEntries(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)));
  return sha256OfText(JSON.stringify(sorted));
}
