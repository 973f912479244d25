import {
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UNPRINTABLE,
  UnknownFieldError,
} from "../errors.js";
import {
  type JsonObject,
  type JsonValue,
  type KeyPolicy,
  keyPath,
  parseStrictJson,
  publicKeys,
} from "./strictJson.js";

/** Whether a text has a character, and none that is {@link UNPRINTABLE}: it may be shown as it is. */
export function isPrintable(text: string): boolean {
  return text.length > 0 && !UNPRINTABLE.test(text);
}

/** Bounds of a whole number, both included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads the fields of one JSON object, each with its path. Unknown keys are refused at once, so a misspelled
 * optional field is never taken for an absent one. No error quotes a value.
 */
export class ObjectReader {
  private constructor(
    private readonly object: JsonObject,
    readonly path: string,
  ) {}

  /** @throws FormatError if `value` is no object, UnknownFieldError for a key that is not in `fields`. */
  static of(
    value: JsonValue,
    path: string,
    fields: readonly string[],
    quotable: KeyPolicy = publicKeys,
  ): ObjectReader {
    const object = asObject(value, path);
    Object.keys(object).forEach((key, index) => {
      if (!fields.includes(key))
        throw new UnknownFieldError(
          keyPath(path, key, index, quotable),
          `only the fields ${fields.join(", ")}`,
          "another one",
        );
    });
    return new ObjectReader(object, path);
  }

  /** As {@link of}, for a whole file that says what it is in its field `format`. */
  static document(
    value: JsonValue,
    path: string,
    format: string,
    fields: readonly string[],
    quotable: KeyPolicy = publicKeys,
  ): ObjectReader {
    // The format comes first: of a file of another kind, that is the fault to name.
    const named = new ObjectReader(asObject(value, path), path).string("format");
    if (named !== format) throw new FormatError(`${path}.format`, JSON.stringify(format), "another format");
    return ObjectReader.of(value, path, ["format", ...fields], quotable);
  }

  /** Path of a field. */
  at(field: string): string {
    return `${this.path}.${field}`;
  }

  has(field: string): boolean {
    return Object.hasOwn(this.object, field);
  }

  /** @throws MissingFieldError */
  value(field: string): JsonValue {
    const value = this.has(field) ? this.object[field] : undefined;
    if (value === undefined) throw new MissingFieldError(this.at(field), "the field", "none");
    return value;
  }

  string(field: string): string {
    const value = this.value(field);
    if (typeof value !== "string") throw wrongKind(this.at(field), "text", value);
    return value;
  }

  optionalString(field: string): string | undefined {
    return this.has(field) ? this.string(field) : undefined;
  }

  /** Text for people: 1 to `max` characters, as {@link isPrintable} has them. */
  text(field: string, max: number): string {
    const value = this.string(field);
    if (value.length > max || !isPrintable(value))
      throw new FormatError(this.at(field), `1 to ${max} printable characters`, "other text");
    return value;
  }

  /** A SHA-256, in the one notation that files have it in. */
  sha256(field: string): string {
    const text = this.string(field);
    if (!/^[0-9a-f]{64}$/.test(text))
      throw new FormatError(this.at(field), "a SHA-256 as 64 hex digits", "other text");
    return text;
  }

  /** One of a few words. */
  oneOf<const T extends string>(field: string, allowed: readonly T[]): T {
    const text = this.string(field);
    const found = allowed.find((one) => one === text);
    if (found === undefined) throw new FormatError(this.at(field), allowed.join(" or "), "other text");
    return found;
  }

  boolean(field: string): boolean {
    const value = this.value(field);
    if (typeof value !== "boolean") throw wrongKind(this.at(field), "true or false", value);
    return value;
  }

  /** @throws OutOfRangeError outside `range` */
  integer(field: string, range: Range): number {
    const value = this.value(field);
    if (typeof value !== "number") throw wrongKind(this.at(field), "a number", value);
    if (value < range.min || value > range.max)
      throw new OutOfRangeError(
        this.at(field),
        `${range.min} to ${range.max}`,
        value < range.min ? "less" : "more",
      );
    return value;
  }

  /** Reads every item of a list. */
  list<T>(field: string, read: (value: JsonValue, path: string) => T): T[] {
    const path = this.at(field);
    return asList(this.value(field), path).map((item, index) => read(item, `${path}[${index}]`));
  }
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
  const { format } = asObject(parseStrictJson(text, path), path);
  return typeof format === "string" ? format : undefined;
}

/** @throws FormatError */
export function asObject(value: JsonValue, path: string): JsonObject {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw wrongKind(path, "an object", value);
  return value as JsonObject;
}

/** @throws FormatError */
export function asList(value: JsonValue, path: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw wrongKind(path, "a list", value);
  return value as readonly JsonValue[];
}

function wrongKind(path: string, expected: string, value: JsonValue): FormatError {
  return new FormatError(path, expected, kind(value));
}

function kind(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return (
    { string: "text", number: "a number", boolean: "true or false" }[typeof value as string] ?? "an object"
  );
}
