import assert from "node:assert/strict";
import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
  UnknownFieldError,
} from "../../../src/errors.js";
import { movesOn, NAMED_DAYS } from "../../../src/risk/stress/days.js";
import { joinShock, parseShocks, readShocks } from "../../../src/risk/stress/shocks.js";
import { DEFAULT_LISTING } from "../../../src/spec/listing.js";
import { HISTORY, PAIR } from "../../market/fixtures.js";

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
    ["BTC=-30%", FormatError],
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
    assert.deepEqual(readShocks(file, PAIR), { name: "weekend", shocks: { BTC: -2500 } });
    const refused: [change: object, error: new (...args: never[]) => Error][] = [
      [{ format: "zkmargin/book@1" }, FormatError],
      [{ shocks: {} }, MissingFieldError],
      [{ shocks: { ETH: 1 } }, UnknownAssetError],
      [{ shocks: { "a b": 1 } }, UnknownAssetError],
      [{ shocks: { BTC: -10_001 } }, OutOfRangeError],
      [{ shocks: { BTC: "-1" } }, FormatError],
      [{ shocks: [] }, FormatError],
      [{ name: "" }, FormatError],
      [{ more: 1 }, UnknownFieldError],
    ];
    for (const [change, error] of refused)
      assert.throws(() => readShocks({ ...file, ...change }, PAIR), error);
  });

  it("come before a day's moves, and the median stands in for what had no price", () => {
    const listing = ["A", "B", "C", "D", "E"].map((symbol) => ({ symbol, decimals: 6 }));
    const day = { date: "2020-03-12", moves: [-3000, -1000, 10, null, null] };
    assert.deepEqual(joinShock("day", listing, day, { E: -9000 }), {
      name: "day",
      moves: [-3000, -1000, 10, -1000, -9000],
      given: ["E"],
      substituted: ["D"],
    });
    // Without a day, what is not shocked stays.
    assert.deepEqual(joinShock("own", listing, null, { B: -1 }).moves, [0, -1, 0, 0, 0]);
  });
});
