import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { DuplicateFieldError, FormatError, MalformedError, OutOfRangeError } from "../../src/errors.js";
import { dailyTable, parsePriceTable } from "../../src/market/history.js";
import { assertFails } from "../support/failure.js";
import { HISTORY } from "./fixtures.js";

const hourly = (...lines: string[]) => parsePriceTable(["time,BTC,ETH", ...lines, ""].join("\n"));

describe("parsePriceTable", () => {
  it("reads the daily example as parseHistory does", () => {
    const table = parsePriceTable(readFileSync("examples/prices/daily-close.csv", "utf8"));
    assert.deepEqual(table, dailyTable(HISTORY));
    assert.deepEqual(table.closes[0]?.slice(0, 5), [1.0032728, 8343.2767, 177.34042, 15.903211, null]);
    assert.deepEqual([table.times[0], table.times.at(-1)], ["2019-10-01", "2021-07-06"]);
  });

  it("reads the hourly example", () => {
    const table = parsePriceTable(readFileSync("examples/prices/hourly-close.csv", "utf8"));
    assert.deepEqual(table.assets, ["BTC", "ETH", "SOL"]);
    assert.equal(table.times.length, 1000);
    assert.equal(table.times[0], "2024-01-14T02:00Z");
    assert.deepEqual(table.closes[0], [42779.06, 2560.5, 95.76]);
  });

  it("gives each price as the double nearest to it", () => {
    const text = readFileSync("examples/prices/daily-close.csv", "utf8");
    const [, ...rows] = text.trim().split("\n");
    const written = rows.map((row) =>
      row
        .split(",")
        .slice(1)
        .map((price) => (price.trim() === "" ? null : Number(price))),
    );
    assert.deepEqual(parsePriceTable(text).closes, written);
  });

  it("allows blanks and missing hours", () => {
    assert.deepEqual(hourly("3600,1,", "14400,2,0.5"), {
      assets: ["BTC", "ETH"],
      times: ["1970-01-01T01:00Z", "1970-01-01T04:00Z"],
      closes: [
        [1, null],
        [2, 0.5],
      ],
    });
  });

  it("takes hours from 1970 to the end of 9999", () => {
    assert.deepEqual(hourly("0,1,1", "253402214400,1,1").times, ["1970-01-01T00:00Z", "9999-12-31T00:00Z"]);
  });

  it("takes no hour before them", () => {
    assertFails(() => hourly("-3600,1,1"), OutOfRangeError, "history.line2.time");
  });

  it("takes a table for an hourly one by its first column alone", () => {
    assertFails(() => parsePriceTable("time\n3600\n"), MalformedError, "history.line1");
    assertFails(() => parsePriceTable("date,BTC\n2021-01-01,1\ntime,1\n"), FormatError, "history.line3.date");
  });

  const cases: [name: string, line: string, Class: Parameters<typeof assertFails>[1], path: string][] = [
    ["a price of zero", "7200,1,0", OutOfRangeError, "history.line3.ETH"],
    ["a negative price", "7200,-1,1", OutOfRangeError, "history.line3.BTC"],
    ["NaN", "7200,NaN,1", FormatError, "history.line3.BTC"],
    ["an hour twice", "3600,1,1", DuplicateFieldError, "history.line3.time"],
    ["an earlier hour", "0,1,1", OutOfRangeError, "history.line3.time"],
    ["a time within an hour", "7201,1,1", FormatError, "history.line3.time"],
    ["a second after 9999", "253402214401,1,1", OutOfRangeError, "history.line3.time"],
    ["milliseconds", "1705197600000,1,1", OutOfRangeError, "history.line3.time"],
    ["a date", "2024-01-14,1,1", FormatError, "history.line3.time"],
    ["a cell too few", "7200,1", MalformedError, "history.line3"],
  ];
  for (const [name, line, Class, path] of cases) {
    it(`refuses ${name}`, () => {
      assertFails(() => hourly("3600,1,1", line), Class, path);
    });
  }

  it("refuses another first column", () => {
    assertFails(() => parsePriceTable("when,BTC\n3600,1"), FormatError, "history.line1");
    assertFails(() => parsePriceTable("timely,BTC\n3600,1"), FormatError, "history.line1");
  });
});
