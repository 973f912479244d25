import assert from "node:assert/strict";
import { deriveSalt, parseSecret } from "../../src/book/salt.js";
import { FormatError, OutOfRangeError } from "../../src/errors.js";
import { assertFails } from "../support/failure.js";

const HEX = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

describe("deriveSalt", () => {
  const secret = parseSecret(HEX);

  // shows: P10, T7
  it("gives the same salt for the same secret, account and sequence, and no other", () => {
    const salts = [
      deriveSalt(secret, "a", 1),
      deriveSalt(secret, "a", 2),
      deriveSalt(secret, "b", 1),
      deriveSalt(secret, "a1", 1),
      deriveSalt(secret, "a", 11),
      deriveSalt(Uint8Array.from([...secret, 0]), "a", 1),
    ];
    assert.equal(new Set(salts).size, salts.length);
    assert.equal(deriveSalt(secret, "a", 1), salts[0]);
    for (const salt of salts) assert.ok(salt >= 0n && salt < 2n ** 248n);
  });

  // shows: T7
  it("refuses weak secrets and bad names", () => {
    assertFails(() => deriveSalt(secret.subarray(1), "a", 1), OutOfRangeError, "secret");
    assertFails(() => deriveSalt(new Uint8Array(32), "a", 1), OutOfRangeError, "secret");
    assertFails(() => deriveSalt(secret, "a\u0000", 1), FormatError, "book.account");
    assertFails(() => deriveSalt(secret, "a", 0.5), FormatError, "book.sequence");
  });
});

describe("parseSecret", () => {
  it("reads hex of 32 bytes or more", () => {
    assert.equal(Buffer.from(parseSecret(HEX)).toString("hex"), HEX);
    assert.deepEqual(parseSecret(`${HEX.toUpperCase()}\n`), parseSecret(HEX));
    assert.equal(parseSecret(HEX + HEX).length, 64);
  });

  // shows: P13
  it("refuses the rest without quoting it", () => {
    for (const text of [
      "",
      `0x${HEX}`,
      HEX.slice(1),
      `${HEX} `,
      HEX.replace("0a", "0g"),
      `${HEX}\n\n`,
      `${HEX}\n00`,
    ])
      assertFails(() => parseSecret(text, "key file"), FormatError, "key file", ["0405060708"]);
    assertFails(() => parseSecret(HEX.slice(2)), OutOfRangeError, "secret", ["0405060708"]);
    assertFails(() => parseSecret("ab".repeat(32)), OutOfRangeError, "secret", ["abab"]);
  });
});
