import assert from "node:assert/strict";
import { StalePricesError } from "../../src/errors.js";
import { dailyTable } from "../../src/market/history.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { backtest } from "../../src/risk/backtest/backtest.js";
import { backtestBooks } from "../../src/risk/backtest/books.js";
import { calibratedRegime } from "../../src/risk/backtest/regimes.js";
import { calibrate } from "../../src/risk/calibration/calibrate.js";
import { DEFAULT_CALIBRATION } from "../../src/risk/calibration/options.js";
import { staleRuns } from "../../src/risk/stale.js";
import { HISTORY, withoutDays } from "../market/fixtures.js";
import { assertFails } from "../support/failure.js";

const LTC = HISTORY.assets.indexOf("LTC");
const rowOn = (date: string) => HISTORY.days.findIndex((day) => day.date === date);

/** The shipped history with other closes of LTC from a day on. */
function ltc(from: string, close: (t: number, was: bigint | null) => bigint | null, to = "2021-07-06") {
  const [start, end] = [rowOn(from), rowOn(to)];
  const days = HISTORY.days.map((day, t) => ({
    date: day.date,
    closes: day.closes.map((was, u) => (u === LTC && t >= start && t <= end ? close(t - start, was) : was)),
  }));
  return { ...HISTORY, days };
}
const HELD = HISTORY.days[rowOn("2020-10-05")]?.closes[LTC] ?? null;

describe("prices that stand still", () => {
  const calibrated = (history: typeof HISTORY) => () =>
    calibrate({
      ...DEFAULT_CALIBRATION,
      name: "test",
      listing: DEFAULT_LISTING,
      prices: dailyTable(history),
    });
  const weekdays = (date: string) => [0, 6].includes(new Date(date).getUTCDay());
  const cases: [name: string, history: typeof HISTORY][] = [
    ["from the day on which all assets have one", ltc("2020-10-05", () => HELD)],
    ["for the last six closes", ltc("2021-07-01", () => HELD)],
    ["for a while, long ago", ltc("2020-02-01", () => HELD, "2020-02-10")],
    [
      "for the last six closes of a history of weekdays",
      withoutDays(
        ltc("2021-06-29", () => HELD),
        weekdays,
      ),
    ],
    ["but for blanks", ltc("2020-10-05", (t) => (t % 3 === 2 ? null : HELD))],
    ["but for one move", ltc("2019-10-01", (t) => (t < 500 ? 50n : 51n) * 10n ** 18n)],
    ["but for two closes in turn", ltc("2019-10-01", (t) => 50n * 10n ** 18n + BigInt(t % 2))],
    [
      "but for every third close",
      ltc("2019-10-01", (t) => 10n ** 18n * BigInt(50 + (Math.floor(t / 3) % 40))),
    ],
    [
      "but for less than a tenth of a basis point",
      ltc("2019-10-01", (t) => 5n * 10n ** 18n + BigInt(t * t) * 10n ** 7n),
    ],
  ];
  // shows: P55
  for (const [name, history] of cases)
    it(`are refused by name: ${name}`, () => {
      const error = assertFails(calibrated(history), StalePricesError, "prices.LTC");
      assert.match(error.expected, /^a price that moves/);
    });

  it("are those of more than five equal closes in a row", () => {
    assert.deepEqual(staleRuns([1, 1, 1, 1, 1]), []);
    assert.deepEqual(staleRuns([2, 1, 1, null, 1, 1, 1, null, 1, 3, 3]), [{ from: 1, to: 8, closes: 6 }]);
    assert.deepEqual(staleRuns([null, null]), []);
    calibrated(ltc("2021-07-02", () => HELD));
  });

  it("end a backtest at once, also after its last calibration", () => {
    const run = (history: typeof HISTORY, to: string) =>
      backtest({
        prices: history,
        listing: DEFAULT_LISTING,
        regimes: [calibratedRegime("recalibrated", DEFAULT_CALIBRATION)],
        books: backtestBooks().slice(0, 1),
        every: 7,
        minimumReturns: 60,
        confidence: 9900,
        from: "2021-05-01",
        to,
      });
    assertFails(
      () =>
        run(
          ltc("2020-10-05", () => HELD),
          "2021-05-08",
        ),
      StalePricesError,
      "prices.LTC",
    );
    assertFails(
      () =>
        run(
          ltc("2021-05-02", () => HELD),
          "2021-05-07",
        ),
      StalePricesError,
      "prices.LTC",
    );
    // Not for what comes after it.
    assert.equal(
      run(
        ltc("2021-06-01", () => HELD),
        "2021-05-02",
      ).totals[0]?.days,
      2,
    );
  });
});
