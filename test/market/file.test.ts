import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { canonicalJson } from "../../src/encoding/strictJson.js";
import {
  CrossedPricesError,
  DuplicateAssetError,
  DuplicateFieldError,
  FormatError,
  MalformedError,
  MissingFieldError,
  OutOfRangeError,
  TooManyError,
  UnknownAssetError,
  UnknownFieldError,
} from "../../src/errors.js";
import { buildMarket } from "../../src/market/build.js";
import {
  checkMarketFile,
  denseMarket,
  marketDigest,
  marketToJson,
  parseMarket,
  serialiseMarket,
} from "../../src/market/file.js";
import { parseHistory } from "../../src/market/history.js";
import { checkMarket } from "../../src/protocol/checks.js";
import { TIERS } from "../../src/protocol/tiers.js";
import { assertFails } from "../support/failure.js";
import { marketOf, PAIR, PAIR_PROFILE } from "./fixtures.js";

type Json = { [key: string]: unknown };
const market = buildMarket({
  history: parseHistory("date,USDC,BTC\n2021-01-02,1,30000\n2021-01-03,1,30001\n"),
  date: "2021-01-03",
  window: 2,
  listing: PAIR,
  profile: PAIR_PROFILE,
  funding: { rate: 1 },
});
const valid = () => structuredClone(marketToJson(market)) as Json;
const price = (change: Json) => {
  const file = valid();
  Object.assign((file.prices as Json[])[1] ?? {}, change);
  return file;
};
const source = (change: Json) => ({ ...valid(), source: { ...market.source, ...change } });
const without = (object: Json, field: string) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== field));

