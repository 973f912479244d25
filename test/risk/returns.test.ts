import assert from "node:assert/strict";
import {
  DuplicateAssetError,
  DuplicateFieldError,
  FormatError,
  MalformedError,
  OutOfRangeError,
} from "../../src/errors.js";
import { DAY_SECONDS, HOUR_SECONDS } from "../../src/market/date.js";
import type { PriceTable } from "../../src/market/history.js";
import { dailyCloses, pricesUntil, returnsOf } from "../../src/risk/returns.js";
import { assertFails } from "../support/failure.js";

const table = (times: readonly string[], closes: readonly (readonly (number | null)[])[]): PriceTable => ({
  assets: ["BTC", "ETH"],
  times,
  closes,
});
const DAYS = ["2021-01-01", "2021-01-02", "2021-01-03", "2021-01-04"];

describe("returnsOf", () => {
  it("makes simple returns of rows that follow each other", () => {
    const returns = returnsOf(
      table(DAYS.slice(0, 3), [
        [100, 10],
        [110, 9],
        [55, 18],
      ]),
    );
    assert.equal(returns.step, DAY_SECONDS);
    assert.deepEqual(returns.times, ["2021-01-02", "2021-01-03"]);
    assert.deepEqual(returns.values, [
      [110 / 100 - 1, 9 / 10 - 1],
      [55 / 110 - 1, 18 / 9 - 1],
    ]);
    assert.deepEqual(returns.omitted, []);
  });

  it("takes no return across a missing day, and says so", () => {
    const returns = returnsOf(
      table(
        ["2021-01-01", "2021-01-02", "2021-01-05", "2021-01-06"],
        [
          [1, 1],
          [2, 2],
          [9, 9],
          [18, 9],
        ],
      ),
    );
    assert.deepEqual(returns.times, ["2021-01-02", "2021-01-06"]);
    assert.deepEqual(returns.values, [
      [1, 1],
      [1, 0],
    ]);
    assert.deepEqual(returns.omitted, [
      { asset: "all", time: "2021-01-03", why: "2 rows missing; no return across the gap" },
    ]);
  });

  it("names late listings, blanks and early ends, and fills none of them", () => {
    const closes = [
      [1, null],
      [2, 5],
      [null, 5],
      [4, null],
    ];
    const returns = returnsOf(table(DAYS, closes));
    assert.deepEqual(returns.values, [
      [1, null],
      [null, 0],
      [null, null],
    ]);
    assert.deepEqual(returns.omitted, [
      { asset: "BTC", time: "2021-01-03", why: "1 blank; no return to, in or from it" },
      { asset: "ETH", time: "2021-01-01", why: "not priced before 2021-01-02" },
      { asset: "ETH", time: "2021-01-04", why: "not priced any more" },
    ]);
    const never = returnsOf(
      table(DAYS.slice(0, 2), [
        [1, null],
        [2, null],
      ]),
    );
    assert.deepEqual(never.omitted, [{ asset: "ETH", time: "2021-01-01", why: "never priced" }]);
  });

  it("knows hours from days", () => {
    const hours = ["2024-01-14T22:00Z", "2024-01-14T23:00Z", "2024-01-15T01:00Z"];
    const returns = returnsOf(
      table(hours, [
        [1, 1],
        [2, 1],
        [4, 1],
      ]),
    );
    assert.equal(returns.step, HOUR_SECONDS);
    assert.deepEqual(returns.times, ["2024-01-14T23:00Z"]);
    assert.deepEqual(returns.omitted, [
      { asset: "all", time: "2024-01-15T00:00Z", why: "1 row missing; no return across the gap" },
    ]);
  });

  const good = [
    [1, 1],
    [2, 2],
    [3, 3],
  ];
  const cases: [name: string, prices: PriceTable, Class: Parameters<typeof assertFails>[1], path: string][] =
    [
      ["a price of zero", table(DAYS.slice(0, 1), [[1, 0]]), OutOfRangeError, "prices.2021-01-01.ETH"],
      ["a negative price", table(DAYS.slice(0, 1), [[-1, 1]]), OutOfRangeError, "prices.2021-01-01.BTC"],
      ["NaN", table(DAYS.slice(0, 1), [[Number.NaN, 1]]), FormatError, "prices.2021-01-01.BTC"],
      [
        "an infinity",
        table(DAYS.slice(0, 1), [[1, Number.POSITIVE_INFINITY]]),
        FormatError,
        "prices.2021-01-01.ETH",
      ],
      [
        "a date twice",
        table(["2021-01-01", "2021-01-02", "2021-01-02"], good),
        DuplicateFieldError,
        "prices.times[2]",
      ],
      [
        "dates out of order",
        table(["2021-01-01", "2021-01-03", "2021-01-02"], good),
        OutOfRangeError,
        "prices.times[2]",
      ],
      [
        "a day that is none",
        table(["2021-01-31", "2021-02-30", "2021-03-01"], good),
        FormatError,
        "prices.times[1]",
      ],
      [
        "days and hours mixed",
        table(["2021-01-01", "2021-01-02T00:00Z", "2021-01-03"], good),
        FormatError,
        "prices.times[1]",
      ],
      ["another notation", table(["1 January", "2", "3"], good), FormatError, "prices.times[0]"],
      ["a row too few", table(DAYS.slice(0, 3), good.slice(1)), MalformedError, "prices.closes"],
      ["a short row", table(DAYS.slice(0, 3), [[1, 1], [1], [1, 1]]), MalformedError, "prices.closes[1]"],
      ["no row", table([], []), MalformedError, "prices"],
      ["no asset", { assets: [], times: DAYS, closes: DAYS.map(() => []) }, MalformedError, "prices.assets"],
      [
        "an asset twice",
        { assets: ["BTC", "BTC"], times: DAYS.slice(0, 3), closes: good },
        DuplicateAssetError,
        "prices.assets[1]",
      ],
    ];
  for (const [name, prices, Class, path] of cases) {
    it(`refuses ${name}`, () => {
      assertFails(() => returnsOf(prices), Class, path);
    });
  }
});

