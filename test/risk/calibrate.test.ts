import assert from "node:assert/strict";
import fc from "fast-check";
import {
  MissingFieldError,
  OutOfRangeError,
  StalePricesError,
  TooLittleHistoryError,
} from "../../src/errors.js";
import { dailyTable, type PriceTable } from "../../src/market/history.js";
import { DEFAULT_LISTING, type Listing } from "../../src/protocol/listing.js";
import { checkProfile } from "../../src/protocol/profile.js";
import { calibrate, SHIPPED_UNTIL, shippedCalibration } from "../../src/risk/calibration/calibrate.js";
import { calibratable } from "../../src/risk/calibration/data.js";
import { type CalibrationOptions, DEFAULT_CALIBRATION } from "../../src/risk/calibration/options.js";
import { CALIBRATED } from "../../src/risk/generated/calibrated.js";
import { pricesUntil } from "../../src/risk/returns.js";
import { HISTORY } from "../market/fixtures.js";
import { assertFails } from "../support/failure.js";
import { COINS, walk } from "./walks.js";

const DAILY = dailyTable(HISTORY);

const options = (over: Partial<CalibrationOptions> = {}): CalibrationOptions => ({
  ...DEFAULT_CALIBRATION,
  name: "test",
  listing: COINS,
  prices: walk({ rows: 120 }),
  ...over,
});
const shock = (calibrated: ReturnType<typeof calibrate>, name: string, asset: string) =>
  calibrated.profile.scenarios.find((scenario) => scenario.name === name)?.shocks[asset] ?? Number.NaN;

describe("the shipped calibration", () => {
  const shipped = shippedCalibration(DAILY);

  const whole = calibrate({
    ...DEFAULT_CALIBRATION,
    name: "whole",
    listing: DEFAULT_LISTING,
    prices: pricesUntil(DAILY, SHIPPED_UNTIL),
    offsetLimit: 0,
    stressWeight: 0,
  });

  // shows: P53
  it("is in step with the shipped history, to the last bit (npm run generate)", () => {
    assert.deepEqual(shipped.profile, CALIBRATED);
    assert.equal(shipped.report.to, SHIPPED_UNTIL);
  });

  it("agrees with an independent calculation in Python", () => {
    // numpy 2.4 and scipy 1.17: EWMA from λ = 0.5^(1/11), GARCH by Nelder-Mead with variance targeting and α ≤ β.
    // Before offsets are limited, without a stressed component. Innovations are of at most four volatilities in both. Quantiles are by method median_unbiased, Ledoit–Wolf after
    // the authors' covCor.m; all from the CSV file alone.
    const down = [
      1291.1, 1639.5, 1618.2, 2110.3, 2096.5, 2125.1, 2845.7, 1973.1, 1922.8, 2156.4, 1965.0, 1936.5, 2022.5,
      2064.0, 1765.8,
    ];
    const up = [
      1814.0, 2288.5, 2298.7, 3202.7, 3403.3, 3231.8, 5840.9, 2627.5, 2790.2, 3589.0, 3120.1, 2869.7, 2907.9,
      3112.4, 2517.1,
    ];
    DEFAULT_LISTING.slice(1).forEach(({ symbol }, i) => {
      // Rounded away from 0; the two searches end within a quarter of a basis point of each other.
      for (const [name, expected] of [
        ["crash", -(down[i] ?? 0)],
        ["squeeze", up[i] ?? 0],
      ] as const) {
        const off = Math.abs(shock(whole, name, symbol)) - Math.abs(expected);
        assert.ok(off > -0.25 && off < 1.25, `${name} ${symbol}: ${off}`);
      }
    });
    const { correlation, assets } = shipped.report;
    assert.equal(correlation.observations, 224);
    assert.ok(Math.abs(correlation.intensity - 0.1392265) < 1e-3);
    assert.ok(Math.abs(correlation.average - 0.4523981) < 1e-4);
    assert.ok(Math.abs((correlation.shares[0] ?? 0) - 0.4997977) < 1e-4);
    assert.ok(Math.abs((assets[1]?.market ?? 0) - 0.7167978) < 1e-4);
  });

  it("has sixteen scenarios, which fall and rise for every coin", () => {
    assert.equal(shipped.profile.scenarios.length, 16);
    assert.equal(shipped.report.scenarios.length, 16);
    for (const { symbol } of DEFAULT_LISTING) {
      const shocks = shipped.profile.scenarios.map(({ shocks: all }) => all[symbol] ?? 0);
      assert.ok(Math.min(...shocks) < 0 && Math.max(...shocks) > 0, symbol);
    }
  });

  it("sets every pair of coins against each other in some scenario", () => {
    // What the spreads are for. Two coins that always went together would be margined as one.
    const coins = DEFAULT_LISTING.slice(1).map(({ symbol }) => symbol);
    for (const a of coins)
      for (const b of coins) {
        if (a === b) continue;
        const apart = shipped.profile.scenarios.some(
          ({ shocks }) => (shocks[a] ?? 0) < 0 && (shocks[b] ?? 0) > 0,
        );
        assert.ok(apart, `${a} down, ${b} up`);
      }
  });

  it("names what was not there", () => {
    assert.deepEqual(
      shipped.report.omitted.map(({ asset, why }) => `${asset} ${why}`),
      [
        "SOL not priced before 2020-04-11",
        "DOT not priced before 2020-08-21",
        "UNI not priced before 2020-09-18",
        "AAVE not priced before 2020-10-05",
      ],
    );
  });
});

