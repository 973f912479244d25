import { TooManyError } from "../errors.js";
import { checkBook } from "../protocol/checks.js";
import type { Listing } from "../protocol/listing.js";
import type { Book } from "../protocol/types.js";
import type { BookFile } from "./file.js";
import { BASIS_SCALE, exactPositions } from "./position.js";

/**
 * The book as dense arrays over `assets` slots, every amount exact. The basis is the one number that is
 * rounded: summed exactly over all positions, then floored to attodollars, against the account.
 *
 * @throws TooManyError (positions, or a listing, beyond the slots), NotIsolatedError, and what
 *   {@link exactPositions} throws. None quotes an amount or an asset.
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
  const dense = { spot, perp, basis: floorDiv(basis, BASIS_SCALE) };
  checkBook(dense, { isolated: book.isolated, path });
  return dense;
}

function floorDiv(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  return numerator % denominator < 0n ? quotient - 1n : quotient;
}
