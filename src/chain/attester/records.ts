import * as z from "zod/mini";
import type { BookFile } from "../../book/bookFile.js";
import { hex } from "../../encoding/address.js";
import { type DeepReadonly, document, integer, printable, shaped } from "../../encoding/shape.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import { DuplicateFieldError, MissingFieldError } from "../../errors.js";
import type { Sleeve } from "../../risk/options/sleeve.js";
import type { Surface } from "../../risk/options/surface.js";

const path = printable(1000);
const schema = document("zkmargin/attester-records@1", {
  accounts: z.array(
    z.strictObject({
      account: hex(32),
      /** Unix seconds at which the holdings were read: what a signed book is dated by. */
      readAt: integer(0, 2 ** 40 - 1),
      book: path,
      sleeve: z.exactOptional(path),
      surface: z.exactOptional(path),
    }),
  ),
});

/** Where an attester's own records of accounts are: paths from the file's folder. */
export type AttesterRecordsFile = DeepReadonly<z.infer<typeof schema>>;

/** What an attester itself knows of an account. Private. */
export interface AttesterRecord {
  /** Unix seconds at which the holdings were read. */
  readonly readAt: bigint;
  /** Spot and perpetuals; its sequence says nothing. */
  readonly book: BookFile;
  /** Options and other positions that no price is linear in, and the market's volatilities; absent without such. */
  readonly options?: { readonly sleeve: Sleeve; readonly surface: Surface };
}

/**
 * Reads a file `zkmargin/attester-records@1`.
 * @throws InputError naming the field
 */
export function parseAttesterRecords(text: string, name = "records"): AttesterRecordsFile {
  const records: AttesterRecordsFile = shaped(schema, parseStrictJson(text, name), { path: name });
  records.accounts.forEach(({ account, sleeve, surface }, i) => {
    const at = `${name}.accounts[${i}]`;
    if (records.accounts.findIndex((other) => other.account === account) !== i)
      throw new DuplicateFieldError(`${at}.account`, "each account once", "one again");
    if ((sleeve === undefined) !== (surface === undefined))
      throw new MissingFieldError(
        `${at}.${sleeve === undefined ? "sleeve" : "surface"}`,
        "sleeve and surface, or neither",
        "one of them",
      );
  });
  return records;
}