describe("calibrate", () => {
  it("knows nothing of what comes after the last row", () => {
    const before = calibrate(options({ listing: DEFAULT_LISTING, prices: pricesUntil(DAILY, "2021-03-01") }));
    const closes = DAILY.closes.map((row, t) =>
      (DAILY.times[t] ?? "") > "2021-03-01" ? row.map(() => 1) : row,
    );
    const other = pricesUntil({ ...DAILY, closes }, "2021-03-01");
    assert.deepEqual(calibrate(options({ listing: DEFAULT_LISTING, prices: other })), before);
  });

  it("does not depend on the unit of a price, but in its impact", () => {
    const prices = walk({ rows: 120 });
    const halved = { ...prices, closes: prices.closes.map((row) => row.map((close) => (close ?? 0) / 2)) };
    const { scenarios, assets } = calibrate(options({ prices: halved })).profile;
    const whole = calibrate(options({ prices })).profile;
    assert.deepEqual(scenarios, whole.scenarios);
    assets.forEach((asset, u) => {
      assert.deepEqual({ ...asset, impact: 0n }, { ...whole.assets[u], impact: 0n });
    });
  });

  it("demands more at a higher confidence and over more days", () => {
    const usual = calibrate(options());
    for (const stricter of [
      calibrate(options({ confidence: 9950 })),
      calibrate(options({ horizonDays: 4, liquidationDays: 4 })),
    ])
      for (const { symbol } of COINS.slice(1)) {
        assert.ok(shock(stricter, "crash", symbol) <= shock(usual, "crash", symbol), symbol);
        assert.ok(shock(stricter, "squeeze", symbol) >= shock(usual, "squeeze", symbol), symbol);
      }
  });

  it("does not let margin fall below that of the whole history in a calm", () => {
    // Sixty stormy days, then sixty with a tenth of the moves.
    const prices = walk({ rows: 121, size: (t) => (t <= 60 ? 0.05 : 0.005) });
    for (const { asset, ewma, garch, longRun, volatility } of calibrate(options({ prices })).report.assets) {
      if (asset === "USDC") continue;
      assert.ok(ewma < longRun && garch < longRun * 1.05, `${asset}: ${ewma} ${garch} ${longRun}`);
      assert.ok(volatility >= longRun);
    }
  });

  it("raises the floor of a late listing by what the market did before it", () => {
    const prices = walk({ rows: 161, size: (t) => (t <= 60 ? 0.05 : 0.005) });
    const closes = prices.closes.map((row, t) => row.map((close, u) => (u === 3 && t <= 70 ? null : close)));
    const { assets, omitted } = calibrate(options({ prices: { ...prices, closes } })).report;
    const [, old, , late] = assets;
    assert.equal(old?.raised, 1);
    assert.ok((late?.raised ?? 0) > 3, `raised by ${late?.raised}`);
    assert.ok((late?.volatility ?? 0) >= (late?.longRun ?? 0) * (late?.raised ?? 0));
    assert.equal(omitted[0]?.why, `not priced before ${prices.times[71]}`);
  });

  it("keeps the signs of a previous profile's spreads, and their sizes only by chance", () => {
    const first = calibrate(options({ prices: walk({ rows: 120 }) })).profile;
    const turned = {
      ...first,
      scenarios: first.scenarios.map(({ name, shocks }) => ({
        name,
        shocks: name.startsWith("spread")
          ? Object.fromEntries(Object.entries(shocks).map(([asset, move]) => [asset, -move]))
          : shocks,
      })),
    };
    const next = calibrate(options({ prices: walk({ rows: 140 }), previous: turned }));
    for (const { name, shocks } of next.profile.scenarios.filter((scenario) =>
      scenario.name.startsWith("spread"),
    ))
      for (const { symbol } of COINS.slice(1)) {
        const before = turned.scenarios.find((scenario) => scenario.name === name)?.shocks[symbol] ?? 0;
        assert.equal(Math.sign(shocks[symbol] ?? 0), Math.sign(before), `${name} ${symbol}`);
      }
  });

  it("scales hours to a day by the root of time", () => {
    const hourly = calibrate(options({ prices: walk({ rows: 1500, hours: true, size: () => 0.01 }) }));
    for (const { asset, ewma } of hourly.report.assets) {
      if (asset === "USDC") continue;
      // Uniform moves of at most 1 %: a variance of 0.01²/3 an hour, 24 of them a day.
      assert.ok(Math.abs(ewma / Math.sqrt((24 * 0.0001) / 3) - 1) < 0.2, `${asset}: ${ewma}`);
    }
    assert.equal(hourly.report.stepSeconds, 3600);
  });

  it("takes a pegged asset that never moves, and lets it lose its peg", () => {
    const prices = walk({ rows: 120 });
    const still = { ...prices, closes: prices.closes.map(([, ...row]) => [1, ...row]) };
    const calibrated = calibrate(options({ prices: still }));
    assert.equal(shock(calibrated, "crash", "USDC"), 0);
    assert.equal(shock(calibrated, "depeg", "USDC"), -1_300);
    assert.equal(calibrated.profile.assets[0]?.collateralFactor, 9995);
  });

  it("makes do with one coin or two, repeating no scenario", () => {
    for (const count of [2, 3]) {
      const { scenarios } = calibrate(options({ listing: COINS.slice(0, count) })).profile;
      const distinct = new Set(scenarios.map(({ shocks }) => JSON.stringify(shocks)));
      assert.equal(distinct.size, scenarios.length);
      assert.ok(scenarios.length >= 4);
    }
  });

  // shows: P53
  it("stays within every bound of a profile, whatever the market did", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 61, max: 150 }),
        fc.double({ min: 0.0001, max: 0.9, noNaN: true }),
        fc.integer({ min: 5001, max: 9999 }),
        fc.integer({ min: 1, max: 30 }),
        (seed, rows, size, confidence, days) => {
          const prices = walk({ rows, seed, size: () => size });
          const { profile } = calibrate(
            options({ prices, confidence, horizonDays: days, liquidationDays: days, acceptJumps: "any" }),
          );
          checkProfile(profile, COINS);
          assert.ok(profile.scenarios.length <= 16);
          for (const { shocks } of profile.scenarios)
            for (const move of Object.values(shocks))
              assert.ok(Number.isInteger(move) && !Object.is(move, -0) && Math.abs(move) <= profile.shockCap);
        },
      ),
      { seed: 20210519, numRuns: 60 },
    );
  });
});

