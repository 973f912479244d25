import assert from "node:assert/strict";
import fc from "fast-check";
import { TooLittleHistoryError } from "../../src/errors.js";
import { dailyTable, type PriceHistory } from "../../src/market/history.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { type Backtest, backtest } from "../../src/risk/backtest/backtest.js";
import { backtestBooks, seeded } from "../../src/risk/backtest/books.js";
import { calibratedRegime, fixedRegime } from "../../src/risk/backtest/regimes.js";
import { calibrate } from "../../src/risk/calibration/calibrate.js";
import { DEFAULT_CALIBRATION } from "../../src/risk/calibration/options.js";
import { PMRM } from "../../src/risk/presets.js";
import { blanked, HISTORY, withoutDays } from "../market/fixtures.js";

const run = (prices: PriceHistory, over: Partial<Parameters<typeof backtest>[0]> = {}) =>
  backtest({
    prices,
    listing: DEFAULT_LISTING,
    regimes: [calibratedRegime("recalibrated", DEFAULT_CALIBRATION)],
    books: backtestBooks().filter(({ name }) => ["long-btc", "equal-weight-long"].includes(name)),
    every: 7,
    minimumReturns: 60,
    confidence: 9900,
    from: "2020-04-09",
    to: "2020-05-10",
    ...over,
  });
const daysOf = ({ walk }: Backtest) => walk.books.map(({ book, regime, days }) => [book.name, regime, days]);
/** Every n-th day or so, always the same ones. */
const some = (seed: number, share: number) => {
  const random = seeded(seed);
  const chosen = new Map<string, boolean>();
  return (key: string) => {
    if (!chosen.has(key)) chosen.set(key, random() / 2 ** 32 < share);
    return chosen.get(key) === true;
  };
};
const anySeed = fc.integer({ min: 1, max: 2 ** 31 - 1 });

describe("a history with blanks", () => {
  const BLANK = "2020-04-17";

  it("leaves a day of calibration untested, and the walk goes on", () => {
    const whole = run(HISTORY, { from: "2020-04-10", to: "2020-04-25" });
    for (const kept of [[], ["USDC"], ["BTC"]]) {
      const prices = blanked(HISTORY, (date, asset) => date === BLANK && !kept.includes(asset));
      const { walk } = run(prices, { from: "2020-04-10", to: "2020-04-25" });
      assert.deepEqual(walk.calibrations, ["2020-04-10", "2020-04-18", "2020-04-24"]);
      assert.deepEqual(
        walk.books[0]?.days.map(({ date }) => date),
        whole.walk.books[0]?.days
          .map(({ date }) => date)
          .filter(
            (date) => ![BLANK, "2020-04-16"].includes(date) || (kept[0] === "BTC" && date === "2020-04-16"),
          ),
      );
      assert.ok(walk.untested.some(({ date, what }) => date === BLANK && what === "all books"));
    }
  });

  it("takes an asset for delisted after a week, and waits for it until then", () => {
    const prices = blanked(HISTORY, (date, asset) => date >= BLANK && asset === "LTC");
    const { walk } = run(prices, { from: "2020-04-10", to: "2020-05-10" });
    assert.deepEqual(walk.calibrations, ["2020-04-10", "2020-04-24", "2020-05-01", "2020-05-08"]);
    assert.equal(walk.untested.find(({ date }) => date === BLANK)?.why, "no calibration: no close of LTC");
  });

  it("is refused where no day of the walk can be tested", () => {
    const prices = blanked(HISTORY, (date) => date >= "2020-04-10" && date <= "2020-04-12");
    assert.throws(
      () => run(prices, { from: "2020-04-10", to: "2020-04-12" }),
      (error) =>
        error instanceof TooLittleHistoryError &&
        /2020-04-10, all books: the day has no closes/.test(error.got),
    );
  });

  // shows: P55
  it("is tested as one without its blank rows: the same numbers on the same days", () => {
    fc.assert(
      fc.property(anySeed, fc.constantFrom(0.03, 0.2), (seed, share) => {
        const blank = some(seed, share);
        const isBlank = (date: string) => date > "2020-04-09" && blank(date);
        assert.deepEqual(daysOf(run(blanked(HISTORY, isBlank))), daysOf(run(withoutDays(HISTORY, isBlank))));
      }),
      { seed: 20200417, numRuns: 6 },
    );
  });

  it("is calibrated as one without its blank rows", () => {
    fc.assert(
      fc.property(anySeed, fc.constantFrom(0.01, 0.1, 0.25), (seed, share) => {
        const blank = some(seed, share);
        const isBlank = (date: string) => date < "2021-07-06" && blank(date);
        const profileOf = (history: PriceHistory) =>
          calibrate({
            ...DEFAULT_CALIBRATION,
            name: "test",
            listing: DEFAULT_LISTING,
            prices: dailyTable(history),
          });
        const [holes, without] = [blanked(HISTORY, isBlank), withoutDays(HISTORY, isBlank)];
        assert.deepEqual(profileOf(holes).profile, profileOf(without).profile);
        assert.deepEqual(profileOf(holes).report.assets, profileOf(without).report.assets);
      }),
      { seed: 20200417, numRuns: 8 },
    );
  });

  // shows: P55
  it("gives no loss that the whole history does not have, whichever cells are blank", () => {
    const regimes = [fixedRegime(PMRM)];
    const whole = new Map(
      run(HISTORY, { regimes }).walk.books.flatMap(({ book, days }) =>
        days.map((day) => [`${book.name} ${day.date}`, day] as const),
      ),
    );
    let tested = 0;
    fc.assert(
      fc.property(anySeed, fc.constantFrom(0.01, 0.05), (seed, share) => {
        const blank = some(seed, share);
        const holes = blanked(HISTORY, (date, asset) => date >= "2020-04-05" && blank(`${date} ${asset}`));
        for (const { book, days } of run(holes, { regimes }).walk.books)
          for (const { date, loss, lossDate } of days) {
            const day = whole.get(`${book.name} ${date}`);
            // A quantum is chosen on the day of calibration: the same loss but for what is cut off.
            const off = Number((day?.loss ?? 0n) - loss) / Number(book.gross * 10n ** 26n);
            assert.ok(day?.lossDate === lossDate && Math.abs(off) < 1e-6, `${book.name} ${date}: ${off}`);
            tested++;
          }
      }),
      { seed: 20200417, numRuns: 15 },
    );
    assert.ok(tested > 300, `${tested}`);
  });
});
