import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  addTangents,
  parseSleeveArrays,
  type SleeveBand,
  serialiseSleeveArrays,
} from "../../../src/book/sleeveFile.js";
import { FormatError } from "../../../src/errors.js";
import { parsePriceTable } from "../../../src/market/history.js";
import { black76, greeks } from "../../../src/risk/options/black76.js";
import { addOption, CALL_ERROR } from "../../../src/risk/options/callSums.js";
import { parseSleeve, type Sleeve, serialiseSleeve } from "../../../src/risk/options/sleeve.js";
import { sleeveArrays } from "../../../src/risk/options/sleeveArrays.js";
import { sleeveDetail, sleeveSalt } from "../../../src/risk/options/sleeveDetail.js";
import { explainSleeve } from "../../../src/risk/options/sleeveExplain.js";
import { sleeveFromDeribit, surfaceFromCsv } from "../../../src/risk/options/sleeveImports.js";
import {
  CALIBRATED_VOLATILITY,
  calibratedRule,
  ruleNamed,
  ruleProfile,
  SLEEVE_RULES,
  type SleeveRule,
  SPAN_EXTREMES,
  spanRule,
} from "../../../src/risk/options/sleeveRules.js";
import { historicalMoves } from "../../../src/risk/options/volatilityHistory.js";
import { pricesUntil } from "../../../src/risk/returns.js";
import { ln } from "../../../src/risk/statistics/elementary.js";
import { marketOf, randomSleeve, SOLD_BUTTERFLY, SPOT, seeded, surfaceOf, TIME } from "./sleeveBooks.js";

const NO_BAND: SleeveBand = { price: 0, volatility: 0, smile: 0, basis: 0, fundingWeight: null, until: TIME };
const SHOCKS = [-2800, -2100, -1400, -700, 0, 700, 1400, 2100, 2800, 3400];
const scenarios = SHOCKS.map((shock, s) => ({ name: `s${s}`, shocks: { USDC: 0, BTC: shock } }));
const market = marketOf(SPOT, SPOT, scenarios);
const surface = surfaceOf();
const rule = calibratedRule();
const one = (name: string, amount: number) => parseSleeve(`instrument,amount\n${name},${amount}\n`);
const CALL = "BTC-28MAY21-44000-C";

describe("fast sums of options", () => {
  it("are black76 and its delta, to what they say", () => {
    const strikes = [1e-3, 0.3, 0.9, 0.9999, 1, 1.0001, 1.3, 30, 1e3];
    for (const spread of [0, 1e-4, 0.01, 0.2, 1.5, 20])
      for (const m of strikes)
        for (const call of [true, false]) {
          const [forward, strike] = [SPOT * 1.01, SPOT * m];
          const [values, slopes] = [new Float64Array(1), new Float64Array(1)];
          const nodes = { prices: Float64Array.of(SPOT), logs: Float64Array.of(ln(SPOT)) };
          addOption(
            nodes,
            { strike, logStrike: ln(strike), ratio: 1.01, logRatio: ln(1.01), spread, call },
            1,
            values,
            slopes,
            0,
          );
          const option = { forward, strike, years: 1, volatility: spread, discount: 1, call };
          assert.ok(
            Math.abs((values[0] ?? 0) - black76(option)) < CALL_ERROR * (forward + strike),
            `${spread} ${m}`,
          );
          assert.ok(Math.abs((slopes[0] ?? 0) - 1.01 * greeks(option).delta) < 1e-9, `${spread} ${m}`);
        }
  });
});