describe("calibrate refuses", () => {
  const prices = walk({ rows: 120 });
  const replaced = (u: number, close: (t: number, was: number | null) => number | null): PriceTable => ({
    ...prices,
    closes: prices.closes.map((row, t) => row.map((was, v) => (u === v ? close(t, was) : was))),
  });
  const long = walk({ rows: 200 });
  const apart = {
    ...long,
    closes: long.closes.map((row, t) =>
      row.map((was, u) => ((u === 1 && t < 100) || (u === 2 && t >= 100 && t < 190) ? null : was)),
    ),
  };
  const cases: [
    name: string,
    over: Partial<CalibrationOptions>,
    Class: Parameters<typeof assertFails>[1],
    path: string,
  ][] = [
    ["too short a history", { prices: walk({ rows: 60 }) }, TooLittleHistoryError, "prices.USDC"],
    [
      "a listing of last month",
      { prices: replaced(2, (t, was) => (t < 90 ? null : was)) },
      TooLittleHistoryError,
      "prices.ETH",
    ],
    // Each has enough returns, but only nine days have one of both.
    ["histories that do not overlap", { prices: apart }, TooLittleHistoryError, "prices"],
    ["a constant series", { prices: replaced(1, () => 100) }, StalePricesError, "prices.BTC"],
    [
      "an asset that is priced no more",
      { prices: replaced(1, (t, was) => (t === 119 ? null : was)) },
      MissingFieldError,
      `prices.${prices.times[119]}.BTC`,
    ],
    [
      "an asset without a column",
      { listing: [...COINS, { symbol: "LTC", decimals: 8 }] },
      MissingFieldError,
      "prices.LTC",
    ],
    [
      "an asset without a depth",
      { depths: DEFAULT_CALIBRATION.depths.slice(0, 2) },
      MissingFieldError,
      "depths.ETH",
    ],
    ["pegged assets alone", { listing: COINS.slice(0, 1) }, MissingFieldError, "listing"],
    ["certainty", { confidence: 10_000 }, OutOfRangeError, "confidence"],
    ["an even chance", { confidence: 5000 }, OutOfRangeError, "confidence"],
    ["half a basis point", { confidence: 9900.5 }, OutOfRangeError, "confidence"],
    ["no horizon", { horizonDays: 0 }, OutOfRangeError, "horizonDays"],
    ["a liquidation shorter than the horizon", { horizonDays: 3 }, OutOfRangeError, "liquidationDays"],
    ["no half-life", { halfLife: 0 }, OutOfRangeError, "halfLife"],
    ["a half-life that is no number", { halfLife: Number.NaN }, OutOfRangeError, "halfLife"],
    ["seven scenarios", { scenarios: 7 }, OutOfRangeError, "scenarios"],
    ["more scenarios than the circuit has", { scenarios: 17 }, OutOfRangeError, "scenarios"],
    ["a few returns as enough", { minimumReturns: 10 }, OutOfRangeError, "minimumReturns"],
    ["a gain counted twice", { pnlFactor: 20_000 }, OutOfRangeError, "profile.pnlFactor"],
  ];
  for (const [name, over, Class, path] of cases) {
    it(name, () => {
      assertFails(() => calibrate(options(over)), Class, path);
    });
  }
});

describe("calibratable", () => {
  it("keeps what has enough history by then, and names the rest", () => {
    const at = (date: string) => calibratable(DEFAULT_LISTING, pricesUntil(DAILY, date), 60);
    const symbols = (listing: Listing) => listing.map(({ symbol }) => symbol);
    assert.equal(at("2021-01-01").listing.length, 16);
    const early = at("2020-06-15");
    assert.ok(symbols(early.listing).includes("SOL"));
    assert.deepEqual(early.leftOut, [
      { asset: "DOT", time: "2020-06-15", why: "no close in the last row" },
      { asset: "UNI", time: "2020-06-15", why: "no close in the last row" },
      { asset: "AAVE", time: "2020-06-15", why: "no close in the last row" },
    ]);
    assert.equal(at("2020-06-01").leftOut[0]?.why, "51 of 60 returns");
    const other = calibratable([{ symbol: "SHIB", decimals: 0 }], DAILY, 60);
    assert.deepEqual(other, {
      listing: [],
      leftOut: [{ asset: "SHIB", time: "2021-07-06", why: "not in the price history" }],
    });
  });
});
