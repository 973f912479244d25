import assert from "node:assert/strict";
import fc from "fast-check";
import { formatDecimal, parseDecimal, parseInteger } from "../../src/encoding/decimal.js";
import { FormatError, OutOfRangeError, PrecisionError } from "../../src/errors.js";
import { assertFails } from "../support/failure.js";

describe("parseDecimal", () => {
  it("reads plain decimals exactly", () => {
    assert.equal(parseDecimal("12.5", 8, "x"), 1_250_000_000n);
    assert.equal(parseDecimal("-0.001", 3, "x"), -1n);
    assert.equal(parseDecimal("0", 8, "x"), 0n);
    assert.equal(parseDecimal("0.00", 8, "x"), 0n);
    assert.equal(parseDecimal("1.50", 2, "x"), 150n);
    assert.equal(parseDecimal("7", 0, "x"), 7n);
    assert.equal(parseDecimal("18446744073709551615", 0, "x"), 2n ** 64n - 1n);
  });

  const unplain = [
    ..."+1|01|-01|00|00.1|.5|5.|-.5|-|.|1.2.3|1,000|1_000|1e3|1E3|1e-8|-1.5e2|0x10|0b1|0o7".split("|"),
    ..."-0|-0.0|-0.000|NaN|nan|Infinity|-Infinity|abc|1 000|$5|5%|٣|１".split("|"),
    ...["", " ", " 1", "1 ", "1\n", "\t1", "--1", "1-", "null", "true"],
  ];
  for (const text of unplain) {
    // shows: P12, T17
    it(`refuses ${JSON.stringify(text)}`, () => {
      // A text of two characters or more must not come back in the message.
      const secrets = text.trim().length > 1 && /\d/.test(text) ? [text] : [];
      assertFails(
        () => parseDecimal(text, 8, "book.positions[0].spot"),
        FormatError,
        "book.positions[0].spot",
        secrets,
      );
    });
  }

  // shows: P8, T17
  it("refuses more decimals than the unit has, zeros included", () => {
    assertFails(() => parseDecimal("1.234567", 5, "x"), PrecisionError, "x", ["1.234567"]);
    assertFails(() => parseDecimal("1.50", 1, "x"), PrecisionError, "x", ["1.50"]);
    assertFails(() => parseDecimal("1.0", 0, "x"), PrecisionError, "x", ["1.0"]);
  });

  it("refuses absurd lengths", () => {
    assertFails(() => parseDecimal("9".repeat(100_000), 8, "x"), OutOfRangeError, "x");
    assertFails(() => parseInteger("9".repeat(100_000), "x"), OutOfRangeError, "x");
    const longest = "9".repeat(80);
    assert.equal(parseInteger(longest, "x"), 10n ** 80n - 1n);
    assert.equal(parseDecimal(`${longest}.5`, 1, "x"), 10n ** 81n - 5n);
    assertFails(() => parseInteger(`${longest}9`, "x"), OutOfRangeError, "x");
    assertFails(() => parseDecimal(`${longest}9`, 0, "x"), OutOfRangeError, "x");
  });

  // shows: P12
  it("is the inverse of formatDecimal", () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 70n), 2n ** 70n), fc.nat(18), (value, decimals) => {
        assert.equal(parseDecimal(formatDecimal(value, decimals), decimals, "x"), value);
      }),
      { seed: 20210519 },
    );
  });
});

describe("parseInteger", () => {
  it("reads plain integers", () => {
    assert.equal(parseInteger("0", "x"), 0n);
    assert.equal(parseInteger("-42", "x"), -42n);
  });

  for (const text of ["", "-0", "01", "+1", "1.0", "1e3", "0x1f", " 1", "NaN", "1n"]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assertFails(() => parseInteger(text, "x"), FormatError, "x");
    });
  }
});

describe("formatDecimal", () => {
  it("writes no trailing zeros", () => {
    assert.equal(formatDecimal(1_250_000_000n, 8), "12.5");
    assert.equal(formatDecimal(-1n, 3), "-0.001");
    assert.equal(formatDecimal(-1_000n, 3), "-1");
    assert.equal(formatDecimal(0n, 8), "0");
    assert.equal(formatDecimal(70n, 0), "70");
  });
});