describe("parts of a table", () => {
  it("end where they are told", () => {
    const prices = table(DAYS, [
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
    ]);
    assert.deepEqual(pricesUntil(prices, "2021-01-02").times, DAYS.slice(0, 2));
    assert.deepEqual(pricesUntil(prices, "2021-01-02").closes, [
      [1, 1],
      [2, 2],
    ]);
    assert.equal(pricesUntil(prices, "2020-12-31").times.length, 0);
  });

  it("end at an hour, or with the last hour of a day", () => {
    const hours = ["2024-01-14T22:00Z", "2024-01-14T23:00Z", "2024-01-15T00:00Z"];
    const prices = table(
      hours,
      hours.map(() => [1, 1]),
    );
    assert.deepEqual(pricesUntil(prices, "2024-01-14T22:00Z").times, hours.slice(0, 1));
    assert.deepEqual(pricesUntil(prices, "2024-01-14").times, hours.slice(0, 2));
    assert.deepEqual(pricesUntil(prices, "2024-01-13").times, []);
  });

  it("aggregate hours to the last hour of each day, and invent no day", () => {
    const hours = ["2024-01-14T22:00Z", "2024-01-14T23:00Z", "2024-01-15T22:00Z", "2024-01-16T23:00Z"];
    const daily = dailyCloses(
      table(hours, [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ]),
    );
    assert.deepEqual(daily.times, ["2024-01-14", "2024-01-16"]);
    assert.deepEqual(daily.closes, [
      [2, 2],
      [4, 4],
    ]);
    // The day without a last hour is a gap.
    assert.equal(returnsOf(daily).omitted[0]?.time, "2024-01-15");
    const days = table(DAYS, [
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
    ]);
    assert.equal(dailyCloses(days), days);
  });
});
