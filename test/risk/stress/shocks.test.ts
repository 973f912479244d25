import assert from "node:assert/strict";
import fc from "fast-check";
import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
  UnknownFieldError,
} from "../../../src/errors.js";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { seeded } from "../../../src/risk/backtest/books.js";
import {
  joinShock,
  movesIfAny,
  movesOn,
  NAMED_DAYS,
  parseShocks,
  readShocks,
} from "../../../src/risk/shocks.js";
import { blanked, HISTORY, PAIR } from "../../market/fixtures.js";

describe("days of the history", () => {
  it("give the moves from the close before, away from 0", () => {
    const { moves } = movesOn(HISTORY, DEFAULT_LISTING, "2020-03-12");
    const of = (symbol: string) => moves[DEFAULT_LISTING.findIndex((asset) => asset.symbol === symbol)];
    // BTC closed at 7 911.4301, then at 4 970.7879: −37.1695 %.
    assert.equal(of("BTC"), -3717);
    assert.equal(of("USDC"), 434);
    assert.equal(of("AAVE"), null);
  });

  it("are all in the shipped history", () => {
    for (const { date } of NAMED_DAYS)
      assert.ok(
        movesOn(HISTORY, DEFAULT_LISTING, date).moves.some((move) => move !== null),
        date,
      );
  });

  it("refuse a date that is not there, or has no day before it", () => {
    const [first] = HISTORY.days;
    assert.throws(() => movesOn(HISTORY, DEFAULT_LISTING, "2019-01-01"), OutOfRangeError);
    assert.throws(() => movesOn(HISTORY, DEFAULT_LISTING, first?.date ?? ""), MissingFieldError);
    const gap = { ...HISTORY, days: HISTORY.days.filter(({ date }) => date !== "2021-05-18") };
    assert.throws(() => movesOn(gap, DEFAULT_LISTING, "2021-05-19"), MissingFieldError);
    // In a table of several days it is one that is not tested.
    for (const prices of [gap, { ...HISTORY, days: HISTORY.days.slice(0, 9) }])
      assert.ok(movesIfAny(prices, DEFAULT_LISTING, "2021-05-19").moves.every((move) => move === null));
  });

  it("refuse a day whose closes, or those of the day before, are all blank", () => {
    for (const blank of ["2021-05-18", "2021-05-19"])
      assert.throws(
        () =>
          movesOn(
            blanked(HISTORY, (date) => date === blank),
            DEFAULT_LISTING,
            "2021-05-19",
          ),
        MissingFieldError,
      );
  });

  it("take no other asset's move for one without a price: neither coins for a dollar token, nor it for them", () => {
    const alone = blanked(HISTORY, (date, asset) => date === "2021-05-18" && asset !== "USDC");
    const { moves } = movesOn(alone, DEFAULT_LISTING, "2021-05-19");
    assert.deepEqual([moves[0] !== null, moves.slice(1).every((move) => move === null)], [true, true]);
    const without = blanked(HISTORY, (date, asset) => date === "2021-05-18" && asset === "USDC");
    assert.equal(movesOn(without, DEFAULT_LISTING, "2021-05-19").moves[0], null);
  });

  it("take a close that was carried forward for none, but of a dollar token", () => {
    const since = HISTORY.days.findIndex(({ date }) => date === "2021-05-15");
    const carried = {
      ...HISTORY,
      days: HISTORY.days.map((day, t) => ({
        ...day,
        closes: day.closes.map((close, u) =>
          t > since && t <= since + 5 && u < 2 ? (HISTORY.days[since]?.closes[u] ?? null) : close,
        ),
      })),
    };
    const [usdc, btc, eth] = movesOn(carried, DEFAULT_LISTING, "2021-05-19").moves;
    assert.deepEqual([usdc, btc], [0, null]);
    assert.ok((eth ?? 0) < -2000);
    // The first day after it has a close before that was none.
    assert.equal(typeof movesOn(carried, DEFAULT_LISTING, "2021-05-22").moves[1], "number");
  });

  // shows: P55
  it("are the same, or none, whatever is blanked", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.constantFrom(0.05, 0.3, 0.8),
        (seed, share) => {
          const random = seeded(seed);
          const holes = blanked(HISTORY, () => random() / 2 ** 32 < share);
          for (const { date } of NAMED_DAYS) {
            const whole = movesOn(HISTORY, DEFAULT_LISTING, date).moves;
            movesIfAny(holes, DEFAULT_LISTING, date).moves.forEach((move, u) => {
              assert.ok(move === null || move === whole[u], `${date} ${u}`);
            });
          }
        },
      ),
      { seed: 20200417, numRuns: 15 },
    );
  });
});

