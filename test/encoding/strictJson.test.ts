import assert from "node:assert/strict";
import fc from "fast-check";
import {
  canonicalJson,
  type JsonValue,
  parseStrictJson,
  privateKeys,
} from "../../src/encoding/strictJson.js";
import {
  DuplicateFieldError,
  FormatError,
  MalformedError,
  OutOfRangeError,
  UnknownFieldError,
} from "../../src/errors.js";
import { assertFails } from "../support/failure.js";

const parse = (text: string) => parseStrictJson(text, "file");

describe("parseStrictJson", () => {
  it("reads what RFC 8259 allows", () => {
    const text = ' {"a": [1, -2, 0, true, false, null, "x\\u0041\\n"], "b": {"c": {}}, "d": []}\r\n\t';
    assert.deepEqual(parse(text), JSON.parse(text));
    assert.equal(parse('"only text"'), "only text");
    assert.equal(parse(String(Number.MAX_SAFE_INTEGER)), Number.MAX_SAFE_INTEGER);
  });

  const malformed: Record<string, [text: string, place: string]> = {
    "an empty text": ["", "1:1"],
    "a truncated object": ['{\n  "a": 1', "2:9"],
    "a truncated string": ['{"a": "secret', "1:7"],
    "a missing value": ['{"a":}', "1:6"],
    "a comment": ['{"a": 1 /* no */}', "1:9"],
    "a line comment": ['{"a": 1} // no', "1:10"],
    "a trailing comma in an object": ['{"a": 1,}', "1:9"],
    "a trailing comma in a list": ["[1,]", "1:4"],
    "text after the value": ['{"a": 1} x', "1:10"],
    "two values": ["1 2", "1:3"],
    "single quotes": ["{'a': 1}", "1:2"],
    "a bare key": ["{a: 1}", "1:2"],
    "an unknown escape": ['"\\x"', "1:1"],
    "a raw control character": ['"a\tb"', "1:1"],
    "a no-break space": ["\u00A0{}", "1:1"],
    NaN: ["[NaN]", "1:2"],
    Infinity: ["[Infinity]", "1:2"],
    "a plus sign": ["[+1]", "1:2"],
    "a leading zero": ["[01]", "1:3"],
    "a bare point": ["[1.]", "1:2"],
    "a hexadecimal number": ["[0x10]", "1:3"],
    undefined: ["undefined", "1:1"],
  };
  for (const [name, [text, place]] of Object.entries(malformed)) {
    it(`refuses ${name}, giving the place and not the text`, () => {
      const error = assertFails(() => parse(text), MalformedError, "file", ["secret"]);
      assert.ok(error.got.endsWith(`at ${place}`), `${error.got} should end in ${place}`);
    });
  }

  it("refuses a byte-order mark, and says how to save without one", () => {
    const error = assertFails(() => parse("\uFEFF{}"), MalformedError, "file");
    assert.equal(error.got, "a byte-order mark before it; save it as UTF-8 without one");
  });

  // shows: T17
  it("refuses numbers that are not plain safe integers", () => {
    for (const number of ["1.5", "1.0", "1e3", "-0", "-0.0"])
      assertFails(() => parse(`{"a": [${number}]}`), FormatError, "file.a[0]", [number]);
    for (const number of ["9007199254740992", "-9007199254740992", "1".repeat(400)])
      assertFails(() => parse(`{"a": ${number}}`), OutOfRangeError, "file.a", [number]);
  });

  // shows: T17, A50
  it("refuses a key that comes twice, however it is written, at any depth", () => {
    assertFails(() => parse('{"a": 1, "a": 1}'), DuplicateFieldError, "file.a");
    assertFails(() => parse('{"a": 1, "\\u0061": 1}'), DuplicateFieldError, "file.a");
    assertFails(() => parse('{"x": [{}, {"y": 1, "z": 2, "y": 3}]}'), DuplicateFieldError, "file.x[1].y");
  });

  // shows: A50
  it("refuses __proto__, at any depth and however it is written", () => {
    assertFails(() => parse('{"__proto__": {"polluted": true}}'), UnknownFieldError, "file.__proto__");
    assertFails(() => parse('{"x": [{"\\u005f_proto__": 1}]}'), UnknownFieldError, "file.x[0].__proto__");
  });

  it("names an unknown key by its position where it could be private or unprintable", () => {
    const twice = (key: string) => `{"asset": 1, "${key}": 1, "${key}": 2}`;
    assertFails(() => parse(twice("\\u001b[2J")), DuplicateFieldError, "file{key 3}");
    const policy = privateKeys(["asset", "entryPrice"]);
    for (const key of ["BTC", "btc", "bitcoin", "12.5", "asset12345"])
      assertFails(() => parseStrictJson(twice(key), "file", policy), DuplicateFieldError, "file{key 3}", [
        key,
      ]);
    // Two slips are none too many for six letters, and one for five.
    const quotes = (field: string, key: string) => privateKeys([field])(key);
    assert.deepEqual(
      [quotes("amount", "amnt"), quotes("amount", "ant"), quotes("asset", "ast")],
      [true, false, false],
    );
    for (const key of ["asset", "entryprice", "entryPrices", "aset"])
      assertFails(
        () => parseStrictJson(`{"${key}": 1, "${key}": 2}`, "file", policy),
        DuplicateFieldError,
        `file.${key}`,
      );
  });

  // shows: P11, A50
  it("refuses deep nesting instead of overflowing the stack", () => {
    assertFails(() => parse("[".repeat(200_000)), MalformedError, "file");
    for (const open of ["[", '{"a":']) {
      const close = open === "[" ? "]" : "}";
      const error = assertFails(
        () => parse(`${open.repeat(65)}1${close.repeat(65)}`),
        MalformedError,
        "file",
      );
      assert.equal(error.expected, "at most 64 levels of nesting");
      assert.ok(parse(`${open.repeat(64)}1${close.repeat(64)}`));
    }
    assert.ok(parse(`${"[".repeat(64)}${"]".repeat(64)}`));
    assert.equal(parse('"[[[[\\"[[[["'), '[[[["[[[[');
  });

  it("counts only brackets that are open, and none in a string", () => {
    for (const sibling of ["[]", "{}"])
      assert.deepEqual(parse(`[${Array(100).fill(sibling).join()}]`), Array(100).fill(JSON.parse(sibling)));
    for (const brackets of ["[".repeat(100), `${'\\"'}${"{".repeat(100)}`, `\\\\${"\\u005b".repeat(100)}`])
      assert.equal(parse(`"${brackets}"`), JSON.parse(`"${brackets}"`));
    assertFails(() => parse(`["]]", ${"[".repeat(64)}${"]".repeat(64)}]`), MalformedError, "file");
    assertFails(() => parse(`["\\\\", ${"[".repeat(64)}${"]".repeat(64)}]`), MalformedError, "file");
  });

  // shows: P11
  it("accepts nothing that JSON.parse refuses, and reads the same", () => {
    const pieces = fc.constantFrom(
      ..."{}[],: \n\"\\/'-+.eE019",
      '"a"',
      '"b"',
      "true",
      "null",
      "//",
      "/*",
      "*/",
      "NaN",
      "\t",
      "\u2028",
      "\\u00",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        let value: JsonValue;
        try {
          value = parse(text);
        } catch {
          return;
        }
        assert.deepEqual(value, JSON.parse(text));
      }),
      { seed: 20210519, numRuns: 20_000 },
    );
  });
});

describe("canonicalJson", () => {
  it("sorts keys and leaves out white space", () => {
    assert.equal(
      canonicalJson({ b: [1, { z: null, a: "é\n" }], a: true, B: -7 }),
      '{"B":-7,"a":true,"b":[1,{"a":"é\\n","z":null}]}',
    );
  });

  it("refuses numbers that are not safe integers", () => {
    for (const number of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -0])
      assertFails(() => canonicalJson({ a: [number] }), FormatError, "value.a[0]");
  });

  it("gives one text for one value, which parses back to it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const integers = JSON.parse(JSON.stringify(value), (_, v) =>
          typeof v === "number" ? 7 : v,
        ) as JsonValue;
        const text = canonicalJson(integers);
        assert.equal(canonicalJson(parse(text)), text);
        assert.deepEqual(JSON.parse(text), integers);
      }),
      { seed: 20210519 },
    );
  });
});
