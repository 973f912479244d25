import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { black76, YEAR_SECONDS } from "../../../src/risk/options/black76.js";
import { surfaceFromDeribit } from "../../../src/risk/options/deribitSummary.js";
import { parseInstrument } from "../../../src/risk/options/instrument.js";
import { parseSleeve } from "../../../src/risk/options/sleeve.js";
import { priceSleeve } from "../../../src/risk/options/sleeveValues.js";
import {
  arbitrageIn,
  parseSurface,
  serialiseSurface,
  volatilityAt,
} from "../../../src/risk/options/surface.js";

const example = (name: string) =>
  readFileSync(new URL(`../../../examples/options/${name}`, import.meta.url), "utf8");
const TIME = 1_621_252_800;
const EXPIRY = Date.UTC(2021, 4, 28, 8) / 1000;
const close = (got: number, want: number, tolerance: number) =>
  assert.ok(Math.abs(got - want) <= tolerance, `expected ${want}, got ${got}`);

/** A surface of one expiry, as JSON. */
function surfaceText(expiry: object = {}, more: object = {}): string {
  const own = {
    expiry: EXPIRY,
    forward: "44000",
    rate: "0",
    points: [{ strike: "44000", volatility: "0.9" }],
  };
  return JSON.stringify({
    format: "zkmargin/surface@1",
    time: TIME,
    underlyings: { BTC: { spot: "43500", expiries: [{ ...own, ...expiry }] } },
    ...more,
  });
}

describe("instrument names", () => {
  it("are Deribit's", () => {
    assert.deepEqual(parseInstrument("BTC-27JUN25-100000-C"), {
      name: "BTC-27JUN25-100000-C",
      underlying: "BTC",
      settlement: "inverse",
      expiry: Date.UTC(2025, 5, 27, 8) / 1000,
      option: { strike: 100_000, call: true },
    });
    assert.deepEqual(parseInstrument("XRP_USDC-7MAR25-0d45-P").option, { strike: 0.45, call: false });
    assert.equal(parseInstrument("XRP_USDC-7MAR25-0d45-P").settlement, "linear");
    assert.equal(parseInstrument("BTC-27JUN25").option, null);
  });

  for (const name of [
    "",
    "BTC-PERPETUAL",
    "BTC",
    "btc-27JUN25-100000-C",
    "BTC-27JUN25-100000",
    "BTC-27JUN25-100000-X",
    "BTC-27JUN25-0-C",
    "BTC-27JUN25-1e5-C",
    "BTC-31JUN25-100000-C",
    "BTC-0JUN25-100000-C",
    "BTC-27JUX25-100000-C",
    "BTC-27JUN2025-100000-C",
    "BTC_EUR-27JUN25-100000-C",
    " BTC-27JUN25-100000-C",
    "BTC-27JUN25-100,000-C",
    "BTC-27JUN25--100000-C",
  ])
    it(`are not ${JSON.stringify(name)}`, () => {
      assert.throws(() => parseInstrument(name, "row 3"), /^FormatError: row 3: expected /);
    });
});

