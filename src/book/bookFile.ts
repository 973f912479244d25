import { ObjectReader } from "../encoding/objectReader.js";
import { type JsonObject, type JsonValue, parseStrictJson, privateKeys } from "../encoding/strictJson.js";
import { FormatError } from "../errors.js";
import type { Listing } from "../protocol/listing.js";
import { exactPositions, type Position } from "./position.js";

/** Which account a book is of, and which of its books. */
export interface BookHeader {
  /** Name of the account or sub-account, 1 to 64 printable ASCII characters. */
  readonly account: string;
  /** Rises with every new book of the account; a commitment's salt is derived from both. */
  readonly sequence: number;
  /** Whether claims about it say "isolated": at most one perpetual and one collateral asset. */
  readonly isolated: boolean;
}

/** A book file, `zkmargin/book@1`: one margin account's positions in human units. Private. */
export interface BookFile extends BookHeader {
  readonly positions: readonly Position[];
}

const BOOK_FORMAT = "zkmargin/book@1";
const HEADER_FIELDS = ["account", "sequence", "isolated"] as const;
const POSITION_FIELDS = ["asset", "spot", "perp", "entryPrice", "entryFunding"] as const;
const quotable = privateKeys(["format", ...HEADER_FIELDS, "positions", ...POSITION_FIELDS]);

/**
 * Parses a book file and checks every field, amounts included, against the listing. Whether it fits a tier,
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
  const file = ObjectReader.document(json, path, BOOK_FORMAT, [...HEADER_FIELDS, "positions"], quotable);
  const book: BookFile = {
    account: file.string("account"),
    sequence: file.integer("sequence", { min: 0, max: Number.MAX_SAFE_INTEGER }),
    isolated: file.boolean("isolated"),
    positions: file.list("positions", readPosition),
  };
  checkHeader(book, path);
  exactPositions(book.positions, listing, (i) => `${path}.positions[${i}]`);
  return book;
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
  const json: JsonObject = {
    format: BOOK_FORMAT,
    account: book.account,
    sequence: book.sequence,
    isolated: book.isolated,
    positions: book.positions.map((position) => ({ ...position })),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
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

function readPosition(value: JsonValue, path: string): Position {
  const position = ObjectReader.of(value, path, POSITION_FIELDS, quotable);
  const entryPrice = position.optionalString("entryPrice");
  const entryFunding = position.optionalString("entryFunding");
  return {
    asset: position.string("asset"),
    spot: position.string("spot"),
    perp: position.optionalString("perp") ?? "0",
    ...(entryPrice === undefined ? {} : { entryPrice }),
    ...(entryFunding === undefined ? {} : { entryFunding }),
  };
}
