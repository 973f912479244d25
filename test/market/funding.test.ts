import assert from "node:assert/strict";
import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  PrecisionError,
  UnknownAssetError,
} from "../../src/errors.js";
import { parseFunding } from "../../src/market/assetTables.js";
import { accruedFunding } from "../../src/market/build.js";
import { parseHistory } from "../../src/market/history.js";
import { assertFails } from "../support/failure.js";
import { PAIR } from "./fixtures.js";

describe("accruedFunding", () => {
  const history = parseHistory("date,BTC\n2021-01-01,100\n2021-01-02,\n2021-01-03,200\n2021-01-04,300\n");
  const btc = { symbol: "BTC", decimals: 8 };

  it("sums the rate of every close up to the date", () => {
    // 3 bps of 100 + 200 + 300 USD is 0.18 USD a unit: 1.8·10^9 attodollars a satoshi.
    assert.equal(accruedFunding(history, "2021-01-04", btc, 3), 1_800_000_000n);
    assert.equal(accruedFunding(history, "2021-01-03", btc, 3), 900_000_000n);
    assert.equal(accruedFunding(history, "2021-01-04", btc, -3), -1_800_000_000n);
    assert.equal(accruedFunding(history, "2021-01-04", btc, 0), 0n);
    assert.equal(accruedFunding(history, "2021-01-04", { symbol: "ETH", decimals: 9 }, 3), 0n);
  });

  it("floors the sum once", () => {
    const dust = parseHistory(`date,BTC\n2021-01-01,0.${"0".repeat(17)}1\n2021-01-02,0.${"0".repeat(17)}1\n`);
    const whole = { symbol: "BTC", decimals: 0 };
    assert.equal(accruedFunding(dust, "2021-01-02", whole, 5000), 1n);
    assert.equal(accruedFunding(dust, "2021-01-02", whole, 4999), 0n);
    assert.equal(accruedFunding(dust, "2021-01-02", whole, -1), -1n);
  });

  it("bounds the rate", () => {
    assert.equal(accruedFunding(history, "2021-01-01", btc, 10_000), 10n ** 12n);
    assert.equal(accruedFunding(history, "2021-01-01", btc, -10_000), -(10n ** 12n));
    for (const rate of [10_001, -10_001, 0.5, Number.NaN])
      assertFails(() => accruedFunding(history, "2021-01-04", btc, rate), OutOfRangeError, "fundingRate");
  });
});

describe("parseFunding", () => {
  const load = (...lines: string[]) => parseFunding(["asset,index", ...lines, ""].join("\n"), PAIR);

  it("gives attodollars per quantum in the listing's order", () => {
    assert.deepEqual(load("BTC,-1234.0000000001", "USDC,0.000000000001"), [1n, -12_340_000_000_001n]);
  });

  it("refuses an index that is no whole number of attodollars per quantum", () => {
    assertFails(() => load("BTC,0.00000000001", "USDC,0"), PrecisionError, "funding.line2.index");
  });

  it("refuses unknown, repeated and missing assets, and bad numbers", () => {
    assertFails(() => load("BTC,0", "SHIB,0"), UnknownAssetError, "funding.line3.asset");
    assertFails(() => load("BTC,0", "BTC,0"), DuplicateAssetError, "funding.line3.asset");
    assertFails(() => load("BTC,0"), MissingFieldError, "funding");
    assertFails(() => load("BTC,", "USDC,0"), FormatError, "funding.line2.index");
    assertFails(() => load("BTC,1e-3", "USDC,0"), FormatError, "funding.line2.index");
    assertFails(() => parseFunding("asset,rate\n", PAIR), FormatError, "funding.line1");
  });
});
