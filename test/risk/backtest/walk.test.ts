import assert from "node:assert/strict";
import { MissingFieldError, OutOfRangeError } from "../../../src/errors.js";
import type { DailyPrices } from "../../../src/market/history.js";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { denseRisk } from "../../../src/protocol/profile.js";
import { assess, SCALE } from "../../../src/protocol/statement.js";
import { backtest } from "../../../src/risk/backtest/backtest.js";
import { type BookRecipe, backtestBooks, type Leg } from "../../../src/risk/backtest/books.js";
import { fixedRegime, type Regime } from "../../../src/risk/backtest/regimes.js";
import { type Walk, walk } from "../../../src/risk/backtest/walk.js";
import { PORTFOLIO_MARGIN } from "../../../src/risk/portfolioMargin.js";
import { HISTORY, PAIR, PAIR_PROFILE } from "../../market/fixtures.js";
import { assertFails } from "../../support/failure.js";

const USD = 10n ** 18n;
const DOLLAR = USD * SCALE;

/** Closes in whole dollars of USDC and BTC from 1 January 2021 on; null is a blank. */
function closes(btc: readonly (number | null)[], skip: readonly string[] = []): DailyPrices {
  const days = btc.map((price, i) => ({
    date: new Date(Date.UTC(2021, 0, 1 + i)).toISOString().slice(0, 10),
    closes: [USD, price === null ? null : BigInt(price) * USD],
  }));
  return { assets: ["USDC", "BTC"], days: days.filter(({ date }) => !skip.includes(date)) };
}

const bookOf = (...legs: Leg[]): BookRecipe => ({
  name: "book",
  kind: "long",
  gross: 10_000n,
  legs: () => legs,
});
const LONG = bookOf({ asset: "BTC", kind: "perp", weight: 1_000_000 });

/** 20 % down and 1 % of gross and net: 2 150 of 10 000 dollars, and next to nothing for concentration. */
const REGIME = fixedRegime({
  ...PAIR_PROFILE,
  assets: PAIR_PROFILE.assets.map((a) => ({ ...a, impact: 0n })),
});

const run = (
  prices: DailyPrices,
  options: { from?: string; to?: string; every?: number; regime?: Regime } = {},
) =>
  walk({
    prices,
    listing: PAIR,
    regimes: [options.regime ?? REGIME],
    books: [LONG],
    every: options.every ?? 2,
    minimumReturns: 2,
    ...(options.from && { from: options.from }),
    ...(options.to && { to: options.to }),
  });

const daysOf = ({ books }: Walk) => books[0]?.days ?? [];

