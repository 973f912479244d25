import * as z from "zod/mini";
import { hex } from "../encoding/address.js";
import { type DeepReadonly, document, shaped } from "../encoding/shape.js";
import { type JsonObject, parseStrictJson, privateKeys } from "../encoding/strictJson.js";
import { OutOfRangeError } from "../errors.js";
import type { Listing } from "../protocol/listing.js";
import { BOOK_KEYS, type BookFile, bookFields, bookToJson, checkBookFile } from "./bookFile.js";
import { saltField } from "./sleeveFile.js";

const FORMAT = "zkmargin/book-request@1";
const quotable = privateKeys([...BOOK_KEYS, "book", "salts"]);
/** Salts of one request at most: books of a month, at one an hour. */
export const MOST_SALTS = 744;

const schema = document(FORMAT, {
  /** The chain's id of the account. */
  account: hex(32),
  book: bookFields,
  /** Of the book's sequence, and of those after it. Each opens one commitment, and no other. */
  salts: z
    .array(z.strictObject({ book: saltField, detail: saltField }))
    .check(z.minLength(1, "at least one salt"), z.maxLength(MOST_SALTS, `${MOST_SALTS} salts at most`)),
});

/**
 * What an owner asks an attester to sign: a book, and the salts of its commitment and of its sleeve's detail. A book with a
 * sleeve is to be checked. One without may have a sleeve added by the attester, for each sequence that has a salt. Private.
 */
export type BookRequest = DeepReadonly<z.infer<typeof schema>>;

/**
 * Reads a file `zkmargin/book-request@1`.
 * @throws InputError naming the field; none quotes an amount
 */
export function parseBookRequest(text: string, listing: Listing, path = "request"): BookRequest {
  const request: BookRequest = shaped(schema, parseStrictJson(text, path, quotable), {
    path,
    expected: "the fields of a request",
    quotable,
  });
  const { book, salts } = request;
  checkBookFile(book, listing, `${path}.book`);
  if (book.sleeve !== undefined && salts.length > 1)
    throw new OutOfRangeError(`${path}.salts`, "one, as the book has a sleeve", String(salts.length));
  return request;
}

/** The text of a request. */
export function serialiseBookRequest({ account, book, salts }: BookRequest): string {
  const json: JsonObject = {
    format: FORMAT,
    account,
    book: bookToJson(book),
    salts: salts.map((each) => ({ book: String(each.book), detail: String(each.detail) })),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** The book of a request with another sequence, and the salts of that; undefined where the request has none. */
export function atSequence(
  { book, salts }: BookRequest,
  sequence: number,
): { readonly book: BookFile; readonly salts: BookRequest["salts"][number] } | undefined {
  const own = salts[sequence - book.sequence];
  return own === undefined ? undefined : { book: { ...book, sequence }, salts: own };
}
