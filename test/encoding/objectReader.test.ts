import assert from "node:assert/strict";
import { ObjectReader } from "../../src/encoding/objectReader.js";
import { FormatError, MissingFieldError, OutOfRangeError, UnknownFieldError } from "../../src/errors.js";
import { assertFails } from "../support/failure.js";

const reader = ObjectReader.of({ s: "hunter2", n: 7, b: true, l: ["x", "y"], z: null }, "file", [
  "s",
  "n",
  "b",
  "l",
  "z",
  "absent",
]);

describe("ObjectReader", () => {
  it("reads fields of their kinds", () => {
    assert.equal(reader.string("s"), "hunter2");
    assert.equal(reader.integer("n", { min: 7, max: 7 }), 7);
    assert.equal(reader.boolean("b"), true);
    assert.equal(reader.value("z"), null);
    assert.equal(reader.optionalString("absent"), undefined);
    assert.deepEqual(
      reader.list("l", (value, path) => `${path}=${value}`),
      ["file.l[0]=x", "file.l[1]=y"],
    );
  });

  it("refuses fields that are absent, or of another kind, without quoting them", () => {
    assertFails(() => reader.string("absent"), MissingFieldError, "file.absent");
    assertFails(() => reader.string("n"), FormatError, "file.n", ["7"]);
    assertFails(() => reader.optionalString("z"), FormatError, "file.z");
    assertFails(() => reader.integer("s", { min: 0, max: 9 }), FormatError, "file.s", ["hunter2"]);
    assertFails(() => reader.integer("n", { min: 8, max: 9 }), OutOfRangeError, "file.n", ["7"]);
    assertFails(() => reader.boolean("n"), FormatError, "file.n", ["7"]);
    assertFails(() => reader.list("s", String), FormatError, "file.s", ["hunter2"]);
    assertFails(() => reader.text("s", 3), FormatError, "file.s", ["hunter2"]);
    for (const value of [null, [], "x", 1, true])
      assertFails(() => ObjectReader.of(value, "file", []), FormatError, "file");
  });

  // shows: A51
  it("reads digests, short texts and words of a list, in one notation only", () => {
    const digest = "0123456789abcdef".repeat(4);
    const of = (value: string) => ObjectReader.of({ value }, "file", ["value"]);
    assert.equal(of(digest).sha256("value"), digest);
    for (const other of [
      digest.slice(1),
      `${digest}0`,
      digest.toUpperCase(),
      `0${digest}`,
      `${digest}\n`,
      "",
    ])
      assertFails(() => of(other).sha256("value"), FormatError, "file.value");
    assert.equal(of("two").oneOf("value", ["one", "two"]), "two");
    assertFails(() => of("three").oneOf("value", ["one", "two"]), FormatError, "file.value", ["three"]);
    for (const text of ["x", "xyz"]) assert.equal(of(text).text("value", 3), text);
    for (const text of [
      "",
      "wxyz",
      "a\tb",
      "\u0085",
      "\u202e",
      "a\u2066",
      "\u2028",
      "\u2029",
      "\u200b",
      "\ufeff",
      "\ud800",
    ])
      assertFails(() => of(text).text("value", 3), FormatError, "file.value");
  });

  it("takes both ends of a range, and nothing beyond", () => {
    for (const end of [7, 9]) {
      const of = ObjectReader.of({ n: end }, "file", ["n"]);
      assert.equal(of.integer("n", { min: 7, max: 9 }), end);
    }
    assertFails(() => reader.integer("n", { min: 0, max: 6 }), OutOfRangeError, "file.n", ["7"]);
  });

  // shows: A50
  it("refuses an inherited name as a field", () => {
    const empty = ObjectReader.of({}, "file", ["toString", "constructor"]);
    assertFails(() => empty.value("toString"), MissingFieldError, "file.toString");
    assert.equal(empty.has("constructor"), false);
  });

  // shows: T17
  it("refuses unknown fields, and names the wrong format before them", () => {
    assertFails(() => ObjectReader.of({ a: 1, b: 2 }, "file", ["a"]), UnknownFieldError, "file.b");
    assertFails(
      () => ObjectReader.document({ format: "other@1", b: 2 }, "file", "mine@1", []),
      FormatError,
      "file.format",
    );
    assertFails(
      () => ObjectReader.document({ b: 2 }, "file", "mine@1", []),
      MissingFieldError,
      "file.format",
    );
    assertFails(
      () => ObjectReader.document({ format: "mine@1", b: 2 }, "file", "mine@1", []),
      UnknownFieldError,
      "file.b",
    );
  });
});
