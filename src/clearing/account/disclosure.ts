import * as z from "zod/mini";
import type { DisclosedBook } from "../../audit/contracts/houseState.js";
import { hex } from "../../encoding/address.js";
import { document, shaped } from "../../encoding/shape.js";
import { parseStrictJson, privateKeys } from "../../encoding/strictJson.js";
import { jsonText, whole } from "../notation.js";
import { noteSchema } from "./offer.js";

const FORMAT = "zkmargin/cleared-books@1";
const opening = z.strictObject({ perp: z.array(whole), basis: whole, salt: whole });
const book = z.strictObject({
  account: hex(32),
  opening,
  /** The notes that it took. */
  notes: z.array(noteSchema),
});
const schema = document(FORMAT, { books: z.array(book) });
const quotable = privateKeys([
  ...["format", "books", "account", "opening", "notes"],
  ...Object.keys(opening.shape),
  ...Object.keys(noteSchema.shape),
]);

/**
 * Reads the books that a member disclosed, for an auditor.
 * @throws what the parsers of this package throw
 *
 * @example
 * ```ts
 * import { parseDisclosedBooks, serialiseDisclosedBooks } from "zkmargin/clearing";
 *
 * console.log(parseDisclosedBooks(serialiseDisclosedBooks(clearedBooks)).length); // 1
 * ```
 */
export function parseDisclosedBooks(text: string, path = "disclosure"): readonly DisclosedBook[] {
  return shaped(schema, parseStrictJson(text, path, quotable), { path, quotable }).books;
}

/**
 * The text of disclosed books. Its reader knows them.
 *
 * @example
 * ```ts
 * import { serialiseDisclosedBooks } from "zkmargin/clearing";
 *
 * console.log(JSON.parse(serialiseDisclosedBooks(clearedBooks)).format); // zkmargin/cleared-books@1
 * ```
 */
export function serialiseDisclosedBooks(books: readonly DisclosedBook[]): string {
  return jsonText({ format: FORMAT, books });
}
