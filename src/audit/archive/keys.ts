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

/** Sequences are below 2^53, so a path from the root to a leaf has 53 turns. */
export const TREE_DEPTH = 53;
/** The largest sequence there is: the end of a scope that has none. */
export const LAST_SEQUENCE = (1n << BigInt(TREE_DEPTH)) - 1n;
/** Bytes of a key. */
export const KEY_BYTES = 32;
/** Most subtrees that a range of leaves falls into: two for each turn but the first. */
export const MOST_SUBTREES = 2 * (TREE_DEPTH - 1);

/** A node of the tree: `index` counts the nodes of its depth from the left. */
interface Node {
  readonly depth: number;
  readonly index: bigint;
}

/**
 * A binary tree of keys over all sequences of an account (Goldreich, Goldwasser and Micali): each node's children are
 * HMAC-SHA256 of 0 and of 1 under it, and the leaf of a sequence is its key. A node gives all leaves below it and
 * nothing else. So a few nodes open a range of sequences, and none of them says anything about a key outside it.
 */
export function leafKey(root: Uint8Array, sequence: bigint): Uint8Array {
  return descend(root, { depth: 0, index: 0n }, { depth: TREE_DEPTH, index: sequence });
}

/** The keys of the fewest subtrees that make up the sequences from `first` to `last`, in their order. */
export function rangeKeys(root: Uint8Array, first: bigint, last: bigint): Uint8Array[] {
  return subtrees(first, last).map((node) => descend(root, { depth: 0, index: 0n }, node));
}

/**
 * The key of a sequence from those of the range `first` … `last` that it lies in, as {@link rangeKeys} gives them;
 * undefined outside of the range.
 */
export function leafKeyInRange(
  keys: readonly Uint8Array[],
  { first, last }: { readonly first: bigint; readonly last: bigint },
  sequence: bigint,
): Uint8Array | undefined {
  if (sequence < first || sequence > last) return undefined;
  const nodes = subtrees(first, last);
  const at = nodes.findIndex(({ depth, index }) => sequence >> BigInt(TREE_DEPTH - depth) === index);
  const [node, key] = [nodes[at], keys[at]];
  if (node === undefined || key === undefined) return undefined;
  return descend(key, node, { depth: TREE_DEPTH, index: sequence });
}

/** The fewest subtrees that have exactly the leaves from `first` to `last`, in their order. */
export function subtrees(first: bigint, last: bigint): Node[] {
  const nodes: Node[] = [];
  for (let at = first; at <= last; ) {
    // The largest subtree that begins here and does not reach beyond the end.
    let height = 0;
    while (height < TREE_DEPTH && isMultiple(at, height + 1) && at + (1n << BigInt(height + 1)) - 1n <= last)
      height++;
    nodes.push({ depth: TREE_DEPTH - height, index: at >> BigInt(height) });
    at += 1n << BigInt(height);
  }
  return nodes;
}

function isMultiple(value: bigint, powerOfTwo: number): boolean {
  return value % (1n << BigInt(powerOfTwo)) === 0n;
}

/** Walks from the key of a node to that of one below it. */
function descend(key: Uint8Array, from: Node, to: Node): Uint8Array {
  let at = key;
  for (let turn = to.depth - from.depth - 1; turn >= 0; turn--) {
    const bit = Number((to.index >> BigInt(turn)) & 1n);
    at = createHmac("sha256", at).update(Uint8Array.of(bit)).digest();
  }
  return at;
}

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