describe("sleeve arrays", () => {
  /** What a band of 1 % costs, and the scenario loss, of eight books of 20 to 80 options without a delta. */
  const banded = (sold: number) => {
    const random = seeded(11);
    return Array.from({ length: 8 }, () => {
      const { positions } = randomSleeve(random, 20 + Math.floor(random() * 60), { futures: false });
      const sleeve = {
        payoffs: [],
        positions: positions.map((each) => ({
          ...each,
          amount: random() < sold ? -Math.abs(each.amount) : Math.abs(each.amount),
        })),
      };
      const figures = (band: SleeveBand) => {
        const { value, gains } = sleeveArrays({ sleeve, surface, market, rule, band });
        return { value: Number(value), loss: Math.max(0, ...gains.map((gain) => -Number(gain))) };
      };
      const [bare, banded] = [figures(NO_BAND), figures({ ...NO_BAND, price: 100 })];
      return { cost: banded.loss - bare.loss + bare.value - banded.value, loss: bare.loss };
    });
  };
  const shareOf = (books: readonly { readonly cost: number; readonly loss: number }[]) =>
    books.reduce((sum, { cost }) => sum + cost, 0) / books.reduce((sum, { loss }) => sum + loss, 0);

  // Two in three are sold, as a desk has it.
  it("cost less than 6 % of the scenario loss for a band of 1 %: books that sell options, 20 to 80, without a delta", () => {
    const books = banded(0.67);
    books.forEach(({ cost, loss }, book) => {
      assert.ok(cost < 0.06 * loss, `book ${book}: ${cost / loss}`);
    });
    assert.ok(shareOf(books) > 0.01, `${shareOf(books)}`);
  });

  it("cost less than 6 % of the scenario losses together, where books hold as many as they sell, and below 1 % where they hold more", () => {
    for (const [sold, most] of [
      [0.5, 0.06],
      [0.33, 0.01],
    ] as const)
      assert.ok(shareOf(banded(sold)) < most, `${sold} sold: ${shareOf(banded(sold))}`);
  });

  it("put the delta into the perpetual and the value into the basis", () => {
    const sleeve = one("BTC_USDC-28MAY21-44000-C", 10);
    const { tangents, value, charge } = sleeveArrays({
      sleeve,
      surface: surfaceOf(0),
      market,
      rule,
      band: NO_BAND,
    });
    const [tangent] = tangents;
    assert.ok(tangent);
    const worth = Number(tangent.basis) / 1e18 + (Number(tangent.perp) / 1e8) * (SPOT - 0.5);
    const years = (Date.UTC(2021, 4, 28, 8) / 1000 - TIME) / 31_536_000;
    const { volatility } = { volatility: 1.0 };
    const forward = SPOT * 1.003;
    assert.ok(
      worth > 0 &&
        Math.abs(
          worth / (10 * black76({ forward, strike: 44_000, years, volatility, discount: 1, call: true })) - 1,
        ) < 0.05,
    );
    assert.equal(value, -1n, "nothing is left at the reference but a rounded cent");
    assert.equal(charge, 0n);
    const empty = { spot: [0n, 0n], perp: [0n, -7n], basis: 5n };
    const added = addTangents(empty, tangents, market.listing);
    assert.deepEqual(added, { spot: [0n, 0n], perp: [0n, tangent.perp - 7n], basis: 5n + tangent.basis });
  });

  it("charge what netting takes off the book's margins, and hold slack for what it adds", () => {
    const sleeve = one("BTC_USDC-28MAY21-44000-C", 10);
    const request = { sleeve, surface, market, rule, band: NO_BAND };
    const { perp } = sleeveArrays(request).tangents[0] ?? { perp: 0n };
    const hedged = sleeveArrays({ ...request, book: { spot: [0n, 0n], perp: [0n, -perp] } });
    // 100 bps of margin and 20 of liquidity on all that the hedge was.
    const expected = (Number(perp) / 1e8) * SPOT * 0.012 * 100;
    assert.ok(Math.abs(Number(hedged.charge) - expected) < 2, `${hedged.charge} of ${expected}`);
    assert.ok(Number(sleeveArrays(request).slack) >= expected - 1);
  });

  it("charge naked shorts, and no covered ones", () => {
    const naked = sleeveArrays({ sleeve: one(CALL, -10), surface, market, rule, band: NO_BAND });
    assert.equal(naked.charge, BigInt(10 * SPOT));
    const spread = parseSleeve(`instrument,amount\n${CALL},-10\nBTC_USDC-28MAY21-44000-C,10\n`);
    assert.equal(sleeveArrays({ sleeve: spread, surface, market, rule, band: NO_BAND }).charge, 0n);
  });

  it("see a butterfly that hides between the nodes of a grid", () => {
    // Sold between two scenarios of a venue's grid: at the scenarios themselves it is worth next to nothing.
    const payoffs = [SOLD_BUTTERFLY];
    const wide = marketOf(SPOT, SPOT, [{ name: "up", shocks: { USDC: 0, BTC: 2000 } }]);
    const { gains } = sleeveArrays({
      sleeve: { positions: [], payoffs },
      surface,
      market: wide,
      rule,
      band: NO_BAND,
    });
    assert.ok(Number(gains[0]) <= -100 * 1200 * 100, `${gains[0]}`);
  });

  it("ask SPAN's minimum of options sold, and refuse what does not fit a venue's rule", () => {
    const span = spanRule(
      { priceScan: 0.1, volatilityScan: 0.1, extremeMultiple: 2, extremeShare: 0.35 },
      500,
    );
    const profile = ruleProfile(span, market.profile, market.listing);
    const sleeve = one("BTC-28MAY21-90000-C", -10);
    const arrays = sleeveArrays({
      sleeve,
      surface,
      market: { ...market, profile },
      rule: span,
      band: NO_BAND,
    });
    const still = profile.scenarios.findIndex(({ shocks }) => shocks["BTC"] === 0);
    assert.ok((arrays.gains[still] ?? 0n) <= -500_000n);
    // Whatever covers them: here by as many held at the same strike.
    const covered = parseSleeve("instrument,amount\nBTC-28MAY21-90000-C,-10\nBTC-28MAY21-90000-P,10\n");
    const asked = sleeveArrays({
      ...{ surface, rule: span, band: NO_BAND },
      sleeve: covered,
      market: { ...market, profile },
    });
    assert.ok((asked.gains[still] ?? 0n) <= -500_000n);
    assert.throws(
      () => sleeveArrays({ sleeve, surface, market, rule: span, band: NO_BAND }),
      /FormatError: market\.profile\.scenarios\[0\]\.shocks\.BTC: expected a move of span/,
    );
    const short = { ...market, profile: { ...profile, scenarios: profile.scenarios.slice(1) } };
    assert.throws(
      () => sleeveArrays({ sleeve, surface, market: short, rule: span, band: NO_BAND }),
      /MissingFieldError: market\.profile\.scenarios: expected a scenario that moves BTC/,
    );
    const several: Sleeve = {
      ...sleeve,
      payoffs: [
        {
          name: "note",
          underlying: "ETH",
          amount: 1,
          points: [
            { price: 0, value: 0 },
            { price: 1, value: 1 },
          ],
        },
      ],
    };
    assert.throws(
      () =>
        sleeveArrays({ sleeve: several, surface, market: { ...market, profile }, rule: span, band: NO_BAND }),
      /positions in one underlying under span/,
    );
  });

  it("have a rule for every name, whose scenarios fit sixteen", () => {
    for (const [name, make] of Object.entries(SLEEVE_RULES)) {
      assert.equal(make().name, name);
      assert.ok((make().scenarios ?? []).length <= 16, name);
    }
    const own = calibratedRule({ ...CALIBRATED_VOLATILITY, rangeUp: 0.5 });
    assert.equal(own.name, "calibrated 5000/2700");
    // An auditor finds a rule by the name that arrays have.
    const span = spanRule({ priceScan: 0.12, volatilityScan: 0.2, extremeMultiple: 2, extremeShare: 0.35 });
    const shown = ({ name, scenarios, onTheWay = [] }: SleeveRule) =>
      JSON.stringify([name, scenarios, onTheWay.map(({ name, at }) => [name, at(0.1)(0.6, 0.2)])]);
    const wide = { priceScan: 0.12, volatilityScan: 0.2, extremeMultiple: 3, extremeShare: 0.33 };
    const [least, far] = [spanRule({ ...wide, ...SPAN_EXTREMES }, 25.5), spanRule(wide)];
    assert.deepEqual([least.name, far.name], ["span 1200/2000/2550", "span 1200/2000/0/30000/3300"]);
    for (const each of [own, span, least, far, ...Object.values(SLEEVE_RULES).map((make) => make())])
      assert.equal(shown(ruleNamed(each.name)), shown(each));
    for (const name of [
      "kind",
      "span 1/",
      "calibrated 5000",
      "calibrated 5000/2700/5",
      "span 1/2/3/4",
      "toString",
    ])
      assert.throws(() => ruleNamed(name), FormatError);
  });

  for (const [what, change, message] of [
    [
      "a surface of another moment",
      { market: marketOf(40_000, 40_100, scenarios) },
      /surface\.underlyings\.BTC\.spot: expected a price in the band/,
    ],
    [
      "an end after the first settlement window",
      { band: { ...NO_BAND, until: Date.UTC(2021, 4, 28, 8) / 1000 } },
      /band\.until: expected at most 1622187000/,
    ],
    ["an end before the beginning", { band: { ...NO_BAND, until: TIME - 1 } }, /band\.until/],
    [
      "a band that is too wide",
      { band: { ...NO_BAND, price: 2001 } },
      /band\.price: expected 0 to 2000, got 2001/,
    ],
    ["an empty sleeve", { sleeve: { positions: [], payoffs: [] } }, /MissingFieldError: sleeve/],
    [
      "a coin that is not listed",
      { sleeve: one("ETH-28MAY21-3000-C", 98_765) },
      /MissingFieldError: surface\.underlyings\.ETH/,
    ],
    [
      "an amount beyond the numbers of a proof",
      { sleeve: one(CALL, 9.8765e16) },
      /OutOfRangeError: (arrays|book)\./,
    ],
  ] as const)
    it(`refuse ${what}, and never quote an amount`, () => {
      const usual = { sleeve: one(CALL, 98_765.4321), surface, market, rule, band: NO_BAND };
      const request = Object.assign(usual, change);
      assert.throws(
        () => sleeveArrays(request),
        (error) => {
          assert.match(String(error), message);
          assert.doesNotMatch(String(error), /98.?765/);
          return true;
        },
      );
    });

  it("are explained by the worst place of each scenario", () => {
    const sleeve = randomSleeve(seeded(5), 12);
    const changes = explainSleeve(sleeve, { surface, market, rule });
    assert.equal(changes.length, SHOCKS.length);
    for (const { change, positions, factor } of changes) {
      assert.ok(Math.abs(change - positions.reduce((sum, each) => sum + each.change, 0)) < 1e-6);
      assert.ok(factor > 0.7 && factor < 1.35);
    }
  });
});

