import assert from "node:assert/strict";
import { FormatError, MissingFieldError, OutOfRangeError, TooManyError } from "../../src/errors.js";
import { buildMarket, type MarketOptions } from "../../src/market/build.js";
import { marketDigest } from "../../src/market/file.js";
import { parseHistory } from "../../src/market/history.js";
import { assertFails } from "../support/failure.js";
import { HISTORY, marketOf, PAIR, PAIR_PROFILE } from "./fixtures.js";

const price = (market: ReturnType<typeof marketOf>, asset: string) =>
  market.prices.find((entry) => entry.asset === asset);

const history = parseHistory(
  ["date,USDC,BTC", "2021-01-01,1,", "2021-01-02,1,30000", "2021-01-03,1,30001", "2021-01-05,1,30000"].join(
    "\n",
  ),
);
const pair = (options: Partial<MarketOptions> = {}) =>
  buildMarket({ history, date: "2021-01-03", window: 2, listing: PAIR, profile: PAIR_PROFILE, ...options });

describe("buildMarket", () => {
  it("takes the close for low and its average for high after a fall, rounded up", () => {
    const market = marketOf("2021-05-19");
    // BTC: (43537.511 + 42909.401 + 37002.44) / 3 = 41149.784; 10^10 attodollars per satoshi and dollar.
    assert.deepEqual(price(market, "BTC"), {
      asset: "BTC",
      low: 370_024_400_000_000n,
      high: 411_497_840_000_000n,
      funding: 0n,
    });
    // ETH: (3282.3978 + 3380.0701 + 2460.6792) / 3 = 3041.049033333…; 10^9 per quantum and dollar.
    assert.equal(price(market, "ETH")?.low, 2_460_679_200_000n);
    assert.equal(price(market, "ETH")?.high, 3_041_049_033_334n);
  });

  it("takes the average for low and the close for high after a rise, rounded down", () => {
    // DOT: (34.031392 + 40.031655 + 47.94594) / 3 = 40.669662333…; 10^8 per quantum and dollar.
    assert.equal(price(marketOf("2021-05-14"), "DOT")?.low, 4_066_966_233n);
    assert.equal(price(marketOf("2021-05-14"), "DOT")?.high, 4_794_594_000n);
  });

  it("has one price over a window of one day", () => {
    for (const { low, high } of marketOf("2021-05-19", undefined, 1).prices) assert.equal(low, high);
  });

  it("says what it was built from and of which moment", () => {
    const market = marketOf("2021-05-19");
    assert.equal(market.time, Date.UTC(2021, 4, 20) / 1000);
    assert.deepEqual(market.source, {
      history: HISTORY.sha256,
      date: "2021-05-19",
      window: 3,
      fundingRate: 0,
    });
    assert.equal(marketDigest(market), marketDigest(marketOf("2021-05-19")));
    assert.notEqual(marketDigest(market), marketDigest(marketOf("2021-05-19", undefined, 2)));
  });

  it("builds a market for every date on which all assets have prices", () => {
    const full = HISTORY.days.filter(({ closes }) => closes.every((close) => close !== null));
    for (const { date } of full.slice(2)) marketOf(date);
    assert.ok(full.length > 270);
  });

  it("takes funding as a rate or as given", () => {
    // 10 bps of 30 000 + 30 001 USD: 60.001 USD a unit.
    assert.equal(price(pair({ funding: { rate: 10 } }), "BTC")?.funding, 600_010_000_000n);
    const given = pair({ funding: { index: [0n, -5n] } });
    assert.equal(price(given, "BTC")?.funding, -5n);
    assert.equal(given.source.fundingRate, null);
    assertFails(() => pair({ funding: { rate: 10_001 } }), OutOfRangeError, "fundingRate");
    assertFails(() => pair({ funding: { index: [0n] } }), TooManyError, "funding");
    assertFails(
      () => pair({ funding: { index: [0n, 2n ** 64n] } }),
      OutOfRangeError,
      "market.prices[1].funding",
    );
  });

  it("refuses dates and windows that the history does not cover, naming day and asset", () => {
    const missing = assertFails(() => pair({ date: "2021-01-04" }), OutOfRangeError, "date");
    assert.match(missing.message, /2021-01-01 to 2021-01-05/);
    assertFails(() => pair({ date: "2021-01-06" }), OutOfRangeError, "date");
    assertFails(() => pair({ date: "3 January" }), FormatError, "date");
    assertFails(() => pair({ date: "2021-01-05" }), MissingFieldError, "history.2021-01-04");
    assertFails(() => pair({ date: "2021-01-02" }), MissingFieldError, "history.2021-01-01.BTC");
    assertFails(() => pair({ window: 4 }), MissingFieldError, "history.2020-12-31");
    assert.doesNotThrow(() => pair({ history: HISTORY, date: "2021-06-01", window: 366 }));
    assertFails(() => pair({ listing: [] }), MissingFieldError, "listing");
    for (const window of [0, -1, 1.5, 367, Number.NaN])
      assertFails(() => pair({ window }), OutOfRangeError, "window");
    assertFails(
      () => pair({ listing: [...PAIR, { symbol: "ETH", decimals: 9 }] }),
      MissingFieldError,
      "history.ETH",
    );
    assertFails(() => marketOf("2020-01-01"), MissingFieldError, "history.2019-12-30.SOL");
  });

  it("refuses prices that do not fit their quantum", () => {
    const build = (close: string, decimals: number) =>
      buildMarket({
        history: parseHistory(`date,USDC,BTC\n2021-01-01,1,${close}\n`),
        date: "2021-01-01",
        window: 1,
        listing: [PAIR[0] ?? { symbol: "USDC", decimals: 6 }, { symbol: "BTC", decimals }],
        profile: PAIR_PROFILE,
      });
    // Below one attodollar a quantum, low would be 0.
    assertFails(() => build("0.000000009", 10), OutOfRangeError, "market.prices[1].low");
    // 18.45 USD a quantum is just above 2^64 attodollars.
    assertFails(() => build("18.45", 0), OutOfRangeError, "market.prices[1].low");
    assert.equal(price(build("18.446744073709551615", 0), "BTC")?.high, 2n ** 64n - 1n);
  });
});
