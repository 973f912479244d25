import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519";
import { KEY_BYTES } from "./keyTree.js";

/** Random bytes that a new archive begins its identity with. */
export const ARCHIVE_NONCE_BYTES = 16;

/** The two keys of one account. */
export interface AccountKeys {
  /** Opens the sequence numbers of all records of the account; every grant of the account holds it. */
  readonly mark: Uint8Array;
  /** Root of the account's key tree, from which every book of the account can be opened. */
  readonly tree: Uint8Array;
}

/** The keys that an institution derives from its secret for one archive. */
export interface InstitutionKeys {
  /** What every record names its archive by: the archive's nonce and its public key, hex. */
  readonly archive: string;
  readonly signer: Signer;
  /** Opens what the institution notes for itself on each record. */
  readonly label: Uint8Array;
  account(name: string): AccountKeys;
}

/**
 * All keys of an archive, by HKDF-SHA256 of the secret, bound to the archive's nonce and to their use. Salts come of the same
 * secret by another label, so neither says anything of the other; and neither do two salts, or the keys of two archives.
 */
export function institutionKeys(secret: Uint8Array, nonce: Uint8Array): InstitutionKeys {
  const key = (use: string) =>
    new Uint8Array(hkdfSync("sha256", secret, nonce, Buffer.from(`zkmargin/archive@1\0${use}`), KEY_BYTES));
  const signer = signerOf(key("signer"));
  return {
    archive: Buffer.concat([nonce, signer.publicKey]).toString("hex"),
    signer,
    label: key("label"),
    account: (name) => {
      const account = key(`account\0${name}`);
      const part = (of: string) => createHmac("sha256", account).update(of).digest();
      return { mark: part("mark"), tree: part("tree") };
    },
  };
}

/** The two parts of an archive's identity; undefined for another text. */
export function archiveIdentity(
  archive: string,
): { readonly nonce: Uint8Array; readonly publicKey: Uint8Array } | undefined {
  const bytes = ARCHIVE_NONCE_BYTES + KEY_BYTES;
  if (!/^[0-9a-f]+$/.test(archive) || archive.length !== 2 * bytes) return undefined;
  const all = Uint8Array.from(Buffer.from(archive, "hex"));
  return { nonce: all.subarray(0, ARCHIVE_NONCE_BYTES), publicKey: all.subarray(ARCHIVE_NONCE_BYTES) };
}

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
