import assert from "node:assert/strict";
import { z } from "zod";
import { parseInteger } from "../../src/encoding/decimal.js";
import { readBy, shaped } from "../../src/encoding/shape.js";
import { privateKeys } from "../../src/encoding/strictJson.js";
import {
  FormatError,
  type InputError,
  MissingFieldError,
  OutOfRangeError,
  UnknownFieldError,
} from "../../src/errors.js";

const schema = z.strictObject({
  format: z.literal("zkmargin/tree@1"),
  depth: z.int().min(0).max(9),
  name: z.string().regex(/^[a-z]+$/, "a name in small letters"),
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
      "tree{key 7}: expected a tree, got another field",
    ],
    [{ ...tree, nam: 1 }, UnknownFieldError, "tree.nam: expected a tree, got another field"],
    [{ ...tree, depth: undefined }, MissingFieldError, "tree.depth: expected the field, got none"],
    [{ ...tree, depth: Number(SECRET) }, OutOfRangeError, "tree.depth: expected at most 9, got more"],
    [{ ...tree, depth: -1 }, OutOfRangeError, "tree.depth: expected at least 0, got less"],
    [{ ...tree, depth: 1.5 }, FormatError, "tree.depth: expected a whole number, got a number"],
    [{ ...tree, name: SECRET }, FormatError, "tree.name: expected a name in small letters, got another"],
    [{ ...tree, kinds: ["oak", SECRET] }, FormatError, "tree.kinds[1]: expected oak or elm, got another"],
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
});