describe("surface", () => {
  it("reads what it writes", () => {
    const surface = parseSurface(example("surface.json"));
    assert.equal(serialiseSurface(surface), example("surface.json"));
    assert.deepEqual(arbitrageIn(surface), []);
  });

  it("has the volatility of raw SVI", () => {
    // The first expiry of published case 16 of Derive's PMRM 2.
    const svi = {
      a: "0.014300357704211501",
      b: "0.0827524527457924",
      rho: "-0.38282257843361195",
      m: "-0.09580552917879888",
      sigma: "0.130054633001894",
    };
    const text = surfaceText({ forward: "96248.76561417685", svi, points: undefined });
    const [expiry] = parseSurface(text).underlyings.get("BTC")?.expiries ?? [];
    assert.ok(expiry);
    close(volatilityAt(expiry, 120_000, 0.1019197108067), 0.5654200442695773, 1e-12);
  });

  it("is linear in total variance between points, and flat beyond", () => {
    const points = [
      { strike: "22000", volatility: "1.2" },
      { strike: "88000", volatility: "0.8" },
    ];
    const [expiry] = parseSurface(surfaceText({ points })).underlyings.get("BTC")?.expiries ?? [];
    assert.ok(expiry);
    close(volatilityAt(expiry, 44_000, 0.1), Math.sqrt((1.44 + 0.64) / 2), 1e-12);
    assert.equal(volatilityAt(expiry, 10_000, 0.1), 1.2);
    assert.equal(volatilityAt(expiry, 22_000, 0.1), 1.2);
    assert.equal(volatilityAt(expiry, 100_000, 0.1), 0.8);
  });

  it("names what allows a riskless profit", () => {
    const points = (volatilities: readonly string[]) =>
      ["40000", "44000", "48000"].map((strike, i) => ({ strike, volatility: volatilities[i] }));
    const butterfly = parseSurface(surfaceText({ points: points(["0.5", "1.5", "0.5"]) }));
    assert.deepEqual(arbitrageIn(butterfly), [
      "BTC 2021-05-28: calls are not convex in strike (butterfly arbitrage)",
    ]);
    const later = {
      expiry: EXPIRY + 7 * 86_400,
      forward: "44100",
      rate: "0",
      points: points(["0.3", "0.3", "0.3"]),
    };
    const calendar = JSON.parse(surfaceText({ points: points(["0.9", "0.9", "0.9"]) }));
    calendar.underlyings.BTC.expiries.push(later);
    assert.deepEqual(arbitrageIn(parseSurface(JSON.stringify(calendar))), [
      "BTC 2021-06-04: total variance is below that of the expiry before (calendar arbitrage)",
    ]);
  });

  for (const [what, change, message] of [
    [
      "an expiry that is over",
      { expiry: TIME },
      /expiries\[0\]\.expiry: expected a time after the surface's/,
    ],
    ["a forward of 0", { forward: "0" }, /forward: expected a number above 0/],
    [
      "a volatility of 0",
      { points: [{ strike: "1", volatility: "0" }] },
      /volatility: expected a volatility above 0/,
    ],
    [
      "a volatility below 0",
      { points: [{ strike: "1", volatility: "-0.5" }] },
      /volatility: expected a volatility/,
    ],
    ["a number without quotation marks", { forward: 44_000 }, /forward: expected text/],
    ["an exponent", { forward: "4e4" }, /forward: expected a plain decimal number/],
    ["a strike of 0", { points: [{ strike: "0", volatility: "1" }] }, /strike: expected a number above 0/],
    [
      "strikes that cross",
      {
        points: [
          { strike: "2", volatility: "1" },
          { strike: "1", volatility: "1" },
        ],
      },
      /points\[1\]\.strike: expected strikes in rising order/,
    ],
    [
      "neither points nor SVI",
      { points: undefined },
      /expiries\[0\]: expected either svi or points, got neither/,
    ],
    ["no points", { points: [] }, /points: expected/],
    [
      "another field",
      { colour: "red" },
      /UnknownFieldError: surface\.underlyings\.BTC\.expiries\[0\]\.colour/,
    ],
  ] as const)
    it(`refuses ${what}`, () => assert.throws(() => parseSurface(surfaceText(change)), message));

  it("refuses an expiry that comes twice", () => {
    const twice = JSON.parse(surfaceText());
    twice.underlyings.BTC.expiries.push(twice.underlyings.BTC.expiries[0]);
    assert.throws(() => parseSurface(JSON.stringify(twice)), /DuplicateFieldError: .*expiries\[1\]\.expiry/);
  });

  it("is made of Deribit's book summary", () => {
    const surface = surfaceFromDeribit(example("deribit-summary.json"));
    assert.equal(serialiseSurface(surface), example("surface.json"));
    assert.deepEqual([...surface.underlyings.keys()], ["BTC", "ETH"]);
    assert.equal(surface.time, TIME);
  });

  it("takes the volatility of the option out of the money", () => {
    const row = (name: string, iv: number) => ({
      instrument_name: name,
      mark_iv: iv,
      underlying_price: 44_000,
      estimated_delivery_price: 43_500,
      interest_rate: 0,
      creation_timestamp: TIME * 1000,
    });
    const result = [
      row("BTC-28MAY21-40000-C", 80),
      row("BTC-28MAY21-40000-P", 95),
      row("BTC-28MAY21-50000-C", 91),
      row("BTC-28MAY21-50000-P", 70),
      row("BTC-28MAY21-52000-P", 72),
      row("BTC-28MAY21-52000-C", 0),
    ];
    const smile = surfaceFromDeribit(JSON.stringify({ result })).underlyings.get("BTC")?.expiries[0]?.smile;
    assert.deepEqual(smile, {
      points: [
        { strike: 40_000, volatility: 0.95 },
        { strike: 50_000, volatility: 0.91 },
        { strike: 52_000, volatility: 0.72 },
      ],
    });
  });

  for (const [what, text, message] of [
    ["other text", "<html>", /summary: expected JSON/],
    ["an error of the venue", '{"error":{"code":10028}}', /summary\.error: expected an answer without/],
    ["its test network", summary({}).replace("{", '{"testnet":true,'), /summary\.testnet/],
    ["volatilities as shares", summary({ mark_iv: 0.55 }), /mark_iv: expected percent/],
    ["times in seconds", summary({ creation_timestamp: 1_621_252_800 }), /creation_timestamp/],
    ["rates in percent", summary({ interest_rate: 4.5 }), /interest_rate/],
    ["an option twice", summary({}, {}), /result\[1\]\.instrument_name: expected each option of a coin once/],
    [
      "an option in coins and in dollars",
      summary({}, { instrument_name: "BTC_USDC-28MAY21-40000-C" }),
      /each option/,
    ],
    [
      "two forwards",
      summary({}, { instrument_name: "BTC-28MAY21-48000-C", underlying_price: 50_000 }),
      /one forward/,
    ],
    ["a future", summary({ instrument_name: "BTC-28MAY21" }), /expected options alone/],
    ["a perpetual", summary({ instrument_name: "BTC-PERPETUAL" }), /instrument_name: expected a name/],
    ["a volatility below 0", summary({ mark_iv: -1 }), /mark_iv: expected at least 0/],
    ["a price of 0", summary({ underlying_price: 0 }), /underlying_price/],
    ["nothing", '{"result":[]}', /result/],
  ] as const)
    it(`is not made of ${what}`, () => assert.throws(() => surfaceFromDeribit(text), message));
});