describe("a file of sleeve arrays", () => {
  const request = { sleeve: one(CALL, 2.5), surface, market, rule, band: { ...NO_BAND, price: 100 } };
  const secret = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
  const salt = sleeveSalt(secret, "desk-1", 3);
  const text = serialiseSleeveArrays({ ...sleeveArrays(request), detail: sleeveDetail(request, salt) });

  it("is read as it was written", () => assert.equal(serialiseSleeveArrays(parseSleeveArrays(text)), text));

  it("binds every input, under a salt of its own", () => {
    const detail = sleeveDetail(request, salt);
    assert.ok(detail < 1n << 248n);
    const others = [
      sleeveDetail(request, sleeveSalt(secret, "desk-1", 4)),
      sleeveDetail({ ...request, sleeve: one(CALL, 2.6) }, salt),
      sleeveDetail({ ...request, surface: { ...surface, time: TIME - 1 } }, salt),
      sleeveDetail({ ...request, market: marketOf(SPOT, SPOT + 1, scenarios) }, salt),
      sleeveDetail({ ...request, rule: calibratedRule({ ...CALIBRATED_VOLATILITY, rangeUp: 0.4 }) }, salt),
      sleeveDetail({ ...request, band: { ...request.band, smile: 1 } }, salt),
    ];
    assert.equal(new Set([detail, ...others]).size, others.length + 1);
    assert.equal(sleeveDetail(request, salt), detail);
  });

  for (const [field, value, message] of [
    ["format", "zkmargin/sleeve-arrays@2", /FormatError: arrays\.format/],
    ["value", "-98765432109876543210", /arrays\.value: expected a whole number of cents/],
    ["charge", "-5", /arrays\.charge: expected a whole number of cents from 0/],
    ["slack", String(2n ** 40n), /arrays\.slack: expected/],
    ["gains", ["1.5"], /arrays\.gains\[0\]: expected/],
    ["market", "beef", /arrays\.market: expected a SHA-256 as 64 hex digits/],
    ["detail", undefined, /MissingFieldError: arrays\.detail/],
    ["colour", "red", /UnknownFieldError: arrays\.colour/],
    [
      "tangents",
      [
        { asset: "BTC", perp: "1", basis: "1" },
        { asset: "BTC", perp: "1", basis: "1" },
      ],
      /DuplicateFieldError: arrays\.tangents\[1\]\.asset/,
    ],
  ] as const)
    it(`is refused for another ${field}`, () => {
      const json = { ...JSON.parse(text), [field]: value };
      assert.throws(() => parseSleeveArrays(JSON.stringify(json)), message);
    });
});

