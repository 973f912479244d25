import assert from "node:assert/strict";
import { importBookCsv } from "../../src/book/bookFile.js";
import {
  DuplicateAssetError,
  FormatError,
  MalformedError,
  MissingFieldError,
  OutOfRangeError,
  PrecisionError,
  UnknownAssetError,
} from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { assertFails } from "../support/failure.js";

const HEADER = "asset,spot,perp,entry price,entry funding";
const header = { account: "desk", sequence: 1, isolated: false };
const load = (...lines: string[]) =>
  importBookCsv([HEADER, ...lines, ""].join("\n"), header, DEFAULT_LISTING);

describe("importBookCsv", () => {
  it("reads positions, blank cells being absent", () => {
    const expected = {
      ...header,
      positions: [
        { asset: "USDC", spot: "25000", perp: "0" },
        { asset: "BTC", spot: "12.5", perp: "-12.5", entryPrice: "63314.011" },
        { asset: "ETH", spot: "0", perp: "1", entryPrice: "2519.1", entryFunding: "-0.25" },
      ],
    };
    const lines = ["USDC,25000,,,", "BTC,12.5,-12.5,63314.011,", "ETH,0,1,2519.1,-0.25"];
    assert.deepEqual(load(...lines), expected);
    assert.deepEqual(importBookCsv([HEADER, ...lines].join("\r\n"), header, DEFAULT_LISTING), expected);
  });

  const cases: [name: string, line: string, Class: Parameters<typeof assertFails>[1], path: string][] = [
    ["a blank spot", "BTC,,1,63314,", FormatError, "book.line3.spot"],
    ["a blank asset", ",1,,,", UnknownAssetError, "book.line3.asset"],
    ["an unlisted asset", "SHIB,987654,,,", UnknownAssetError, "book.line3.asset"],
    ["an asset twice", "USDC,987654,,,", DuplicateAssetError, "book.line3.asset"],
    ["an exponent", "BTC,9.87654e5,,,", FormatError, "book.line3.spot"],
    ["hexadecimal", "BTC,0x987654,,,", FormatError, "book.line3.spot"],
    ["NaN", "BTC,NaN,,,", FormatError, "book.line3.spot"],
    ["−0", "BTC,-0,,,", FormatError, "book.line3.spot"],
    ["white space", "BTC, 987654,,,", FormatError, "book.line3.spot"],
    ["more decimals than the quantum", "BTC,0.987654321,,,", PrecisionError, "book.line3.spot"],
    ["2^64 quanta", "BTC,184467440737.09551616,,,", OutOfRangeError, "book.line3.spot"],
    ["a perpetual without entry price", "BTC,0,987654,,", MissingFieldError, "book.line3.entryPrice"],
    ["an entry price without perpetual", "BTC,1,,987654,", FormatError, "book.line3.entryPrice"],
    ["a thousands separator", "BTC,987,654,,,", MalformedError, "book.line3"],
    ["a missing cell", "BTC,987654,,", MalformedError, "book.line3"],
    ["quotation marks", '"BTC",987654,,,', MalformedError, "book.line3"],
    ["an empty line", "", MalformedError, "book.line3"],
  ];
  for (const [name, line, Class, path] of cases) {
    it(`refuses ${name}`, () => {
      assertFails(() => load("USDC,1,,,", line, "ETH,1,,,"), Class, path, [
        "BTC",
        "SHIB",
        "USDC",
        "987",
        "184467",
      ]);
    });
  }

  it("refuses another header", () => {
    for (const text of [
      "",
      "asset,spot\nBTC,1",
      `${HEADER},note\n`,
      HEADER.toUpperCase(),
      HEADER.replaceAll(" ", ""),
    ])
      assert.throws(
        () => importBookCsv(text, header, DEFAULT_LISTING),
        (error) => error instanceof FormatError || error instanceof MalformedError,
      );
    assertFails(
      () => importBookCsv("asset,spot,perp,entryPrice,entryFunding\n", header, DEFAULT_LISTING),
      FormatError,
      "book.line1",
    );
  });

  it("checks account and sequence", () => {
    assert.equal(importBookCsv(HEADER, { ...header, sequence: 0 }, DEFAULT_LISTING).sequence, 0);
    const load = (change: object) => importBookCsv(HEADER, { ...header, ...change }, DEFAULT_LISTING);
    assertFails(() => load({ account: "" }), FormatError, "book.account");
    for (const sequence of [-1, 0.5, 2 ** 53, Number.NaN])
      assertFails(() => load({ sequence }), FormatError, "book.sequence");
  });
});
