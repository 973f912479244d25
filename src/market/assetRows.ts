import { type CsvRow, cell, parseCsv } from "../encoding/csv.js";
import { DuplicateAssetError, FormatError, MissingFieldError, UnknownAssetError } from "../errors.js";
import { type ListedAsset, type Listing, slotOf } from "../protocol/listing.js";

/**
 * Parses a CSV that has one row for every listed asset, in any order, its symbol in the first column.
 * @param columns the header, such as `asset,index`
 * @returns what `read` makes of the rows, in the listing's order
 * @throws MalformedError, FormatError (other columns), UnknownAssetError, DuplicateAssetError, MissingFieldError, and
 *   what `read` throws
 */
export function parseAssetRows<T>(
  text: string,
  listing: Listing,
  path: string,
  columns: string,
  read: (row: CsvRow, asset: ListedAsset) => T,
): T[] {
  const { header, rows } = parseCsv(text, path);
  if (header.join() !== columns) throw new FormatError(`${path}.line1`, `the columns ${columns}`, "others");
  const bySlot = new Map<number, T>();
  for (const row of rows) {
    const symbol = cell(row, 0);
    const slot = slotOf(listing, symbol) ?? -1;
    const asset = listing[slot];
    if (!asset) throw new UnknownAssetError(`${row.path}.asset`, "a listed asset", JSON.stringify(symbol));
    if (bySlot.has(slot)) throw new DuplicateAssetError(`${row.path}.asset`, "each asset once", symbol);
    bySlot.set(slot, read(row, asset));
  }
  return listing.map(({ symbol }, slot) => {
    if (!bySlot.has(slot))
      throw new MissingFieldError(path, `a row for every listed asset, ${symbol} too`, "none");
    return bySlot.get(slot) as T;
  });
}
