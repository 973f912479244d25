import assert from "node:assert/strict";
import { parseNames } from "../../src/audit/names.js";
import { DuplicateFieldError, FormatError, MissingFieldError, UnknownFieldError } from "../../src/errors.js";

const account = `0x${"ab".repeat(32)}`;
const address = `0x${"cd".repeat(20)}`;
const file = (names: unknown) => JSON.stringify({ format: "zkmargin/names@1", names });

describe("a file of names", () => {
  it("names accounts and addresses, whatever the case of their digits", () => {
    const names = parseNames(
      file({ [account.toUpperCase().replace("X", "x")]: "Desk <1>", [address]: "Alpha & Bank" }),
    );
    assert.deepEqual(
      [...names],
      [
        [account, "Desk <1>"],
        [address, "Alpha & Bank"],
      ],
    );
    assert.equal(parseNames(file({})).size, 0);
    assert.equal(parseNames(file({ [address]: "W".repeat(100) })).get(address)?.length, 100);
  });

  const wrong: [string, string, new (...args: never[]) => Error, RegExp][] = [
    ["another format", '{"format": "zkmargin/book@2", "names": {}}', FormatError, /^names\.format: expected/],
    ["no names", '{"format": "zkmargin/names@1"}', MissingFieldError, /^names\.names: expected the field/],
    ["a field too many", file({}).replace("}", '}, "more": 1'), UnknownFieldError, /^names\.more/],
    ["a list", file([]), FormatError, /^names\.names: expected an object, got a list/],
    [
      "a key that is no id",
      file({ desk: "A" }),
      FormatError,
      /^names\.names\.desk: expected the id of an account/,
    ],
    [
      "an id that is cut short",
      file({ [account.slice(0, -1)]: "A" }),
      FormatError,
      /expected the id of an account/,
    ],
    ["a mistyped checksum", file({ [address.replace("c", "C")]: "A" }), FormatError, /with a right checksum/],
    ["a name that is none", file({ [address]: 7 }), FormatError, /expected text, got a number/],
    ["an empty name", file({ [address]: "" }), FormatError, /expected 1 to 100 printable characters/],
    [
      "a name that is too long",
      file({ [address]: "W".repeat(101) }),
      FormatError,
      /expected 1 to 100 printable/,
    ],
    ["a name that steers a terminal", file({ [address]: "\u001b[2J" }), FormatError, /printable characters/],
    [
      "a name that turns the direction of writing",
      file({ [address]: "A \u202e B" }),
      FormatError,
      /printable characters/,
    ],
    ["a name with space around it", file({ [address]: " A" }), FormatError, /without space around it/],
    [
      "the same name twice",
      file({ [address]: "Alpha Bank", [account]: "ＡLPHA bank" }),
      FormatError,
      /expected a name that no other id has, got the name of another/,
    ],
    [
      "the same id twice",
      file({ [account]: "A", [account.toUpperCase().replace("X", "x")]: "B" }),
      DuplicateFieldError,
      /expected each id once/,
    ],
  ];
  for (const [what, text, error, message] of wrong)
    it(`is refused with ${what}`, () => {
      assert.throws(
        () => parseNames(text),
        (thrown) => thrown instanceof error && message.test(thrown.message),
      );
    });
});
