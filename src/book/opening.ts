import { type Listing, listingDigest } from "../protocol/listing.js";
import type { Book } from "../protocol/types.js";
import { commitBook } from "./commitment.js";
import { denseBook } from "./dense.js";
import type { BookFile, BookHeader } from "./file.js";
import { deriveSalt } from "./salt.js";

/** A commitment and all that opens it. Private. */
export interface Opening extends BookHeader {
  readonly book: Book;
  readonly salt: bigint;
  readonly commitment: bigint;
}

/**
 * Commits to a book for a tier of `assets` slots. The same book, secret, account and sequence give the same
 * commitment every time.
 * @throws what denseBook and deriveSalt throw.
 */
export function openBook(
  file: BookFile,
  secret: Uint8Array,
  listing: Listing,
  tier: { readonly assets: number },
): Opening {
  const { account, sequence, isolated } = file;
  const book = denseBook(file, listing, tier.assets);
  const salt = deriveSalt(secret, account, sequence);
  return {
    book,
    salt,
    commitment: commitBook(book, salt, listingDigest(listing)),
    account,
    sequence,
    isolated,
  };
}
