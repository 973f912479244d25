import * as z from "zod/mini";
import {
  FormatError,
  InputError,
  MissingFieldError,
  OutOfRangeError,
  UNPRINTABLE,
  UnknownFieldError,
} from "../errors.js";
import { type KeyPolicy, keyPath, kindOf, publicKeys } from "./strictJson.js";

/** What an error says of the input that is not of its schema. */
export interface ShapeNames {
  /** Of the input as a whole: file and line, say. */
  readonly path: string;
  /** What it should be, for what the schema has no words for: "the fields of an event log". */
  readonly expected?: string;
  /** Which keys that the schema does not know an error may quote; any short printable one by default. */
  readonly quotable?: KeyPolicy;
}

/**
 * A value as its schema reads it, which is where its type comes from. A message that the schema gives to a check is what
 * the error expects. In each object a field `format` that is another comes before every other fault, and an unknown key before
 * a missing one; else the first fault counts, in the schema's order. No error quotes what the value holds.
 * @example
 * shaped(z.strictObject({ depth: integer(0, 9) }), { depth: 3 }, { path: "tree" })
 * @throws MissingFieldError, UnknownFieldError, OutOfRangeError for a number outside its bounds, whatever {@link readBy} throws,
 *   else FormatError
 */
export function shaped<T>(schema: z.core.$ZodType<T>, value: unknown, names: ShapeNames): T {
  const parsed = z.safeParse(schema, value, FIRST_FAULT);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw new FormatError(names.path, names.expected ?? UNNAMED, "another");
  throw unknownKey(schema, value, issue.path, names) ?? fault(issue, value, names);
}

/** A hostile list could have a fault in each item, and nobody asks for the second. */
const FIRST_FAULT: z.core.ParseContext<z.core.$ZodIssue> & Pick<z.core.ParseContextInternal, "abortEarly"> = {
  abortEarly: true,
};
const UNNAMED = "what its format has here";

/** Whether a text has a character, and none that is {@link UNPRINTABLE}: it may be shown as it is. */
export function isPrintable(text: string): boolean {
  return text.length > 0 && !UNPRINTABLE.test(text);
}

/** Text for people, in a schema: 1 to `max` characters, as {@link isPrintable} has them. */
export function printable(max: number): z.ZodMiniType<string, string> {
  return z
    .string()
    .check(z.refine((text) => text.length <= max && isPrintable(text), `1 to ${max} printable characters`));
}

/** A SHA-256, in the one notation that files have it in. */
export const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/, "a SHA-256 as 64 hex digits"));

/** A number in a schema, both bounds included. JSON that parseStrictJson read has whole ones only. */
export function integer(min: number, max: number): z.ZodMiniType<number, number> {
  const words = `${min} to ${max}`;
  return z.number().check(z.minimum(min, words), z.maximum(max, words));
}

/**
 * What a function reads, in a schema: a text that parseInteger reads, say, or what another schema gives. An error of
 * {@link shaped} is then the function's own, with the field's path before the function's.
 */
export function readBy<T, From = string>(
  read: (value: From, path: string) => T,
  from: z.core.$ZodType<From> = z.string() as unknown as z.core.$ZodType<From>,
): z.ZodMiniType<T> {
  const transform = z.transform((value: From, { issues }): T => {
    try {
      return read(value, "");
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      issues.push({ code: "custom", message: error.expected, params: { error }, input: value });
      return z.NEVER;
    }
  });
  return z.pipe(from, transform) as unknown as z.ZodMiniType<T>;
}

/** What a schema reads, for those who only look at it. */
export type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** A whole file in a schema: an object of these fields, and of a field `format` that is read and left out. */
export function document<Fields extends z.core.$ZodLooseShape>(
  format: string,
  fields: Fields,
): z.ZodMiniType<z.output<z.ZodMiniObject<Fields, z.core.$strict>>> {
  const whole: z.core.$ZodType = z.strictObject({ format: z.literal(format), ...fields });
  const rest = z.transform(({ format: _, ...read }: Readonly<Record<string, unknown>>) => read);
  return z.pipe(whole as z.core.$ZodType<Readonly<Record<string, unknown>>>, rest) as unknown as ReturnType<
    typeof document<Fields>
  >;
}

