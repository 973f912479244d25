import { type Exact, parseExact } from "../../encoding/exact.js";
import { isJsonObject, type JsonObject, type JsonValue, type KeyPolicy } from "../../encoding/strictJson.js";
import { FormatError, MissingFieldError } from "../../errors.js";

/** Keys that an error may quote: fields of interfaces begin with a small letter, symbols of assets do not. */
export const fieldNames: KeyPolicy = (key) => /^[a-z][A-Za-z0-9_]{0,40}$/.test(key);

/**
 * The fields of an object that a venue wrote, of which it may have any others too. Numbers are texts, as the file has them.
 * No error quotes a value.
 */
export class Fields {
  private constructor(
    readonly object: JsonObject,
    readonly path: string,
  ) {}

  /** @throws FormatError if the value is no object */
  static of(value: JsonValue | undefined, path: string): Fields {
    if (!isJsonObject(value)) throw new FormatError(path, "an object", "something else");
    return new Fields(value, path);
  }

  at(field: string): string {
    return `${this.path}.${field}`;
  }

  value(field: string): JsonValue | undefined {
    return Object.hasOwn(this.object, field) ? this.object[field] : undefined;
  }

  /** Whether a field is there and says something: venues write null or an empty text where they have nothing to say. */
  has(field: string): boolean {
    const value = this.value(field);
    return value !== undefined && value !== null && value !== "";
  }

  /** @throws MissingFieldError, FormatError */
  text(field: string): string {
    if (!this.has(field)) throw new MissingFieldError(this.at(field), "the field", "none");
    const value = this.value(field);
    if (typeof value !== "string") throw new FormatError(this.at(field), "text", "something else");
    return value;
  }

  /** The text of a field, or "" where it says nothing. */
  word(field: string): string {
    return this.has(field) ? this.text(field) : "";
  }

  /** @throws MissingFieldError, FormatError */
  number(field: string): Exact {
    const value = parseExact(this.text(field));
    if (value === undefined) throw new FormatError(this.at(field), "a number", "other text");
    return value;
  }

  /** A number, or undefined where the field says nothing. @throws FormatError */
  optional(field: string): Exact | undefined {
    return this.has(field) ? this.number(field) : undefined;
  }

  /** A number that is not 0, or undefined. */
  nonZero(field: string): Exact | undefined {
    const value = this.optional(field);
    return value === undefined || value.n === 0n ? undefined : value;
  }

  /** @throws FormatError */
  below(field: string): Fields {
    return Fields.of(this.value(field), this.at(field));
  }

  /** The objects of a list. @throws FormatError */
  list(field: string): Fields[] {
    return objects(this.value(field), this.at(field));
  }

  /** The objects of a map, without its keys, which may be assets. */
  values(field: string): Fields[] {
    const map = this.below(field);
    return Object.values(map.object).map((value, index) => Fields.of(value, `${map.path}{key ${index + 1}}`));
  }
}

/** The objects of a list. @throws FormatError */
export function objects(value: JsonValue | undefined, path: string): Fields[] {
  if (!Array.isArray(value)) throw new FormatError(path, "a list", "something else");
  return value.map((item, index) => Fields.of(item, `${path}[${index}]`));
}

/** Whether a value is an object that has all of these keys. */
export function hasKeys(value: JsonValue | undefined, ...keys: readonly string[]): value is JsonObject {
  return isJsonObject(value) && keys.every((key) => Object.hasOwn(value, key));
}

/** Whether a value is a list, not empty, of objects that all have these keys. */
export function listsKeys(value: JsonValue | undefined, ...keys: readonly string[]): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => hasKeys(item, ...keys));
}

/** A size with the sign of its side; a size that has a sign must agree with the side. @throws FormatError */
export function sided(size: Exact, side: "long" | "short", path: string): Exact {
  if (side === "long" && size.n < 0n)
    throw new FormatError(path, "a size that agrees with its side", "a negative one");
  return side === "short" && size.n > 0n ? { n: -size.n, d: size.d } : size;
}
