import { z } from "zod";
import { FormatError, InputError, MissingFieldError, OutOfRangeError, UnknownFieldError } from "../errors.js";
import { isPrintable } from "./objectReader.js";
import { type KeyPolicy, keyPath, publicKeys } from "./strictJson.js";

/** What an error says of the input that is not of its schema. */
export interface ShapeNames {
  /** Of the input as a whole: file and line, say. */
  readonly path: string;
  /** What it should be, for what the schema has no words for: "the fields of an event log". */
  readonly expected: string;
  /** Which keys that the schema does not know an error may quote; any short printable one by default. */
  readonly quotable?: KeyPolicy;
}

/**
 * A value as its schema reads it, which is where its type comes from. A message that the schema gives to a check is what
 * the error expects. A field `format` that is another comes before every other fault, and an unknown key before a missing
 * one. No error quotes what the value holds.
 * @example
 * shaped(z.strictObject({ depth: z.int().min(0) }), { depth: 3 }, { path: "tree", expected: "the fields of a tree" })
 * @throws MissingFieldError, UnknownFieldError, OutOfRangeError for a number outside its bounds, else FormatError
 */
export function shaped<T>(schema: z.ZodType<T>, value: unknown, names: ShapeNames): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const issue =
    issues.find(({ path }) => path[0] === "format" && path.length === 1) ??
    issues.find(({ code }) => code === "unrecognized_keys") ??
    issues[0];
  throw issue === undefined
    ? new FormatError(names.path, names.expected, "another")
    : fault(issue, value, names);
}

/** Text for people, in a schema: 1 to `max` characters, as {@link isPrintable} has them. */
export function printable(max: number): z.ZodType<string, string> {
  return z
    .string()
    .refine((text) => text.length <= max && isPrintable(text), `1 to ${max} printable characters`);
}

/**
 * Text in a schema that a function reads, such as parseInteger. An error of {@link shaped} is then the function's own, with
 * the path of the field.
 */
export function readBy<T>(read: (text: string, path: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context): T => {
    try {
      return read(text, "");
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      context.addIssue({ code: "custom", message: error.expected, params: { error } });
      return z.NEVER;
    }
  });
}

function fault(
  issue: z.core.$ZodIssue,
  value: unknown,
  { path, expected, quotable = publicKeys }: ShapeNames,
): InputError {
  let at = path;
  let found: unknown = value;
  for (const key of issue.path) {
    at =
      typeof key === "number"
        ? `${at}[${key}]`
        : keyPath(at, String(key), placeOf(found, String(key)), quotable);
    found = (found as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return new UnknownFieldError(keyPath(at, key, placeOf(found, key), quotable), expected, "another field");
  }
  if (found === undefined) return new MissingFieldError(at, "the field", "none");
  if (issue.path[0] === "format" && issue.code === "invalid_value")
    return new FormatError(at, JSON.stringify(issue.values[0]), "another format");
  if (typeof found === "number" && issue.code === "too_small")
    return new OutOfRangeError(at, `at least ${issue.minimum}`, "less");
  if (typeof found === "number" && issue.code === "too_big")
    return new OutOfRangeError(at, `at most ${issue.maximum}`, "more");
  if (issue.code === "invalid_value")
    return new FormatError(at, issue.values.map(String).join(" or "), "another");
  if (issue.code === "invalid_type")
    return new FormatError(at, KINDS[issue.expected] ?? expected, kindOf(found));
  const own: unknown = issue.code === "custom" ? issue.params?.["error"] : undefined;
  if (own instanceof InputError) {
    const Own = own.constructor as new (path: string, expected: string, got: string) => InputError;
    return new Own(at, own.expected, own.got);
  }
  // Zod's own words begin like this, and are for programmers.
  return new FormatError(at, /^(Invalid|Too) /.test(issue.message) ? expected : issue.message, "another");
}

/** Of a key among those of an object, from 0: to name it by where it may not be quoted. */
function placeOf(object: unknown, key: string): number {
  return object !== null && typeof object === "object" ? Object.keys(object).indexOf(key) : 0;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
};

/** Of which kind of JSON a value is. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return KINDS[typeof value] ?? "another kind";
}