describe("what is imported into a sleeve", () => {
  const row = {
    kind: "option",
    direction: "buy",
    instrument_name: CALL,
    size: 3,
    mark_price: 0.02,
    floating_profit_loss: 0.01,
    average_price: 0.03,
  };
  const future = {
    ...row,
    kind: "future",
    instrument_name: "BTC-25JUN21",
    direction: "sell",
    size: -88_000,
    mark_price: 44_000,
    floating_profit_loss: 0.2,
  };
  const text = (...rows: readonly object[]) => JSON.stringify({ jsonrpc: "2.0", result: rows });

  it("are Deribit's options and dated futures", () => {
    const { sleeve, leftOut } = sleeveFromDeribit(
      text(
        row,
        future,
        { ...row, size: 0, direction: "zero" },
        { ...future, instrument_name: "BTC-PERPETUAL" },
        { ...row, kind: "spot", instrument_name: "BTC_USDC" },
      ),
    );
    assert.deepEqual(
      sleeve.positions.map(({ instrument, amount }) => [instrument.name, amount]),
      [
        [CALL, 3],
        ["BTC-25JUN21", -88_000],
      ],
    );
    // The profit of 0.2 coins counts from 2.2 − 0.2… coins sold at the last settlement.
    assert.ok(Math.abs((sleeve.positions[1]?.entry ?? 0) - 88_000 / 1.8) < 1e-6);
    assert.deepEqual(
      [...leftOut],
      [
        ["perpetual", 1],
        ["spot", 1],
      ],
    );
    assert.deepEqual(parseSleeve(serialiseSleeve(sleeve)), sleeve);
    assert.deepEqual(sleeveFromDeribit(JSON.stringify([row])).sleeve.positions.length, 1);
  });

  for (const [what, input, message] of [
    ["other text", "<html>", /positions: expected JSON/],
    ["an error of the venue", '{"error":{"code":13009}}', /positions\.error: expected an answer without/],
    ["those of its test network", text(row).replace("{", '{"testnet":true,'), /positions\.testnet/],
    [
      "a size without a direction",
      text({ ...row, direction: "zero", size: 987 }),
      /direction: expected buy or/,
    ],
    [
      "two sizes",
      text(row).replace('"size"', '"size":987,"size"'),
      /result\[0\]\.size: expected each key once/,
    ],
    [
      "an unknown instrument",
      text({ ...row, instrument_name: "BTC-28MAY21-44000-X" }),
      /result\[0\]\.instrument_name: expected a name/,
    ],
    ["an instrument twice", text(row, row), /DuplicateFieldError/],
    ["a direction against the sign", text({ ...row, size: -987 }), /result\[0\]\.direction: expected sell/],
    [
      "a profit that no price gives",
      text({ ...future, floating_profit_loss: 98_765 }),
      /mark_price: expected a price above 0 that fits/,
    ],
  ] as const)
    it(`are not ${what}, and no amount is quoted`, () =>
      assert.throws(
        () => sleeveFromDeribit(input),
        (error) => {
          assert.match(String(error), message);
          assert.doesNotMatch(String(error), /987/);
          return true;
        },
      ));

  const HEAD = "underlying,spot,expiry,forward,rate,strike,volatility\n";
  it("is a surface as CSV", () => {
    const read = surfaceFromCsv(
      `${HEAD}BTC,43500,2021-05-28,43600,0,40000,1.1\nBTC,43500,2021-05-28,43600,0,44000,1\n`,
      TIME,
    );
    assert.deepEqual(read.underlyings.get("BTC"), {
      spot: 43_500,
      expiries: [
        {
          expiry: Date.UTC(2021, 4, 28, 8) / 1000,
          forward: 43_600,
          rate: 0,
          smile: {
            points: [
              { strike: 40_000, volatility: 1.1 },
              { strike: 44_000, volatility: 1 },
            ],
          },
        },
      ],
    });
  });
  for (const [what, rows, message] of [
    ["another day", "BTC,1,soon,1,0,1,1\n", /line2\.expiry/],
    ["two spots", "BTC,1,2021-05-28,1,0,1,1\nBTC,2,2021-05-28,1,0,2,1\n", /line3: expected the spot/],
    ["a negative volatility", "BTC,1,2021-05-28,1,0,1,-1\n", /volatility: expected a volatility above 0/],
    ["strikes that cross", "BTC,1,2021-05-28,1,0,2,1\nBTC,1,2021-05-28,1,0,1,1\n", /rising order/],
    ["no row", "", /MissingFieldError: surface/],
    ["a day that there is none of", "BTC,1,2022-02-30,1,0,1,1\n", /line2\.expiry: expected a date/],
    ["no symbol", "__proto__,1,2021-05-28,1,0,1,1\n", /line2\.underlying/],
    ["volatilities in percent", "BTC,9,2021-05-28,9,0,9,15\n", /surface\.volatility: expected shares/],
    ["rates in percent", "BTC,9,2021-05-28,9,4.5,9,1\n", /surface\.rate: expected shares a year/],
    ["a forward of another coin", "BTC,43500,2021-05-28,2500,0,9,1\n", /surface\.forward: expected dollars/],
  ] as const)
    it(`is no surface with ${what}`, () => assert.throws(() => surfaceFromCsv(HEAD + rows, TIME), message));
});

