import { sha256 as digest } from "@noble/hashes/sha2";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils";
import { type Node, type ParseError, parseTree } from "jsonc-parser";
import {
  DuplicateFieldError,
  FormatError,
  MalformedError,
  OutOfRangeError,
  UnknownFieldError,
} from "../errors.js";

/** The JSON this package reads and writes: the only numbers are safe integers. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Of which kind of JSON a value is, for an error that may not quote it. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return (
    { string: "text", number: "a number", boolean: "true or false", object: "an object" }[
      typeof value as string
    ] ?? "another kind"
  );
}

/**
 * What a JSON file says it is, such as "zkmargin/bundle@1"; undefined if it says nothing. The rest of it is not read.
 * @throws MalformedError for text that is no JSON, FormatError for JSON that is no object
 *
 * @example
 * ```ts
 * import { formatOf } from "zkmargin/verify";
 *
 * console.log(formatOf('{ "format": "zkmargin/bundle@1" }', "desk.proof.json")); // zkmargin/bundle@1
 * ```
 */
export function formatOf(text: string, path: string): string | undefined {
  const value = parseStrictJson(text, path);
  if (!isJsonObject(value)) throw new FormatError(path, "an object", kindOf(value));
  return typeof value.format === "string" ? value.format : undefined;
}

/** Deeper nesting than any format has, and shallow enough for every recursive reader. */
const MAX_DEPTH = 64;

/**
 * Parses JSON as RFC 8259 defines it and not a character more: no comments, no trailing commas, no duplicate
 * keys, no byte-order mark. Numbers must be safe integers in plain digits; −0, fractions and exponents are
 * refused. An error gives a place or a path, never the text.
 *
 * @throws MalformedError (with line:column), DuplicateFieldError, UnknownFieldError for a key `__proto__`, FormatError,
 *   OutOfRangeError
 */
export function parseStrictJson(text: string, path: string, quotable: KeyPolicy = publicKeys): JsonValue {
  return parseJson(text, path, quotable, toInteger);
}

/**
 * As {@link parseStrictJson}, for JSON of others: a number of any size and notation comes as its own text, digit by digit, so
 * that nothing is lost to a double.
 * @throws MalformedError (with line:column), DuplicateFieldError
 */
export function parseJsonTexts(text: string, path: string, quotable: KeyPolicy = publicKeys): JsonValue {
  return parseJson(text.replace(/^\uFEFF/, ""), path, quotable, (literal) => literal);
}

type ReadNumber = (literal: string, path: string) => JsonValue;

function parseJson(text: string, path: string, quotable: KeyPolicy, number: ReadNumber): JsonValue {
  checkDepth(text, path);
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const first = errors[0];
  if (first || !tree) throw malformed(text, first?.offset ?? 0, path);
  return toValue(tree, text, path, quotable, number);
}

function toValue(node: Node, text: string, path: string, quotable: KeyPolicy, number: ReadNumber): JsonValue {
  switch (node.type) {
    case "object": {
      const entries = new Map<string, JsonValue>();
      (node.children ?? []).forEach((property, index) => {
        const [keyNode, valueNode] = property.children ?? [];
        if (!keyNode || !valueNode) throw malformed(text, property.offset, path);
        const key = String(keyNode.value);
        const below = keyPath(path, key, index, quotable);
        // No format has such a key, and a reader of records would drop it without a word.
        if (key === "__proto__") throw new UnknownFieldError(below, "a key of the format", "another one");
        if (entries.has(key)) throw new DuplicateFieldError(below, "each key once", "the same key again");
        entries.set(key, toValue(valueNode, text, below, quotable, number));
      });
      return Object.fromEntries(entries);
    }
    case "array":
      return (node.children ?? []).map((child, index) =>
        toValue(child, text, `${path}[${index}]`, quotable, number),
      );
    case "number":
      return number(text.slice(node.offset, node.offset + node.length), path);
    case "string":
      return String(node.value);
    case "boolean":
      return node.value === true;
    case "null":
      return null;
    default:
      throw malformed(text, node.offset, path);
  }
}

function toInteger(literal: string, path: string): number {
  if (!/^(0|-?[1-9][0-9]*)$/.test(literal))
    throw new FormatError(path, "a whole number in plain digits", "another notation");
  const value = Number(literal);
  if (!Number.isSafeInteger(value))
    throw new OutOfRangeError(path, "a magnitude below 2^53 (larger numbers are strings)", "a larger one");
  return value;
}

/** Counts brackets outside strings before any recursive reader sees them. @throws MalformedError */
export function checkDepth(text: string, path: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inString) {
      if (c === "\\") i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === "{" || c === "[") depth++;
    else if (c === "}" || c === "]") depth--;
    if (depth > MAX_DEPTH)
      throw new MalformedError(path, `at most ${MAX_DEPTH} levels of nesting`, `more at ${place(text, i)}`);
  }
}

function malformed(text: string, offset: number, path: string): MalformedError {
  const ended = text.slice(offset).trim() === "";
  if (text.startsWith("\uFEFF"))
    return new MalformedError(path, "JSON", "a byte-order mark before it; save it as UTF-8 without one");
  const got = ended ? "a text that ends early" : "something else";
  return new MalformedError(path, "JSON", `${got} at ${place(text, offset)}`);
}

/** line:column of an offset, both from 1. */
function place(text: string, offset: number): string {
  const lines = text.slice(0, offset).split("\n");
  return `${lines.length}:${(lines[lines.length - 1]?.length ?? 0) + 1}`;
}

/**
 * Says whether an error may quote a key that a format does not know. In a private file such a key could be an
 * asset held or an amount.
 */
export type KeyPolicy = (key: string) => boolean;

/** For public files: any short printable key may be quoted. */
export const publicKeys: KeyPolicy = (key) => /^[A-Za-z0-9._-]{1,32}$/.test(key);

/** For private files: the format's own field names, and what looks like one of them misspelled. */
export function privateKeys(fields: readonly string[]): KeyPolicy {
  return (key) =>
    fields.some((field) => {
      const slips = field.length < 6 ? 1 : 2;
      // The bound on the length also keeps a key of a megabyte away from the quadratic distance.
      return key.length <= field.length + slips && distance(key.toLowerCase(), field.toLowerCase()) <= slips;
    });
}

/** Path of the `index`-th key of the object at `path`; a key that may not be quoted is named by position. */
export function keyPath(path: string, key: string, index: number, quotable: KeyPolicy): string {
  return quotable(key) ? `${path}.${key}` : `${path}{key ${index + 1}}`;
}

/** Levenshtein distance: letters to insert, delete or replace to make one of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * The one text of a JSON value, for hashing: keys sorted by UTF-16 code unit, no white space, numbers safe
 * integers in plain digits. Equal values have equal texts.
 * @throws FormatError for a number that is not a safe integer, −0 included.
 */
export function canonicalJson(value: JsonValue, path = "value"): string {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0))
      throw new FormatError(path, "a safe integer", "another number");
    return String(value);
  }
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map((item, i) => canonicalJson(item, `${path}[${i}]`)).join(",")}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(at(value, key), `${path}.${key}`)}`);
  return `{${members.join(",")}}`;
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function at(object: JsonObject, key: string): JsonValue {
  return object[key] as JsonValue;
}

/**
 * SHA-256 of a text in UTF-8, as 64 lower-case hexadecimal digits. Names what is public: markets, listings, keys.
 * It needs nothing of Node, so that a browser can check the same names.
 */
export function sha256OfText(text: string): string {
  return bytesToHex(digest(utf8ToBytes(text)));
}
