import assert from "node:assert/strict";
import {
  DuplicateAssetError,
  DuplicateFieldError,
  FormatError,
  MalformedError,
  OutOfRangeError,
  PrecisionError,
} from "../../src/errors.js";
import { parseHistory } from "../../src/market/history.js";
import { assertFails } from "../support/failure.js";
import { HISTORY } from "./fixtures.js";

const load = (...lines: string[]) => parseHistory(["date,USDC,BTC", ...lines, ""].join("\n"));

describe("parseHistory", () => {
  it("reads the example prices exactly", () => {
    assert.equal(HISTORY.days.length, 645);
    assert.equal(HISTORY.assets.length, 16);
    // sha256sum examples/prices/daily-close.csv
    assert.equal(HISTORY.sha256, "e9bb19de6e7f95d0ddb91fecf3754b1171cc38227d1d45b67c197fdb495943e8");
    const first = HISTORY.days[0];
    assert.equal(first?.date, "2019-10-01");
    assert.equal(first?.closes[0], 1_003_272_800_000_000_000n);
    assert.equal(first?.closes[4], null);
    assert.equal(first?.closes[7], 2_388_081_900_000_000n);
  });

  it("allows blanks and missing days", () => {
    assert.deepEqual(load("2021-01-01,1,", "2021-01-05,1,0.5").days, [
      { date: "2021-01-01", closes: [10n ** 18n, null] },
      { date: "2021-01-05", closes: [10n ** 18n, 5n * 10n ** 17n] },
    ]);
  });

  const cases: [name: string, line: string, Class: Parameters<typeof assertFails>[1], path: string][] = [
    ["a price of zero", "2021-01-03,1,0", OutOfRangeError, "history.line3.BTC"],
    ["a price of 0.00", "2021-01-03,1,0.00", OutOfRangeError, "history.line3.BTC"],
    ["a negative price", "2021-01-03,1,-5", OutOfRangeError, "history.line3.BTC"],
    ["NaN", "2021-01-03,NaN,5", FormatError, "history.line3.USDC"],
    ["an exponent", "2021-01-03,1e0,5", FormatError, "history.line3.USDC"],
    ["a price of 19 decimals", "2021-01-03,1,5.0000000000000000001", PrecisionError, "history.line3.BTC"],
    ["the date above again", "2021-01-02,1,5", DuplicateFieldError, "history.line3.date"],
    ["an earlier date", "2021-01-01,1,5", OutOfRangeError, "history.line3.date"],
    ["a day that is none", "2021-02-29,1,5", FormatError, "history.line3.date"],
    ["another notation of a date", "2021-1-3,1,5", FormatError, "history.line3.date"],
    ["a date with a time", "2021-01-03T00:00:00Z,1,5", FormatError, "history.line3.date"],
    ["a year of five digits", "+012021-01,1,5", FormatError, "history.line3.date"],
    ["no date", ",1,5", FormatError, "history.line3.date"],
    ["a cell too few", "2021-01-03,1", MalformedError, "history.line3"],
  ];
  for (const [name, line, Class, path] of cases) {
    it(`refuses ${name}`, () => {
      assertFails(() => load("2021-01-02,1,4", line), Class, path);
    });
  }

  it("refuses bad headers and empty tables", () => {
    assertFails(() => parseHistory("day,BTC\n2021-01-01,1"), FormatError, "history.line1");
    assertFails(() => parseHistory("date\n2021-01-01"), MalformedError, "history.line1");
    assertFails(() => parseHistory("date,btc\n2021-01-01,1"), FormatError, "history.line1");
    assertFails(() => parseHistory("date,BTC,BTC\n2021-01-01,1,1"), DuplicateAssetError, "history.line1");
    assertFails(() => parseHistory("date,BTC\n"), MalformedError, "history");
  });
});
