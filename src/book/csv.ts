import { cell, parseCsv } from "../encoding/csv.js";
import { FormatError } from "../errors.js";
import type { Listing } from "../protocol/listing.js";
import { type BookFile, type BookHeader, checkHeader } from "./file.js";
import { exactPositions, type Position } from "./position.js";

const HEADER = "asset,spot,perp,entry price,entry funding";

/**
 * Imports a book from CSV with exactly the columns `asset,spot,perp,entry price,entry funding`, in human units.
 * The last three may be blank, which means absent. Lines may end in LF or CRLF.
 *
 * @throws MalformedError, FormatError, PrecisionError, OutOfRangeError, UnknownAssetError, DuplicateAssetError,
 *   MissingFieldError, with paths such as `book.line3.spot`. None quotes what the file holds.
 */
export function importBookCsv(text: string, header: BookHeader, listing: Listing, path = "book"): BookFile {
  checkHeader(header, path);
  const table = parseCsv(text, path);
  if (table.header.join() !== HEADER)
    throw new FormatError(`${path}.line1`, `the columns ${HEADER}`, "others");
  const positions = table.rows.map((row): Position => {
    const [entryPrice, entryFunding] = [cell(row, 3), cell(row, 4)];
    return {
      asset: cell(row, 0),
      spot: cell(row, 1),
      perp: cell(row, 2) === "" ? "0" : cell(row, 2),
      ...(entryPrice === "" ? {} : { entryPrice }),
      ...(entryFunding === "" ? {} : { entryFunding }),
    };
  });
  exactPositions(positions, listing, (i) => table.rows[i]?.path ?? path);
  const { account, sequence, isolated } = header;
  return { account, sequence, isolated, positions };
}
