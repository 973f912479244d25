import { sha256 as digest } from "@noble/hashes/sha2";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils";
import { FormatError } from "../errors.js";
import type { JsonObject, JsonValue } from "./strictJson.js";

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
