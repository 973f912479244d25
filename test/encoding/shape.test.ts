import assert from "node:assert/strict";
import * as z from "zod/mini";
import { parseInteger } from "../../src/encoding/decimal.js";
import { document, integer, printable, readBy, sha256, shaped } from "../../src/encoding/shape.js";
import { privateKeys } from "../../src/encoding/strictJson.js";
import {
  FormatError,
  InputError,
  MissingFieldError,
  OutOfRangeError,
  UnknownFieldError,
} from "../../src/errors.js";
import { assertFails } from "../support/failure.js";

type Failure = Parameters<typeof assertFails>[1];

const schema = z.strictObject({
  format: z.literal("zkmargin/tree@1"),
  depth: z.int().check(z.minimum(0), z.maximum(9)),
  name: z.string().check(z.regex(/^[a-z]+$/, "a name in small letters")),
  kinds: z.array(z.enum(["oak", "elm"])),
  byName: z.record(z.string(), z.boolean()),
  age: readBy(parseInteger),
});
const tree = { format: "zkmargin/tree@1", depth: 3, name: "a", kinds: ["oak"], byName: {}, age: "1200" };
const SECRET = "271828";

describe("encoding/shape", () => {
  it("gives what the schema reads", () => {
    assert.deepEqual(shaped(schema, tree, { path: "tree", expected: "a tree" }), { ...tree, age: 1200n });
  });

  const wrong: [unknown, new (...args: never[]) => InputError, string][] = [
    [null, FormatError, "tree: expected an object, got null"],
    [
      { ...tree, format: SECRET, more: 1 },
      FormatError,
      'tree.format: expected "zkmargin/tree@1", got another format',
    ],
    [
      { ...tree, depth: undefined, more: 1 },
      UnknownFieldError,
      "tree{key 7}: expected only the fields format, depth, name, kinds, byName, age, got another one",
    ],
    [
      { ...tree, nam: 1 },
      UnknownFieldError,
      "tree.nam: expected only the fields format, depth, name, kinds, byName, age, got another one",
    ],
    [{ ...tree, depth: undefined }, MissingFieldError, "tree.depth: expected the field, got none"],
    [{ ...tree, depth: Number(SECRET) }, OutOfRangeError, "tree.depth: expected at most 9, got more"],
    [{ ...tree, depth: -1 }, OutOfRangeError, "tree.depth: expected at least 0, got less"],
    [{ ...tree, depth: 1.5 }, FormatError, "tree.depth: expected a whole number, got a number"],
    [{ ...tree, name: SECRET }, FormatError, "tree.name: expected a name in small letters, got other text"],
    [{ ...tree, kinds: ["oak", SECRET] }, FormatError, "tree.kinds[1]: expected oak or elm, got other text"],
    [
      { ...tree, byName: { [SECRET]: SECRET } },
      FormatError,
      "tree.byName{key 1}: expected true or false, got text",
    ],
    [
      { ...tree, age: `0${SECRET}` },
      FormatError,
      "tree.age: expected a whole number in plain digits, got leading zeros",
    ],
    [
      { ...tree, age: "1".repeat(999) },
      OutOfRangeError,
      "tree.age: expected at most 80 digits, got a longer number",
    ],
  ];
  for (const [value, Class, message] of wrong)
    it(`says "${message}"`, () => {
      const quotable = privateKeys(["format", "depth", "name", "kinds", "byName", "age"]);
      assert.throws(
        () => shaped(schema, value, { path: "tree", expected: "a tree", quotable }),
        (error: InputError) => error.constructor === Class && error.message === message,
      );
    });

  const fails = (field: z.core.$ZodType, value: unknown, Class: Failure, quoted: string[] = []) =>
    assertFails(
      () => shaped(z.strictObject({ field }), { field: value }, { path: "file" }),
      Class,
      "file.field",
      quoted,
    );

  // shows: A51
  it("reads digests, short texts and words of a list, in one notation only", () => {
    const digest = "0123456789abcdef".repeat(4);
    assert.equal(shaped(sha256, digest, { path: "file" }), digest);
    for (const other of [
      digest.slice(1),
      `${digest}0`,
      digest.toUpperCase(),
      `0${digest}`,
      `${digest}\n`,
      "",
    ])
      fails(sha256, other, FormatError);
    fails(z.enum(["one", "two"]), "three", FormatError, ["three"]);
    for (const text of ["x", "xyz"]) assert.equal(shaped(printable(3), text, { path: "file" }), text);
    const unprintable = [
      "a\tb",
      "\u0085",
      "\u202e",
      "a\u2066",
      "\u2028",
      "\u2029",
      "\u200b",
      "\ufeff",
      "\ud800",
    ];
    for (const text of ["", "wxyz", ...unprintable]) fails(printable(3), text, FormatError);
  });

  it("takes both ends of a range, and nothing beyond", () => {
    for (const end of [7, 9]) assert.equal(shaped(integer(7, 9), end, { path: "file" }), end);
    for (const beyond of [6, 10]) fails(integer(7, 9), beyond, OutOfRangeError, [String(beyond)]);
    fails(integer(7, 9), "hunter2", FormatError, ["hunter2"]);
  });

  // shows: A50
  it("takes no inherited name for a field", () => {
    assertFails(
      () => shaped(z.strictObject({}), { constructor: 1 }, { path: "file" }),
      UnknownFieldError,
      "file.constructor",
    );
  });

  // shows: T17
  it("names the wrong format first, of every object, and then the unknown field of the outermost", () => {
    const inner = document("inner@1", { b: z.number() });
    const whole = document("mine@1", { a: z.number(), list: z.optional(z.array(z.nullable(inner))) });
    const read = (value: object) => () => shaped(whole, value, { path: "file" });
    assert.deepEqual(read({ format: "mine@1", a: 1 })(), { a: 1 });
    assertFails(read({ format: "other@1", b: 2 }), FormatError, "file.format");
    assertFails(read({ b: 2 }), MissingFieldError, "file.format");
    assertFails(read({ format: "mine@1", b: 2 }), UnknownFieldError, "file.b");
    const holding = (item: object, more = {}) =>
      read({ format: "mine@1", a: 1, list: [null, item], ...more });
    assertFails(holding({ format: "other@1", c: 1 }), FormatError, "file.list[1].format");
    assertFails(holding({ format: "other@1" }, { c: 1 }), UnknownFieldError, "file.c");
    assertFails(holding({ format: "inner@1", c: 1 }), UnknownFieldError, "file.list[1].c");
    for (const value of [null, [], "x", 1, true])
      assertFails(() => shaped(whole, value, { path: "file" }), FormatError, "file");
  });

  it("puts the path of a field before that of what reads it", () => {
    const listed = readBy((_: readonly string[], path): string => {
      throw new MissingFieldError(`${path}[7]`, "an eighth", "none");
    }, z.array(z.string()));
    assertFails(
      () => shaped(z.strictObject({ listed }), { listed: [] }, { path: "file" }),
      MissingFieldError,
      "file.listed[7]",
    );
  });

  it("stops at the first of very many faults", () => {
    const value = { list: [Array.from({ length: 300_000 }, () => 1)] };
    const schema = z.strictObject({ list: z.array(z.array(z.string())) });
    assertFails(() => shaped(schema, value, { path: "file" }), FormatError, "file.list[0][0]");
  });
});
