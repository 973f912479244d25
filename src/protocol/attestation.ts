import { keccak_256 } from "@noble/hashes/sha3";
import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils";
import { type Listing, listingDigest } from "./listing.js";

/** The EIP-712 typed data that attesters sign for a book: see BookRegistry. */
export const BOOK_TYPES = {
  Book: [
    { name: "account", type: "bytes32" },
    { name: "commitment", type: "uint256" },
    { name: "sequence", type: "uint64" },
    { name: "asOf", type: "uint64" },
    { name: "expiresAt", type: "uint64" },
    { name: "listing", type: "bytes32" },
  ],
};

/**
 * The EIP-712 domain in which attesters sign a book.
 *
 * @example
 * ```ts
 * import { signingDomain } from "zkmargin/protocol";
 *
 * const domain = signingDomain({ chainId: 1n, registry: `0x${"22".repeat(20)}` });
 * console.log(domain.name, domain.version); // zkmargin BookRegistry 1
 * ```
 */
export function signingDomain({
  chainId,
  registry,
}: {
  readonly chainId: bigint;
  readonly registry: string;
}) {
  return { name: "zkmargin BookRegistry", version: "1", chainId, verifyingContract: registry };
}

/** What attesters sign for a book, except the book itself. Times in unix seconds. */
export interface AttestedTerms {
  /** 32 bytes, hex: the chain's id of the account. */
  readonly account: string;
  readonly commitment: bigint;
  readonly sequence: bigint;
  readonly asOf: bigint;
  readonly expiresAt: bigint;
}

/** The registry, chain and listing for which a book is signed. */
export interface SigningPlace {
  readonly chainId: bigint;
  readonly registry: string;
  readonly listing: Listing;
}

/**
 * The hash that an attester signs for a book (EIP-712), as BookRegistry.digestOf computes it.
 *
 * @example
 * ```ts
 * import { bookDigest, DEFAULT_LISTING } from "zkmargin/protocol";
 *
 * const terms = { account: `0x${"11".repeat(32)}`, commitment: 7n, sequence: 1n, asOf: 1_621_209_600n, expiresAt: 1_621_296_000n };
 * const digest = bookDigest(terms, { chainId: 1n, registry: `0x${"22".repeat(20)}`, listing: DEFAULT_LISTING });
 * console.log(digest.length); // 32
 * ```
 */
export function bookDigest(terms: AttestedTerms, { chainId, registry, listing }: SigningPlace): Uint8Array {
  const { name, version } = signingDomain({ chainId, registry });
  const domain = keccak_256(
    concatBytes(
      hashOfText("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
      hashOfText(name),
      hashOfText(version),
      word(chainId),
      word(BigInt(registry)),
    ),
  );
  const values: Readonly<Record<string, bigint>> = {
    ...terms,
    account: BigInt(terms.account),
    listing: listingDigest(listing),
  };
  const type = `Book(${BOOK_TYPES.Book.map((field) => `${field.type} ${field.name}`).join(",")})`;
  const fields = BOOK_TYPES.Book.map((field) => word(values[field.name] ?? 0n));
  const book = keccak_256(concatBytes(hashOfText(type), ...fields));
  return keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), domain, book));
}

function hashOfText(text: string): Uint8Array {
  return keccak_256(utf8ToBytes(text));
}

/** 32 bytes, the most significant first. */
function word(value: bigint): Uint8Array {
  return hexToBytes(BigInt.asUintN(256, value).toString(16).padStart(64, "0"));
}