describe("market file", () => {
  // shows: P14
  it("is read back as it was written", () => {
    assert.deepEqual(parseMarket(serialiseMarket(market)), market);
    const full = marketOf("2021-05-19");
    assert.deepEqual(parseMarket(serialiseMarket(full)), full);
  });

  it("is of a round as well as of a history, with its time on the day that it names", () => {
    const close = market.time;
    const ofRound = {
      ...market,
      time: close - 1,
      source: {
        chainId: "31337",
        ledger: "0x00112233445566778899aAbBcCdDeEfF00112233",
        round: 1,
        date: market.source.date,
      },
    };
    assert.deepEqual(parseMarket(serialiseMarket(ofRound)), ofRound);
    assert.doesNotThrow(() => parseMarket(serialiseMarket({ ...ofRound, time: close - 86_400 })));
    for (const time of [close, close - 86_401])
      assertFails(() => parseMarket(serialiseMarket({ ...ofRound, time })), FormatError, "market.time");
    const edited = (change: Json) =>
      parseMarket(
        JSON.stringify({ ...(marketToJson(ofRound) as Json), source: { ...ofRound.source, ...change } }),
      );
    const { ledger } = ofRound.source;
    for (const chainId of ["0", "-1"])
      assertFails(() => edited({ chainId }), OutOfRangeError, "market.source.chainId");
    assert.doesNotThrow(() => edited({ chainId: "1" }));
    assertFails(() => edited({ chainId: "0x1" }), FormatError, "market.source.chainId");
    for (const other of [
      ledger.slice(0, -1),
      `${ledger}0`,
      ledger.slice(2),
      `0${ledger}`,
      `${ledger.slice(0, -1)}g`,
    ])
      assertFails(() => edited({ ledger: other }), FormatError, "market.source.ledger");
    assertFails(() => edited({ round: 0 }), OutOfRangeError, "market.source.round");
    assertFails(() => edited({ window: 3 }), UnknownFieldError, "market.source.window");
  });

  it("is written as JSON with two spaces a level", () => {
    assert.equal(serialiseMarket(market), `${JSON.stringify(marketToJson(market), null, 2)}\n`);
  });

  it("may be of the first moment of all, of the longest window, and of funding that no rate gave", () => {
    const first = {
      ...market,
      time: 0,
      source: { chainId: "1", ledger: `0x${"0".repeat(40)}`, round: 1, date: "1970-01-01" },
    };
    assert.deepEqual(parseMarket(serialiseMarket(first)), first);
    for (const change of [{ window: 1 }, { window: 366 }, { fundingRate: null }])
      assert.doesNotThrow(() => parseMarket(JSON.stringify(source(change))));
  });

  it("is checked as a whole when it was not read from a file", () => {
    const [usdc = assert.fail()] = PAIR;
    const twice = [usdc, usdc];
    assertFails(
      () => checkMarketFile({ ...market, listing: twice }),
      DuplicateAssetError,
      "market.listing[1].symbol",
    );
    assertFails(
      () => checkMarketFile({ ...market, profile: { ...PAIR_PROFILE, bookMaxAge: 0 } }),
      OutOfRangeError,
      "market.profile.bookMaxAge",
    );
  });

  it("has a digest that does not depend on layout, and depends on every field", () => {
    const text = `zkmargin/market@1\n${canonicalJson(marketToJson(market))}`;
    assert.equal(marketDigest(market), createHash("sha256").update(text).digest("hex"));
    const upsideDown = Object.fromEntries(Object.entries(valid()).reverse());
    assert.equal(marketDigest(parseMarket(JSON.stringify(upsideDown, null, 7))), marketDigest(market));
    const [usdc, btc] = market.prices;
    assert.ok(usdc && btc);
    const others = [
      { ...market, prices: [usdc, { ...btc, low: btc.low - 1n }] },
      { ...market, prices: [usdc, { ...btc, high: btc.high + 1n }] },
      { ...market, prices: [usdc, { ...btc, funding: btc.funding + 1n }] },
      { ...market, source: { ...market.source, fundingRate: null } },
      { ...market, profile: { ...market.profile, pnlFactor: 1 } },
      { ...market, profile: { ...market.profile, scenarios: [] } },
    ].map(marketDigest);
    assert.equal(new Set([marketDigest(market), ...others]).size, others.length + 1);
  });

  const cases: [name: string, file: unknown, Class: Parameters<typeof assertFails>[1], path: string][] = [
    ["low above high", price({ low: "300010000000001" }), CrossedPricesError, "market.prices[1].low"],
    ["a low price of zero", price({ low: "0" }), OutOfRangeError, "market.prices[1].low"],
    ["prices of zero", price({ low: "0", high: "0" }), OutOfRangeError, "market.prices[1].low"],
    ["a negative price", price({ low: "-1" }), OutOfRangeError, "market.prices[1].low"],
    ["a price of 2^64", price({ high: (2n ** 64n).toString() }), OutOfRangeError, "market.prices[1].high"],
    [
      "funding of 2^64",
      price({ funding: (2n ** 64n).toString() }),
      OutOfRangeError,
      "market.prices[1].funding",
    ],
    [
      "funding of −2^64",
      price({ funding: (-(2n ** 64n)).toString() }),
      OutOfRangeError,
      "market.prices[1].funding",
    ],
    ["a price as a number", price({ low: 1 }), FormatError, "market.prices[1].low"],
    ["a price in hexadecimal", price({ low: "0x1" }), FormatError, "market.prices[1].low"],
    ["a fractional price", price({ low: "1.5" }), FormatError, "market.prices[1].low"],
    ["an empty price", price({ low: "" }), FormatError, "market.prices[1].low"],
    ["funding of −0", price({ funding: "-0" }), FormatError, "market.prices[1].funding"],
    ["an unlisted asset", price({ asset: "SHIB" }), UnknownAssetError, "market.prices[1].asset"],
    ["an asset twice", price({ asset: "USDC" }), DuplicateAssetError, "market.prices[1].asset"],
    [
      "another order",
      { ...valid(), prices: [...(valid().prices as Json[])].reverse() },
      FormatError,
      "market.prices[0].asset",
    ],
    [
      "a missing price",
      { ...valid(), prices: (valid().prices as Json[]).slice(1) },
      FormatError,
      "market.prices[0].asset",
    ],
    ["no prices", { ...valid(), prices: [] }, MissingFieldError, "market.prices[0]"],
    ["an unknown field", { ...valid(), note: 1 }, UnknownFieldError, "market.note"],
    ["an unknown field of a price", price({ mid: "1" }), UnknownFieldError, "market.prices[1].mid"],
    ["no profile", without(valid(), "profile"), MissingFieldError, "market.profile"],
    [
      "a profile out of bounds",
      { ...valid(), profile: { ...(valid().profile as Json), pnlFactor: 10_001 } },
      OutOfRangeError,
      "market.profile.pnlFactor",
    ],
    ["an empty listing", { ...valid(), listing: [] }, MissingFieldError, "market.listing"],
    ["another time than the date's", { ...valid(), time: market.time + 1 }, FormatError, "market.time"],
    ["the latest time of all", { ...valid(), time: 2 ** 40 }, FormatError, "market.time"],
    ["a time after it", { ...valid(), time: 2 ** 40 + 1 }, OutOfRangeError, "market.time"],
    ["a window of more than a year", source({ window: 367 }), OutOfRangeError, "market.source.window"],
    ["a date that is none", source({ date: "2021-02-30" }), FormatError, "market.source.date"],
    ["a digest that is none", source({ history: "ab" }), FormatError, "market.source.history"],
    ["a window of zero", source({ window: 0 }), OutOfRangeError, "market.source.window"],
    ["funding beyond bounds", source({ fundingRate: 10_001 }), OutOfRangeError, "market.source.fundingRate"],
    ["a book", { format: "zkmargin/book@1" }, FormatError, "market.format"],
  ];
  for (const [name, file, Class, path] of cases) {
    // shows: T1
    it(`refuses ${name}`, () => {
      assertFails(() => parseMarket(JSON.stringify(file)), Class, path);
    });
  }

  it("refuses a key that comes twice, and a text cut off anywhere", () => {
    const text = serialiseMarket(market).trimEnd();
    assertFails(
      () => parseMarket(text.replace('"window": 2', '"window": 2, "window": 3')),
      DuplicateFieldError,
      "market.source.window",
    );
    for (let length = 0; length < text.length; length += 11)
      assertFails(() => parseMarket(text.slice(0, length)), MalformedError, "market");
  });
});

describe("denseMarket", () => {
  it("pads to every tier, within the bounds that the circuit relies on", () => {
    for (const tier of TIERS) {
      const dense = denseMarket(market, tier);
      checkMarket(dense, market.listing.length);
      assert.equal(dense.shock.length, tier.scenarios);
      assert.deepEqual(dense.low.slice(0, 3), [1_000_000_000_000n, 300_005_000_000_000n, 0n]);
      assert.deepEqual(dense.high.slice(0, 3), [1_000_000_000_000n, 300_010_000_000_000n, 0n]);
      assert.equal(dense.funding[1], 60_001_000_000n);
      assert.equal(dense.debtFactor[2], 10_000n);
      for (const field of ["low", "high", "funding", "collateralFactor", "debtFactor"] as const)
        assert.equal(dense[field].length, tier.assets);
    }
  });

  it("refuses a tier that is too small", () => {
    assertFails(() => denseMarket(market, { assets: 1, scenarios: 16 }), TooManyError, "market.listing");
    assertFails(
      () => denseMarket(market, { assets: 16, scenarios: 1 }),
      TooManyError,
      "market.profile.scenarios",
    );
  });
});