describe("payoffs of a sleeve", () => {
  const file = (change: object) =>
    JSON.stringify({
      format: "zkmargin/sleeve@1",
      positions: [],
      payoffs: [
        {
          name: "note",
          underlying: "BTC",
          amount: "98765.5",
          points: [
            { price: "0", value: "0" },
            { price: "10", value: "5" },
          ],
          ...change,
        },
      ],
    });

  it("are read and written", () => {
    const sleeve = parseSleeve(file({}));
    assert.deepEqual(parseSleeve(serialiseSleeve(sleeve)), sleeve);
  });
  for (const [what, change, message] of [
    ["one point", { points: [{ price: "0", value: "0" }] }, /points: expected two points or more/],
    [
      "prices that fall",
      {
        points: [
          { price: "2", value: "0" },
          { price: "1", value: "0" },
        ],
      },
      /points\[1\]\.price: expected prices in rising order/,
    ],
    ["an amount of 0", { amount: "0" }, /payoffs\[0\]\.amount/],
    [
      "a price below 0",
      {
        points: [
          { price: "-2", value: "0" },
          { price: "1", value: "0" },
        ],
      },
      /points\[0\]\.price: expected a price of at least 0/,
    ],
    ["another coin's name", { underlying: "btc" }, /payoffs\[0\]\.underlying: expected the symbol/],
  ] as const)
    it(`are refused with ${what}, and never quote an amount`, () =>
      assert.throws(
        () => parseSleeve(file(change)),
        (error) => {
          assert.match(String(error), message);
          assert.doesNotMatch(String(error), /98765/);
          return true;
        },
      ));

  it("may be many: 10 000 positions are read, and one more is not", () => {
    const rows = Array.from({ length: 10_001 }, (_, i) => `BTC-28MAY21-${i + 1}-C,1`);
    const csv = (count: number) => `instrument,amount\n${rows.slice(0, count).join("\n")}\n`;
    assert.equal(parseSleeve(csv(10_000)).positions.length, 10_000);
    assert.throws(() => parseSleeve(csv(10_001)), /TooManyError: sleeve: expected 10 000 positions at most/);
  });
});

describe("moves of volatility from history", () => {
  it("are those of the calibrated rule, before it rounds them up", () => {
    const text = readFileSync(new URL("../../../examples/prices/daily-close.csv", import.meta.url), "utf8");
    const moves = historicalMoves(pricesUntil(parsePriceTable(text), "2021-05-17"));
    for (const side of ["rangeUp", "rangeDown"] as const)
      assert.equal(Math.ceil(moves[side] * 100) / 100, CALIBRATED_VOLATILITY[side]);
  });
});
