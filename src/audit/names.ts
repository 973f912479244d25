import * as z from "zod/mini";
import { checksummed } from "../encoding/address.js";
import { printable, shaped } from "../encoding/shape.js";
import { keyPath, parseStrictJson, publicKeys } from "../encoding/strictJson.js";
import { DuplicateFieldError, FormatError } from "../errors.js";

const FORMAT = "zkmargin/names@1";
/** Longest name, in UTF-16 units. */
const LONGEST = 100;

const file = z.strictObject({
  format: z.literal(FORMAT),
  names: z.record(z.string(), printable(LONGEST)),
});

/** What its reader calls accounts and addresses: names by id, the ids in small letters. */
export type Names = ReadonlyMap<string, string>;

/**
 * Reads a file of names, `zkmargin/names@1`. Each id stands there once and has a name of its own, so that a name always
 * means the same one.
 * @throws MalformedError, FormatError, DuplicateFieldError naming the field
 *
 * @example
 * ```ts
 * import { parseNames } from "zkmargin/audit";
 *
 * const names = { "0x00000000000000000000000000000000000000aa": "Alpha Bank" };
 * console.log(parseNames(JSON.stringify({ format: "zkmargin/names@1", names })).size); // 1
 * ```
 */
export function parseNames(json: string, path = "names"): Names {
  const value = parseStrictJson(json, path);
  const read = shaped(file, value, { path, expected: `the fields of ${FORMAT}` });
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const [key, name] of Object.entries(read.names)) {
    const at = keyPath(`${path}.names`, key, names.size, publicKeys);
    if (!/^0x[0-9a-fA-F]{64}$/.test(key) && checksummed(key) === undefined)
      throw new FormatError(
        at,
        "the id of an account (0x, 64 hex digits) or an address with a right checksum",
        "another key",
      );
    if (names.has(key.toLowerCase()))
      throw new DuplicateFieldError(at, "each id once", "one in capitals and without");
    if (name !== name.trim()) throw new FormatError(at, "a name without space around it", "one with it");
    const folded = name.normalize("NFKC").toLowerCase();
    if (taken.has(folded)) throw new FormatError(at, "a name that no other id has", "the name of another");
    names.set(key.toLowerCase(), name);
    taken.add(folded);
  }
  return names;
}

/** The text of a file of names, in their order. */
export function serialiseNames(names: Names): string {
  return `${JSON.stringify({ format: FORMAT, names: Object.fromEntries(names) }, null, 2)}\n`;
}
