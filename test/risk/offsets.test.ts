import assert from "node:assert/strict";
import fc from "fast-check";
import { dailyTable } from "../../src/market/history.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { denseRisk, type RiskProfile, type Scenario } from "../../src/protocol/profile.js";
import { assess, SCALE } from "../../src/protocol/statement.js";
import { healthFactor } from "../../src/protocol/whatIf.js";
import { type RiskMeasure, type SearchOptions, weakestBook } from "../../src/risk/backtest/adversary.js";
import { calibrate } from "../../src/risk/calibration/calibrate.js";
import { type CalibrationOptions, DEFAULT_CALIBRATION } from "../../src/risk/calibration/options.js";
import { marketAt } from "../../src/risk/margin.js";
import { limitOffsets, OFFSET_LIMIT } from "../../src/risk/offsets.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { pricesUntil, returnsOf } from "../../src/risk/returns.js";
import { openSolver, type Solver } from "../../src/risk/statistics/linearProgramme.js";
import { HISTORY } from "../market/fixtures.js";

const DAILY = dailyTable(HISTORY);
const COINS = DEFAULT_LISTING.map(({ symbol }) => symbol).filter((symbol) => symbol !== "USDC");
const AT_PAR = { healthy: true, envelope: 0 } as const;

const calibratedOn = (date: string, offsetLimit: number, more: Partial<CalibrationOptions> = {}) =>
  calibrate({
    ...DEFAULT_CALIBRATION,
    name: "test",
    listing: DEFAULT_LISTING,
    prices: pricesUntil(DAILY, date),
    offsetLimit,
    ...more,
  }).profile;

/** Largest scenario loss and charges of net exposures, basis points × dollars. */
function marginOf(
  scenarios: readonly Scenario[],
  charges: Readonly<Record<string, number>>,
  x: readonly number[],
) {
  const assets = Object.keys(scenarios[0]?.shocks ?? {});
  const loss = scenarios.map(({ shocks }) =>
    assets.reduce((sum, asset, u) => sum - (shocks[asset] ?? 0) * (x[u] ?? 0), 0),
  );
  return (
    Math.max(0, ...loss) +
    assets.reduce((sum, asset, u) => sum + (charges[asset] ?? 0) * Math.abs(x[u] ?? 0), 0)
  );
}