describe("walking forward", () => {
  it("sets each day's margin against the loss to the next close", () => {
    const days = daysOf(run(closes([100, 100, 100, 80, 60, 66])));
    // From the third day, the first with two returns: losses of 20, 25 and −10 % of $10 000.
    assert.deepEqual(days, [
      { date: "2021-01-03", lossDate: "2021-01-04", margin: 2150n * DOLLAR, loss: 2000n * DOLLAR },
      { date: "2021-01-04", lossDate: "2021-01-05", margin: 2150n * DOLLAR, loss: 2500n * DOLLAR },
      ...days.slice(2),
    ]);
    const { loss, margin } = days[2] ?? assert.fail();
    // $10 000 / $60 is cut to whole quanta of 10^-7: both are short of that by less than 10^-5 dollars.
    assert.ok(loss > -1000n * DOLLAR && loss < -1000n * DOLLAR + DOLLAR / 100_000n);
    assert.ok(margin < 2150n * DOLLAR && margin > 2150n * DOLLAR - DOLLAR / 100_000n);
    assert.equal(days.length, 3);
  });

  it("measures a loss over the horizon, and sets no margin without the days for it", () => {
    const walked = (horizonDays: number) =>
      walk({
        prices: closes([100, 100, 100, 80, 60, 66]),
        ...{ listing: PAIR, regimes: [REGIME], books: [LONG], every: 2, minimumReturns: 2, horizonDays },
      });
    const [first, ...rest] = daysOf(walked(2));
    assert.deepEqual(first, {
      date: "2021-01-03",
      lossDate: "2021-01-05",
      margin: 2150n * DOLLAR,
      loss: 4000n * DOLLAR,
    });
    assert.equal(rest.length, 1);
    assertFails(() => walked(0), OutOfRangeError, "horizonDays");
  });

  it("knows no price later than the day", () => {
    const calm = HISTORY.days.slice(0, 240);
    const wild = calm.map((day, i) =>
      i <= 180
        ? day
        : { ...day, closes: day.closes.map((close) => close && (i % 2 ? close * 3n : close / 3n)) },
    );
    const seen: string[] = [];
    const regime: Regime = {
      ...fixedRegime(PORTFOLIO_MARGIN),
      profileOn: (known) => {
        seen.push(known.prices.times.at(-1) ?? "");
        assert.equal(known.prices.times.at(-1), known.date);
        assert.equal(known.prices.closes.length, known.prices.times.length);
        return fixedRegime(PORTFOLIO_MARGIN).profileOn(known);
      },
    };
    const margins = (days: DailyPrices["days"]) =>
      walk({
        prices: { assets: HISTORY.assets, days },
        listing: DEFAULT_LISTING,
        regimes: [regime],
        books: backtestBooks(),
        every: 7,
        minimumReturns: 60,
      }).books.map((book) =>
        book.days.filter(({ date }) => date <= (calm[180]?.date ?? "")).map((d) => d.margin),
      );
    assert.deepEqual(margins(calm), margins(wild));
    assert.ok(seen.length > 20);
  });

  it("computes a margin from what is held alone, as the reference model does from everything", () => {
    const date = "2021-05-18";
    const row = HISTORY.days.find((day) => day.date === date) ?? assert.fail();
    // Quanta as the walk chooses them: never finer than the listing's, and worth a millionth of a dollar or more.
    const listing = DEFAULT_LISTING.map(({ symbol, decimals }, u) => ({
      symbol,
      decimals: Math.min(decimals, String((row.closes[u] ?? 0n) / 10n ** 12n).length - 1),
    }));
    const prices = listing.map(({ decimals }, u) => (row.closes[u] ?? 0n) / 10n ** BigInt(decimals));
    const risk = denseRisk(PORTFOLIO_MARGIN, { assets: 16, scenarios: 16 });
    const recipe = backtestBooks().find(({ name }) => name === "random-3") ?? assert.fail();
    const legs = recipe.legs(listing.map(({ symbol }) => symbol)) ?? assert.fail();
    const perp = listing.map(({ symbol }, u) => {
      const weight = legs.find(({ asset }) => asset === symbol)?.weight ?? 0;
      return (recipe.gross * USD * BigInt(weight)) / (1_000_000n * (prices[u] ?? 1n));
    });
    const basis = -perp.reduce((sum, quantity, u) => sum + quantity * (prices[u] ?? 0n), 0n);
    const dense = { ...risk, low: prices, high: prices, funding: prices.map(() => 0n) };
    const { addOns, scenarioLoss } = assess({ spot: perp.map(() => 0n), perp, basis }, dense, {
      healthy: true,
      envelope: 0,
    });
    const walked = walk({
      prices: HISTORY,
      listing: DEFAULT_LISTING,
      regimes: [fixedRegime(PORTFOLIO_MARGIN)],
      books: [recipe],
      every: 7,
      minimumReturns: 60,
      from: date,
      to: date,
    });
    assert.equal(daysOf(walked)[0]?.margin, addOns + scenarioLoss);
  });

  it("leaves out, and names, days without a next one and assets without a close", () => {
    const gap = run(closes([100, 100, 100, 100, 100, 100, 100], ["2021-01-05"]));
    assert.deepEqual(
      daysOf(gap).map(({ date }) => date),
      ["2021-01-03", "2021-01-06"],
    );
    assert.deepEqual(gap.untested, [
      { date: "2021-01-04", what: "all books", why: "the next day has no closes" },
    ]);
    const blank = run(closes([100, 100, 100, 100, null, 100, 100, 100]), { every: 1 });
    assert.deepEqual(
      blank.untested.map(({ date, what }) => [date, what]),
      [
        ["2021-01-04", "book"],
        // A calibration is due on every day of this walk, and cannot be made on this one.
        ["2021-01-05", "all books"],
      ],
    );
  });

  it("holds an asset only once it has history enough, and says since when", () => {
    const late = closes([null, null, 100, 100, 100, 100, 100]);
    const result = run(late, { every: 1 });
    assert.equal(result.from, "2021-01-05");
    assert.deepEqual(result.since, [
      { asset: "USDC", date: "2021-01-05" },
      { asset: "BTC", date: "2021-01-05" },
    ]);
  });

  it("refuses what cannot be tested", () => {
    const prices = closes([100, 100, 100, 100, 100]);
    const refused = (path: string, ...args: Parameters<typeof run>) =>
      assert.throws(
        () => run(...args),
        (error) => error instanceof OutOfRangeError && error.path === path,
        path,
      );
    refused("history", closes([100, 100, 100]));
    refused("from", prices, { from: "2021-01-02" });
    refused("from", prices, { from: "2020-01-01" });
    refused("to", prices, { to: "2021-01-05" });
    refused("to", prices, { from: "2021-01-04", to: "2021-01-03" });
    refused("every", prices, { every: 0 });
    refused("every", prices, { every: 1.5 });
    assert.throws(() => run({ ...prices, assets: ["USDC", "ETH"] }), MissingFieldError);
  });

  it("sums up a comparison", () => {
    const result = backtest({
      prices: closes([100, 100, 100, 80, 60, 66]),
      listing: PAIR,
      regimes: [REGIME],
      books: [LONG],
      every: 2,
      minimumReturns: 2,
      confidence: 9900,
    });
    const [outcome] = result.outcomes;
    assert.equal(outcome?.coverage.exceptions.length, 1);
    assert.equal(outcome?.coverage.exceptions[0]?.lossDate, "2021-01-05");
    assert.equal(outcome?.coverage.coverage, 6666);
    assert.equal(outcome?.coverage.worstShortfall, 1627n);
    assert.equal(outcome?.meanShare, 2150n);
    assert.equal(outcome?.saving, 0n);
    assert.deepEqual(result.totals, [
      {
        regime: "pair",
        days: 3,
        exceptions: 1,
        tooMany: ["book"],
        tooFew: [],
        notConditional: ["book"],
        afterHolm: { tooMany: ["book"], tooFew: [] },
        lights: { green: [], yellow: [], red: [] },
      },
    ]);
  });
});
