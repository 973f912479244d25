import * as z from "zod/mini";
import { type DeepReadonly, document, integer, shaped } from "../encoding/shape.js";
import { isJsonObject, type JsonObject, parseStrictJson, privateKeys } from "../encoding/strictJson.js";
import { FormatError } from "../errors.js";
import type { Listing } from "../protocol/listing.js";
import { exactPositions, positionSchema } from "./position.js";
import { checkSleeveArrays, SLEEVE_KEYS, sleeveArraysSchema, sleeveArraysToJson } from "./sleeveFile.js";

const BOOK_FORMAT = "zkmargin/book@2";
/** The version before had no sleeve. It is still read, and never written. */
const BOOK_FORMAT_1 = "zkmargin/book@1";
const fields = {
  /** Name of the account or sub-account, 1 to 64 printable ASCII characters. */
  account: z.string(),
  /** Rises with every new book of the account; a commitment's salt is derived from both. */
  sequence: integer(0, Number.MAX_SAFE_INTEGER),
  /** Whether claims about it say "isolated": at most one perpetual and one collateral asset. */
  isolated: z.boolean(),
  positions: z.array(positionSchema),
};
const schema = document(BOOK_FORMAT, {
  ...fields,
  /** Arrays of what is not linear in a price. Their tangents come on top of the positions. */
  sleeve: z.exactOptional(sleeveArraysSchema),
});
const schema1 = document(BOOK_FORMAT_1, fields);
/** A book inside of another file. */
export const bookFields = schema;
/** Every key that a book may have. */
export const BOOK_KEYS: readonly string[] = [
  "format",
  "sleeve",
  ...Object.keys(fields),
  ...Object.keys(positionSchema.shape),
  ...SLEEVE_KEYS,
];
const quotable = privateKeys(BOOK_KEYS);

/** A book file, `zkmargin/book@2`: one margin account's positions in human units. Private. */
export type BookFile = DeepReadonly<z.infer<typeof schema>>;
/** Which account a book is of, and which of its books. */
export type BookHeader = Pick<BookFile, "account" | "sequence" | "isolated">;

/**
 * Parses a book file, of this version or the one before, and checks every field, amounts included, against the listing. Whether it fits a tier,
 * and whether it is isolated as it says, is denseBook's to check.
 *
 * @throws MalformedError, FormatError, MissingFieldError, UnknownFieldError, DuplicateFieldError,
 *   OutOfRangeError, PrecisionError, UnknownAssetError, DuplicateAssetError. None quotes what the file holds.
 *
 * @example
 * ```ts
 * import { parseBook } from "zkmargin/prove";
 *
 * console.log(parseBook(bookText, market.listing).positions.length > 0); // true
 * ```
 */
export function parseBook(text: string, listing: Listing, path = "book"): BookFile {
  const json = parseStrictJson(text, path, quotable);
  const isOld = isJsonObject(json) && json.format === BOOK_FORMAT_1;
  const book: BookFile = shaped(isOld ? schema1 : schema, json, { path, quotable });
  checkBookFile(book, listing, path);
  return book;
}

/** What no field of a book shows by itself, and its amounts. @throws as {@link parseBook} */
export function checkBookFile(book: BookFile, listing: Listing, path: string): void {
  checkHeader(book, path);
  if (book.sleeve) checkSleeveArrays(book.sleeve, `${path}.sleeve`);
  exactPositions(book.positions, listing, (i) => `${path}.positions[${i}]`);
}

/**
 * The text of a book file.
 *
 * @example
 * ```ts
 * import { parseBook, serialiseBook } from "zkmargin/prove";
 *
 * console.log(parseBook(serialiseBook(book), market.listing).account === book.account); // true
 * ```
 */
export function serialiseBook(book: BookFile): string {
  return `${JSON.stringify(bookToJson(book), null, 2)}\n`;
}

/** A book as JSON, in the order of its fields. */
export function bookToJson(book: BookFile): JsonObject {
  return {
    format: BOOK_FORMAT,
    account: book.account,
    sequence: book.sequence,
    isolated: book.isolated,
    positions: book.positions.map((position) => ({ ...position })),
    ...(book.sleeve === undefined ? {} : { sleeve: sleeveArraysToJson(book.sleeve) }),
  };
}

/** The name of an account, in a book and where it is opened. @throws FormatError */
export function checkAccountName(account: string, path: string): void {
  if (!/^[\x20-\x7e]{1,64}$/.test(account))
    throw new FormatError(path, "1 to 64 printable ASCII characters", "other text");
}

/** @throws FormatError naming `account` or `sequence`. */
export function checkHeader(
  { account, sequence }: Pick<BookHeader, "account" | "sequence">,
  path = "book",
): void {
  checkAccountName(account, `${path}.account`);
  if (!Number.isSafeInteger(sequence) || sequence < 0)
    throw new FormatError(`${path}.sequence`, "a whole number from 0, below 2^53", "another number");
}