/** The unknown key of the outermost object that has one, among those that hold a fault. */
function unknownKey(
  schema: z.core.$ZodType,
  value: unknown,
  toFault: readonly PropertyKey[],
  { path, quotable = publicKeys }: ShapeNames,
): UnknownFieldError | undefined {
  let at = path;
  let found = value;
  let inner: z.core.$ZodType | undefined = schema;
  // The format of an object comes before its unknown keys.
  for (const step of toFault.at(-1) === "format" ? toFault.slice(0, -1) : [...toFault, undefined]) {
    if (inner === undefined || found === null || typeof found !== "object") return undefined;
    const def: z.core.$ZodTypes["_zod"]["def"] = unwrapped(inner)._zod.def;
    const known = knownKeys(def);
    if (known !== undefined && !Array.isArray(found)) {
      const index = Object.keys(found).findIndex((key) => !Object.hasOwn(known, key));
      const key = Object.keys(found)[index];
      if (key !== undefined)
        return new UnknownFieldError(
          keyPath(at, key, index, quotable),
          `only the fields ${Object.keys(known).join(", ")}`,
          "another one",
        );
    }
    if (step === undefined) return undefined;
    const fields: Readonly<Record<string, z.core.$ZodType>> | undefined =
      def.type === "object" ? def.shape : known;
    if (fields !== undefined) inner = fields[String(step)];
    else inner = def.type === "array" ? def.element : def.type === "record" ? def.valueType : undefined;
    [at, found] = below(at, found, step, quotable);
  }
  return undefined;
}

/** The fields of an object that takes no others, or of any of several such objects, by name; of another schema undefined. */
function knownKeys(
  def: z.core.$ZodTypes["_zod"]["def"],
): Readonly<Record<string, z.core.$ZodType>> | undefined {
  if (def.type === "object") return def.catchall?._zod.def.type === "never" ? def.shape : undefined;
  if (def.type !== "union") return undefined;
  const all = def.options.map((option) => knownKeys(unwrapped(option)._zod.def));
  return all.includes(undefined) ? undefined : Object.assign({}, ...all);
}

/** A schema without what may wrap it: may be absent or null, is read further. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodTypes {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === "pipe") return unwrapped(def.in);
  return "innerType" in def ? unwrapped(def.innerType) : (schema as z.core.$ZodTypes);
}

/** Path and value of a field or an item. */
function below(at: string, found: unknown, key: PropertyKey, quotable: KeyPolicy): [string, unknown] {
  const object = found as Readonly<Record<PropertyKey, unknown>>;
  const path =
    typeof key === "number"
      ? `${at}[${key}]`
      : keyPath(at, String(key), Object.keys(object).indexOf(String(key)), quotable);
  return [path, object[key]];
}

function fault(
  issue: z.core.$ZodIssue,
  value: unknown,
  { path, expected = UNNAMED, quotable = publicKeys }: ShapeNames,
): InputError {
  let at = path;
  let found = value;
  for (const key of issue.path) [at, found] = below(at, found, key, quotable);
  if (found === undefined) return new MissingFieldError(at, "the field", "none");
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return new UnknownFieldError(below(at, found, key, quotable)[0], expected, "another one");
  }
  // Zod's own words begin like this, and are for programmers.
  const own = /^(Invalid|Too) /.test(issue.message) ? undefined : issue.message;
  const got =
    typeof found === "string" ? "other text" : Array.isArray(found) ? `one of ${found.length}` : "another";
  if (issue.path.at(-1) === "format" && issue.code === "invalid_value")
    return new FormatError(at, JSON.stringify(issue.values[0]), "another format");
  if (typeof found === "number" && issue.code === "too_small")
    return new OutOfRangeError(at, own ?? `at least ${issue.minimum}`, "less");
  if (typeof found === "number" && issue.code === "too_big")
    return new OutOfRangeError(at, own ?? `at most ${issue.maximum}`, "more");
  if (issue.code === "invalid_value") return new FormatError(at, issue.values.map(String).join(" or "), got);
  if (issue.code === "invalid_type")
    return new FormatError(at, own ?? KINDS[issue.expected] ?? expected, kindOf(found));
  const thrown: unknown = issue.code === "custom" ? issue.params?.["error"] : undefined;
  if (thrown instanceof InputError) {
    const Own = thrown.constructor as new (path: string, expected: string, got: string) => InputError;
    return new Own(`${at}${thrown.path}`, thrown.expected, thrown.got);
  }
  return new FormatError(at, own ?? expected, got);
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
