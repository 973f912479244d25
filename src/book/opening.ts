import { TooManyError } from "../errors.js";
import { checkBook } from "../protocol/checks.js";
import { commitBook } from "../protocol/commitment.js";
import { type Listing, listingDigest } from "../protocol/listing.js";
import type { Book } from "../protocol/types.js";
import type { BookFile, BookHeader } from "./bookFile.js";
import { BASIS_SCALE, exactPositions } from "./position.js";
import { deriveSalt } from "./salt.js";
import { addTangents, type SleeveArraysFile, sleeveNumbers } from "./sleeveFile.js";

/** A commitment and all that opens it. Private. */
export interface Opening extends BookHeader {
  readonly book: Book;
  readonly salt: bigint;
  readonly commitment: bigint;
  /** Its sleeve's arrays, what they were made for, and of; absent without one. */
  readonly sleeve?: SleeveArraysFile;
}

/**
 * Opens a book for a tier of `assets` slots: with its salt and its commitment, which `commitBook` makes. The same book, secret,
 * account and sequence give the same commitment every time.
 * @throws what denseBook and deriveSalt throw.
 *
 * @example
 * ```ts
 * import { openBook } from "zkmargin/prove";
 *
 * const { commitment } = openBook(book, secret, market.listing, tier); // attested by signature
 * console.log(commitment > 0n); // true
 * ```
 */
export function openBook(
  file: BookFile,
  secret: Uint8Array,
  listing: Listing,
  tier: { readonly assets: number },
): Opening {
  return openWithSalt(file, deriveSalt(secret, file.account, file.sequence), listing, tier);
}

/** As {@link openBook}, with the salt that the secret gives for this account and sequence. @throws what denseBook throws */
export function openWithSalt(
  file: BookFile,
  salt: bigint,
  listing: Listing,
  tier: { readonly assets: number },
): Opening {
  const { account, sequence, isolated, sleeve } = file;
  const book = denseBook(file, listing, tier.assets);
  return {
    book,
    salt,
    commitment: commitBook(book, salt, listingDigest(listing)),
    account,
    sequence,
    isolated,
    ...(sleeve === undefined ? {} : { sleeve }),
  };
}

/**
 * The book as dense arrays over `assets` slots, every amount exact, a sleeve's tangents among its perpetuals. The basis is the one number that is
 * rounded: summed exactly over all positions, then floored to attodollars, against the account.
 *
 * @throws TooManyError (positions, or a listing, beyond the slots), NotIsolatedError, and what
 *   {@link exactPositions} throws. None quotes an amount or an asset.
 *
 * @example
 * ```ts
 * import { denseBook } from "zkmargin/prove";
 *
 * console.log(denseBook(book, market.listing, tier.assets).spot.length); // 16
 * ```
 */
export function denseBook(book: BookFile, listing: Listing, assets: number, path = "book"): Book {
  const positions = `${path}.positions`;
  if (book.positions.length > assets) throw new TooManyError(positions, `at most ${assets} assets`, "more");
  if (listing.length > assets)
    throw new TooManyError("listing", `at most ${assets} assets`, String(listing.length));

  const spot = new Array<bigint>(assets).fill(0n);
  const perp = new Array<bigint>(assets).fill(0n);
  let basis = 0n;
  for (const position of exactPositions(book.positions, listing, (i) => `${positions}[${i}]`)) {
    spot[position.slot] = position.spot;
    perp[position.slot] = position.perp;
    basis += position.basis;
  }
  const linear = { spot, perp, basis: floorDiv(basis, BASIS_SCALE) };
  const dense =
    book.sleeve === undefined ? linear : withSleeve(linear, book.sleeve, listing, `${path}.sleeve`);
  checkBook(dense, { isolated: book.isolated, path });
  return dense;
}

/** The book with a sleeve in it: its tangents, and its numbers. */
function withSleeve(book: Book, sleeve: SleeveArraysFile, listing: Listing, path: string): Book {
  return { ...addTangents(book, sleeve.tangents, listing, path), sleeve: sleeveNumbers(sleeve) };
}

function floorDiv(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  return numerator % denominator < 0n ? quotient - 1n : quotient;
}
