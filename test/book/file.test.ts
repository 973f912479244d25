import assert from "node:assert/strict";
import { parseBook, serialiseBook } from "../../src/book/bookFile.js";
import {
  DuplicateAssetError,
  DuplicateFieldError,
  FormatError,
  MalformedError,
  MissingFieldError,
  OutOfRangeError,
  PrecisionError,
  UnknownAssetError,
  UnknownFieldError,
} from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { assertFails } from "../support/failure.js";

const usdc = { asset: "USDC", spot: "25000.123456" };
const btc = {
  asset: "BTC",
  spot: "12.5",
  perp: "-12.34567891",
  entryPrice: "63314.011",
  entryFunding: "-1.5",
};
const valid = {
  format: "zkmargin/book@2",
  account: "desk 7",
  sequence: 3,
  isolated: false,
  positions: [usdc, btc],
};
/** No error may contain any of these. */
const SECRETS = ["25000", "12.5", "12.34", "63314", "BTC", "USDC", "desk 7", "1.5"];

const parse = (book: unknown) => parseBook(JSON.stringify(book), DEFAULT_LISTING);
const withBtc = (change: object) => ({ ...valid, positions: [usdc, { ...btc, ...change }] });
const without = (object: object, field: string) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== field));

describe("book file", () => {
  // shows: P14
  it("is read as it is written, with no perpetual where none is named", () => {
    const book = parse(valid);
    assert.deepEqual(book, {
      account: "desk 7",
      sequence: 3,
      isolated: false,
      positions: [{ ...usdc, perp: "0" }, btc],
    });
    assert.deepEqual(parseBook(serialiseBook(book), DEFAULT_LISTING), book);
  });

  it("takes zeros for an absent entry", () => {
    parse({ ...valid, positions: [{ ...usdc, perp: "0", entryPrice: "0", entryFunding: "0.00" }] });
    parse({ ...valid, positions: [] });
    assert.equal(parse({ ...valid, sequence: 0 }).sequence, 0);
  });

  type Case = [name: string, book: unknown, Class: Parameters<typeof assertFails>[1], path: string];
  const position = "book.positions[1]";
  const notations: Case[] = [
    "-0",
    "-0.0",
    "1e3",
    "0x1F",
    "+1",
    "01",
    ".5",
    "5.",
    "NaN",
    "Infinity",
    "",
    " 1",
  ].flatMap((text) =>
    (["spot", "perp", "entryPrice", "entryFunding"] as const).map(
      (field): Case => [
        `${field} ${JSON.stringify(text)}`,
        withBtc({ [field]: text }),
        FormatError,
        `${position}.${field}`,
      ],
    ),
  );
  const cases: Case[] = [
    ...notations,
    ["a number for an amount", withBtc({ spot: 12.5 }), FormatError, `${position}.spot`],
    ["an integer for an amount", withBtc({ spot: 12 }), FormatError, `${position}.spot`],
    ["null for an amount", withBtc({ perp: null }), FormatError, `${position}.perp`],
    ["more decimals than the quantum", withBtc({ spot: "0.123456789" }), PrecisionError, `${position}.spot`],
    [
      "more decimals than an attodollar",
      withBtc({ entryPrice: `1.${"1".repeat(19)}` }),
      PrecisionError,
      `${position}.entryPrice`,
    ],
    ["2^64 quanta", withBtc({ spot: "184467440737.09551616" }), OutOfRangeError, `${position}.spot`],
    ["−2^64 quanta", withBtc({ perp: "-184467440737.09551616" }), OutOfRangeError, `${position}.perp`],
    ["an entry price of zero", withBtc({ entryPrice: "0" }), OutOfRangeError, `${position}.entryPrice`],
    ["a negative entry price", withBtc({ entryPrice: "-1" }), OutOfRangeError, `${position}.entryPrice`],
    [
      "no entry price",
      { ...valid, positions: [usdc, without(btc, "entryPrice")] },
      MissingFieldError,
      `${position}.entryPrice`,
    ],
    ["an entry price without a perpetual", withBtc({ perp: "0" }), FormatError, `${position}.entryPrice`],
    [
      "entry funding without a perpetual",
      withBtc({ perp: "0", entryPrice: "0" }),
      FormatError,
      `${position}.entryFunding`,
    ],
    ["no spot", { ...valid, positions: [usdc, without(btc, "spot")] }, MissingFieldError, `${position}.spot`],
    [
      "no asset",
      { ...valid, positions: [usdc, without(btc, "asset")] },
      MissingFieldError,
      `${position}.asset`,
    ],
    ["an unlisted asset", withBtc({ asset: "SHIB" }), UnknownAssetError, `${position}.asset`],
    ["an empty asset", withBtc({ asset: "" }), UnknownAssetError, `${position}.asset`],
    ["an asset in small letters", withBtc({ asset: "btc" }), UnknownAssetError, `${position}.asset`],
    [
      "an asset twice",
      { ...valid, positions: [btc, usdc, btc] },
      DuplicateAssetError,
      "book.positions[2].asset",
    ],
    ["a misspelled field", withBtc({ entryprice: "1" }), UnknownFieldError, `${position}.entryprice`],
    ["an asset for a field", withBtc({ BTC: "1" }), UnknownFieldError, `${position}{key 6}`],
    ["a misspelled format", { ...valid, formta: "" }, UnknownFieldError, "book.formta"],
    ["an unknown field", { ...valid, positons: [] }, UnknownFieldError, "book.positons"],
    ["a position that is none", { ...valid, positions: ["12.5"] }, FormatError, "book.positions[0]"],
    ["positions by asset", { ...valid, positions: { BTC: "12.5" } }, FormatError, "book.positions"],
    ["no positions", without(valid, "positions"), MissingFieldError, "book.positions"],
    ["no account", without(valid, "account"), MissingFieldError, "book.account"],
    ["an empty account", { ...valid, account: "" }, FormatError, "book.account"],
    ["a long account", { ...valid, account: "a".repeat(65) }, FormatError, "book.account"],
    ["an account with a control character", { ...valid, account: "a\u0000b" }, FormatError, "book.account"],
    ["an account that is not ASCII", { ...valid, account: "büro" }, FormatError, "book.account"],
    ["a negative sequence", { ...valid, sequence: -1 }, OutOfRangeError, "book.sequence"],
    ["a sequence as text", { ...valid, sequence: "3" }, FormatError, "book.sequence"],
    ["a fractional sequence", { ...valid, sequence: 1.5 }, FormatError, "book.sequence"],
    ["a sequence of 2^53", { ...valid, sequence: 2 ** 53 }, OutOfRangeError, "book.sequence"],
    ["isolated as a number", { ...valid, isolated: 1 }, FormatError, "book.isolated"],
    ["another format", { ...valid, format: "zkmargin/market@1" }, FormatError, "book.format"],
    ["no format", without(valid, "format"), MissingFieldError, "book.format"],
    ["a list", [valid], FormatError, "book"],
  ];
  for (const [name, book, Class, path] of cases) {
    // shows: T19
    it(`refuses ${name}`, () => {
      assertFails(() => parse(book), Class, path, [...SECRETS, "SHIB", "184467", "büro"]);
    });
  }

  it("is written as JSON with two spaces a level", () => {
    assert.equal(
      serialiseBook(parse({ ...valid, positions: [usdc] })),
      `{
  "format": "zkmargin/book@2",
  "account": "desk 7",
  "sequence": 3,
  "isolated": false,
  "positions": [
    {
      "asset": "USDC",
      "spot": "25000.123456",
      "perp": "0"
    }
  ]
}
`,
    );
  });

  it("refuses a key that comes twice", () => {
    const text = JSON.stringify(valid).replace('"spot":"12.5"', '"spot":"12.5","spot":"0"');
    assertFails(() => parseBook(text, DEFAULT_LISTING), DuplicateFieldError, `${position}.spot`, SECRETS);
  });

  // shows: A50
  it("refuses the text cut off anywhere", () => {
    const text = serialiseBook(parse(valid)).trimEnd();
    for (let length = 0; length < text.length; length++)
      assertFails(() => parseBook(text.slice(0, length), DEFAULT_LISTING), MalformedError, "book", SECRETS);
  });
});
