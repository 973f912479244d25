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

/** The typed data that they sign for a book with a sleeve: the book's, and what the sleeve's numbers hold for. */
export const SLEEVED_BOOK_TYPES = {
  SleevedBook: [
    ...BOOK_TYPES.Book,
    { name: "ledger", type: "address" },
    { name: "pricedAt", type: "uint64" },
    { name: "band", type: "uint16" },
    { name: "until", type: "uint64" },
    { name: "shocks", type: "bytes32" },
  ],
};

/** The terms of a book's sleeve, in a {@link bookDigest}. */
export interface SleeveTerms {
  /** Address of the ledger whose round it was priced at. */
  readonly ledger: string;
  /** Number of that round. */
  readonly pricedAt: bigint;
  /** Relative move of prices through which the numbers hold, basis points. */
  readonly band: bigint;
  /** Unix seconds from which on they no longer hold. */
  readonly until: bigint;
  /** 32 bytes, hex: {@link shocksHash} of the profile that they were made for. */
  readonly shocks: string;
}

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

/** The terms of a book, in a {@link bookDigest}; the listing comes apart. Times in unix seconds. */
export interface AttestedTerms {
  /** 32 bytes, hex: the chain's id of the account. */
  readonly account: string;
  readonly commitment: bigint;
  readonly sequence: bigint;
  readonly asOf: bigint;
  readonly expiresAt: bigint;
  /** Absent in a book without a sleeve. */
  readonly sleeve?: SleeveTerms;
}

/**
 * A book's terms as EIP-712 typed data, for a wallet: the types, and the values by name. {@link bookDigest} hashes them.
 *
 * @example
 * ```ts
 * import { attestedMessage, DEFAULT_LISTING } from "zkmargin/protocol";
 *
 * const terms = { account: `0x${"11".repeat(32)}`, commitment: 7n, sequence: 1n, asOf: 1n, expiresAt: 2n };
 * console.log(Object.keys(attestedMessage(terms, DEFAULT_LISTING).types)); // ["Book"]
 * ```
 */
export function attestedMessage(
  { account, commitment, sequence, asOf, expiresAt, sleeve }: AttestedTerms,
  listing: Listing,
): {
  readonly types: Record<string, { readonly name: string; readonly type: string }[]>;
  readonly values: Readonly<Record<string, string | bigint>>;
} {
  const digest = `0x${listingDigest(listing).toString(16).padStart(64, "0")}`;
  const book = { account, commitment, sequence, asOf, expiresAt, listing: digest };
  if (sleeve === undefined) return { types: BOOK_TYPES, values: book };
  return { types: SLEEVED_BOOK_TYPES, values: { ...book, ...sleeve } };
}

/** The registry, chain and listing for which a book is signed. */
export interface SigningPlace {
  readonly chainId: bigint;
  readonly registry: string;
  readonly listing: Listing;
}

/**
 * What an attester signs: the hash of a book's terms (EIP-712). As BookRegistry.digestOf.
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
  const { types, values } = attestedMessage(terms, listing);
  const [[primary, fields] = ["", []]] = Object.entries(types);
  const type = `${primary}(${fields.map((field) => `${field.type} ${field.name}`).join(",")})`;
  const words = fields.map((field) => word(BigInt(values[field.name] ?? 0n)));
  const book = keccak_256(concatBytes(hashOfText(type), ...words));
  return keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), domain, book));
}

function hashOfText(text: string): Uint8Array {
  return keccak_256(utf8ToBytes(text));
}

/** 32 bytes, the most significant first. */
function word(value: bigint): Uint8Array {
  return hexToBytes(BigInt.asUintN(256, value).toString(16).padStart(64, "0"));
}