describe("shocks", () => {
  it("are typed as asset and basis points", () => {
    assert.deepEqual(parseShocks("BTC=-3000,USDC=0", PAIR), { BTC: -3000, USDC: 0 });
  });

  const wrong: [text: string, error: new (...args: never[]) => Error][] = [
    ["", FormatError],
    ["BTC", FormatError],
    ["BTC=", FormatError],
    ["BTC=-30 %", FormatError],
    ["BTC=+3000", FormatError],
    ["BTC=-0", FormatError],
    ["BTC=1.5", FormatError],
    ["BTC=NaN", FormatError],
    ["BTC=-3000,", FormatError],
    ["BTC=-3000,BTC=1", DuplicateAssetError],
    ["ETH=-3000", UnknownAssetError],
    ["__proto__=1", UnknownAssetError],
    ["BTC=-10001", OutOfRangeError],
    ["BTC=100001", OutOfRangeError],
  ];
  for (const [text, error] of wrong)
    it(`are refused as ${error.name}: "${text}"`, () => {
      assert.throws(() => parseShocks(text, PAIR), error);
    });

  it("are read from a file", () => {
    const file = { format: "zkmargin/shocks@1", name: "weekend", shocks: { BTC: -2500 } };
    assert.deepEqual(readShocks(file, PAIR), {
      name: "weekend",
      shocks: { BTC: -2500 },
      basis: {},
      funding: {},
    });
    assert.deepEqual(
      readShocks(
        { ...file, shocks: {}, basis: { all: "-10%", BTC: "-12%" }, funding: { BTC: "0.9%" } },
        PAIR,
      ),
      { name: "weekend", shocks: {}, basis: { USDC: -1000, BTC: -1200 }, funding: { BTC: 90 } },
    );
    const refused: [change: object, error: new (...args: never[]) => Error][] = [
      [{ format: "zkmargin/book@1" }, FormatError],
      [{ shocks: {} }, MissingFieldError],
      [{ shocks: { ETH: 1 } }, UnknownAssetError],
      [{ shocks: { "a b": 1 } }, UnknownAssetError],
      [{ shocks: { BTC: -10_001 } }, OutOfRangeError],
      [{ shocks: { BTC: "-1" } }, FormatError],
      [{ shocks: [] }, FormatError],
      [{ basis: { BTC: -10_001 } }, OutOfRangeError],
      [{ funding: { BTC: "150%" } }, OutOfRangeError],
      [{ basis: { ETH: 1 } }, UnknownAssetError],
      [{ basis: "10%" }, FormatError],
      [{ name: "" }, FormatError],
      [{ more: 1 }, UnknownFieldError],
    ];
    for (const [change, error] of refused)
      assert.throws(() => readShocks({ ...file, ...change }, PAIR), error);
  });

  it("come before a day's moves, and nothing stands in for what had no price", () => {
    const listing = ["A", "B", "C", "D", "E"].map((symbol) => ({ symbol, decimals: 6 }));
    const day = { date: "2020-03-12", moves: [-3000, -1000, 10, null, null] };
    assert.deepEqual(joinShock("day", listing, day, { shocks: { E: -9000 } }), {
      name: "day",
      moves: [-3000, -1000, 10, null, -9000],
      given: ["E"],
    });
    // Without a day, what is not shocked stays.
    assert.deepEqual(joinShock("own", listing, null, { shocks: { B: -1 } }).moves, [0, -1, 0, 0, 0]);
  });
});