function summary(...changes: readonly object[]): string {
  const row = {
    instrument_name: "BTC-28MAY21-40000-C",
    mark_iv: 80,
    underlying_price: 44_000,
    estimated_delivery_price: 43_500,
    interest_rate: 0,
    creation_timestamp: TIME * 1000,
  };
  return JSON.stringify({ result: changes.map((change) => ({ ...row, ...change })) });
}

describe("sleeve", () => {
  const json = (positions: readonly object[]) => JSON.stringify({ format: "zkmargin/sleeve@1", positions });

  it("is the same as CSV and as JSON", () => {
    const csv = parseSleeve("amount,instrument,entry\n-2,BTC-28MAY21-44000-C,\n1000,BTC-28MAY21,43000.5\n");
    const positions = [
      { instrument: "BTC-28MAY21-44000-C", amount: "-2" },
      { instrument: "BTC-28MAY21", amount: "1000", entry: "43000.5" },
    ];
    assert.deepEqual(csv, parseSleeve(json(positions)));
  });

  for (const [what, row, message] of [
    [
      "an unknown instrument",
      { instrument: "DOGE-PERPETUAL" },
      /positions\[0\]\.instrument: expected a name/,
    ],
    ["an amount of 0", { amount: "0" }, /amount: expected an amount that is not 0/],
    ["an amount with commas", { amount: "1,000" }, /amount: expected a plain decimal number/],
    ["no amount", { amount: undefined }, /MissingFieldError: .*amount/],
    ["an option with an entry", { entry: "5" }, /entry: expected none for an option/],
    ["a future without an entry", { instrument: "BTC-28MAY21" }, /MissingFieldError: .*entry/],
    ["an entry of 0", { instrument: "BTC-28MAY21", entry: "0" }, /entry: expected a price above 0/],
    ["another field", { strike: "5" }, /UnknownFieldError/],
  ] as const)
    it(`refuses ${what}, and never quotes an amount`, () => {
      const position = { ...{ instrument: "BTC-28MAY21-44000-C" }, amount: "98765.4321", ...row };
      assert.throws(
        () => parseSleeve(json([position])),
        (error) => {
          assert.match(String(error), message);
          assert.doesNotMatch(String(error), /98765/);
          return true;
        },
      );
    });

  it("refuses an instrument that comes twice, and 10 001 positions", () => {
    const one = { instrument: "BTC-28MAY21-44000-C", amount: "1" };
    assert.throws(
      () => parseSleeve(json([one, one])),
      /positions\[1\]\.instrument: expected each instrument once/,
    );
    assert.throws(() => parseSleeve(json(Array.from({ length: 10_001 }, () => one))), /positions: expected/);
  });

  it("prices an inverse option at the coin's value, and a linear one in dollars", () => {
    const surface = parseSurface(surfaceText({ rate: "0.05" }));
    const [sleeve] = priceSleeve(
      parseSleeve("instrument,amount\nBTC-28MAY21-44000-C,2\nBTC_USDC-28MAY21-44000-C,2\n"),
      surface,
    );
    assert.ok(sleeve);
    const years = (EXPIRY - TIME) / YEAR_SECONDS;
    const option = { forward: 44_000, strike: 44_000, years, volatility: 0.9, call: true };
    const [inverse, linear] = sleeve.positions;
    close(inverse?.value ?? 0, 2 * black76({ ...option, discount: 43_500 / 44_000 }), 1e-9);
    close(linear?.value ?? 0, 2 * black76({ ...option, discount: Math.exp(-0.05 * years) }), 1e-9);
  });

  it("prices futures by what was entered", () => {
    const surface = parseSurface(surfaceText());
    const [sleeve] = priceSleeve(
      parseSleeve("instrument,amount,entry\nBTC-28MAY21,88000,40000\nBTC_USDC-28MAY21,3,45000\n"),
      surface,
    );
    assert.ok(sleeve);
    const [inverse, linear] = sleeve.positions;
    close(inverse?.value ?? 0, 88_000 * (1 / 40_000 - 1 / 44_000) * 43_500, 1e-9);
    close(linear?.value ?? 0, -3000, 1e-9);
    close(sleeve.futuresExposure, (88_000 / 40_000) * 43_500 + 3 * 44_000, 1e-6);
  });

  it("needs an expiry that the surface has, and half an hour", () => {
    const surface = parseSurface(surfaceText());
    const price = (name: string) => () => priceSleeve(parseSleeve(`instrument,amount\n${name},1\n`), surface);
    assert.throws(
      price("BTC-25JUN21-44000-C"),
      /MissingFieldError: surface\.underlyings\.BTC: expected the expiry of 2021-06-25/,
    );
    assert.throws(price("ETH-28MAY21-3000-C"), /MissingFieldError: surface\.underlyings\.ETH/);
    assert.throws(
      price("BTC-17MAY21-44000-C"),
      /expected an expiry at least half an hour away.*got one that is over/,
    );
    const soon = parseSurface(surfaceText({}, { time: EXPIRY - 1799 }));
    assert.throws(
      () => priceSleeve(parseSleeve("instrument,amount\nBTC-28MAY21-44000-C,1\n"), soon),
      /got one within it/,
    );
  });
});