describe("limited offsets", () => {
  const shock = fc.integer({ min: -10_000, max: 10_000 });
  const sets = fc
    .record({
      rows: fc.array(fc.tuple(shock, shock, shock), { minLength: 1, maxLength: 8 }),
      book: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -1_000, max: 1_000 }))),
      limit: fc.integer({ min: 0, max: 10_000 }),
    })
    .map(({ rows, book, limit }) => ({
      book,
      limit,
      scenarios: rows.map(([a, b, c], s) => ({ name: String(s), shocks: { A: a, B: b, C: c } })),
    }));

  it("never lower the margin of any book", () => {
    fc.assert(
      fc.property(sets, ({ scenarios, book, limit }) => {
        const limited = limitOffsets(scenarios, limit);
        const before = marginOf(scenarios, {}, book);
        assert.ok(marginOf(limited.scenarios, limited.charges, book) >= before);
      }),
      { seed: 20210519, numRuns: 1_000 },
    );
  });

  it("leave an asset alone what it paid, long or short, but for the rounding", () => {
    fc.assert(
      fc.property(sets, ({ scenarios, limit }) => {
        const limited = limitOffsets(scenarios, limit);
        for (const book of [
          [1, 0, 0],
          [-1, 0, 0],
        ]) {
          const more = marginOf(limited.scenarios, limited.charges, book) - marginOf(scenarios, {}, book);
          const charged = marginOf(scenarios, {}, book) > 0;
          assert.ok(!charged || (more >= 0 && more <= 2), `${more}`);
        }
      }),
      { seed: 20210519, numRuns: 1_000 },
    );
  });

  it("are the stated numbers", () => {
    const scenarios = [
      { name: "down", shocks: { A: -2_001, B: 0 } },
      { name: "up", shocks: { A: 3_000, B: 500 } },
    ];
    // m = 2001, φ·m = 400.2; the fall keeps 1600.8 of 2001, the rise 2599.8 of 3000. B has no fall, so no offset.
    assert.deepEqual(limitOffsets(scenarios, 2_000), {
      scenarios: [
        { name: "down", shocks: { A: -1_601, B: 0 } },
        { name: "up", shocks: { A: 2_600, B: 500 } },
      ],
      charges: { A: 401, B: 0 },
    });
    assert.deepEqual(limitOffsets(scenarios, 0).scenarios, scenarios);
  });

  it("no longer pass the book that lost more than its equity on 3 January 2021", () => {
    const day = HISTORY.days.find(({ date }) => date === "2021-01-02") ?? assert.fail();
    const prices = DEFAULT_LISTING.map(
      ({ symbol, decimals }) => (day.closes[HISTORY.assets.indexOf(symbol)] ?? 0n) / 10n ** BigInt(decimals),
    );
    const sizes: Readonly<Record<string, number>> = { ETH: -534, XRP: -246, DOGE: 105, DOT: 115 };
    const quanta = (thousands: number, u: number) => (BigInt(thousands) * 10n ** 21n) / (prices[u] ?? 1n);
    const perp = DEFAULT_LISTING.map(({ symbol }, u) => quanta(sizes[symbol] ?? 0, u));
    const book = {
      spot: DEFAULT_LISTING.map(({ symbol }, u) => (symbol === "USDC" ? quanta(60, u) : 0n)),
      perp,
      basis: -perp.reduce((sum, size, u) => sum + size * (prices[u] ?? 0n), 0n),
    };
    // As the book was found: without stressed days, and with the margin on perpetuals of then.
    const then = { stressWeight: 0 };
    const at = (offsetLimit: number, more = then) => {
      const profile = calibratedOn("2021-01-02", offsetLimit, more);
      const risk = denseRisk(profile, { assets: 16, scenarios: 16 });
      return assess(book, marketAt(risk, prices), AT_PAR);
    };
    assert.ok((healthFactor(at(0)) ?? 0n) > 20_000n);
    assert.ok(at(0).scenarioLoss < 2_000n * 10n ** 18n * SCALE);
    for (const more of [then, { stressWeight: DEFAULT_CALIBRATION.stressWeight }])
      assert.ok((healthFactor(at(OFFSET_LIMIT, more)) ?? 0n) < 10_000n);
  });

  it("no longer take 3.44 % for XRP against DOGE and BTC under portfolio-margin", () => {
    const weights: Readonly<Record<string, number>> = { XRP: -52, DOGE: 40, BTC: 8 };
    const x = PORTFOLIO_MARGIN.assets.map(({ asset }) => weights[asset] ?? 0);
    const rates = Object.fromEntries(
      PORTFOLIO_MARGIN.assets.map(({ asset, perpMargin, liquidity }) => [asset, perpMargin + liquidity]),
    );
    // Of a gross exposure of 100, so in basis points of it.
    assert.ok(marginOf(PORTFOLIO_MARGIN.scenarios, rates, x) / 100 > 900);
  });
});

/**
 * Of a book's own estimated loss, the least share that its margin may be: of the loss at 99 % by its past volatility, and of the mean of
 * its worst past days. Both hold the day on which DOGE quadrupled, which no shock of at most 100 % covers.
 */
const LEAST_SHARE = {
  volatility: { calibrated: 0.4, fixed: 0.25 },
  tail: { calibrated: 0.25, fixed: 0.14 },
};
const MEASURES = ["volatility", "tail"] as const;

describe("the search for weak books", () => {
  let solver: Solver;
  before(async () => {
    solver = await openSolver();
  });

  const shareOn = (date: string, profile: RiskProfile, measure: RiskMeasure) => {
    const table = pricesUntil(DAILY, date);
    const returns = returnsOf({
      ...table,
      assets: COINS,
      closes: table.closes.map((row) => COINS.map((coin) => row[table.assets.indexOf(coin)] ?? null)),
    }).values.filter((row): row is number[] => row.every((r) => r !== null));
    const options: SearchOptions = { assets: COINS, returns, measure, confidence: 9_900 };
    const weak = weakestBook(solver, profile, options) ?? assert.fail();
    return weak.margin / weak.tailLoss;
  };
  const dates = ["2021-01-02", "2021-02-13", "2021-03-27", "2021-05-15", "2021-06-26"];

  for (const measure of MEASURES) {
    const least = LEAST_SHARE[measure];

    it(`finds no book whose margin is below the stated share of its own tail loss, by its ${measure}`, () => {
      for (const date of dates) {
        assert.ok(shareOn(date, calibratedOn(date, OFFSET_LIMIT), measure) >= least.calibrated, date);
        assert.ok(shareOn(date, PORTFOLIO_MARGIN, measure) >= least.fixed, date);
      }
    });

    it(`finds such books where offsets have no limit, by their ${measure}`, () => {
      const shares = dates.map((date) => shareOn(date, calibratedOn(date, 0), measure));
      assert.ok(Math.min(...shares) < least.calibrated, shares.join());
    });
  }
});
