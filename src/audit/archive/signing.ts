import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519";

/** Signs the records of one archive. */
export interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** The signer of Ed25519 whose private key is that seed of 32 bytes. */
export function signerOf(seed: Uint8Array): Signer {
  const publicKey = ed25519.getPublicKey(seed);
  const key = createPrivateKey({ key: { ...jwk(publicKey), d: base64url(seed) }, format: "jwk" });
  return { publicKey, sign: (message) => sign(null, message, key) };
}

/** What tells signatures of a public key from other bytes. */
export function signatureCheck(
  publicKey: Uint8Array,
): (message: Uint8Array, signature: Uint8Array) => boolean {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk(publicKey), format: "jwk" });
  } catch {
    return () => false;
  }
  return (message, signature) => verify(null, message, key, signature);
}

function jwk(publicKey: Uint8Array): { kty: string; crv: string; x: string } {
  return { kty: "OKP", crv: "Ed25519", x: base64url(publicKey) };
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
