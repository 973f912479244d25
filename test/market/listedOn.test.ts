import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { FormatError, MissingFieldError } from "../../src/errors.js";
import { buildMarket } from "../../src/market/build.js";
import { listedOn, parseHistory } from "../../src/market/history.js";
import { DEFAULT_LISTING, listingDigest } from "../../src/protocol/listing.js";
import { restrictProfile } from "../../src/protocol/profile.js";
import { PRESETS } from "../../src/risk/presets.js";

const history = parseHistory(readFileSync("examples/prices/daily-close.csv", "utf8"));
const symbols = (date: string, window: number) =>
  listedOn(history, date, window, DEFAULT_LISTING).map((a) => a.symbol);

describe("listedOn", () => {
  it("leaves out what was not yet priced on the first day of the window", () => {
    assert.deepEqual(
      symbols("2021-05-19", 3),
      DEFAULT_LISTING.map(({ symbol }) => symbol),
    );
    const early = symbols("2020-03-12", 3);
    assert.ok(early.includes("BTC") && !early.includes("SOL") && !early.includes("UNI"));
    // SOL's first close is of 2020-04-11.
    assert.ok(symbols("2020-04-11", 1).includes("SOL"));
    assert.ok(!symbols("2020-04-12", 3).includes("SOL"));
    assert.ok(symbols("2020-04-13", 3).includes("SOL"));
  });

  it("lets every shipped profile build a market on every day of the history", () => {
    for (const [i, { date }] of history.days.entries())
      for (const preset of PRESETS) {
        const window = Math.min(i + 1, 3);
        const listing = listedOn(history, date, window, DEFAULT_LISTING);
        const market = buildMarket({
          history,
          date,
          window,
          listing,
          profile: restrictProfile(preset, listing),
        });
        assert.equal(listingDigest(market.listing), listingDigest(listing));
      }
  });

  it("keeps an asset that has a gap or no price at all, which is then missed", () => {
    const gap = parseHistory("date,BTC,ETH\n2021-01-01,1,2\n2021-01-02,1,\n2021-01-03,1,2\n");
    const listing = DEFAULT_LISTING.filter(({ symbol }) => ["BTC", "ETH", "SOL"].includes(symbol));
    assert.equal(listedOn(gap, "2021-01-03", 3, listing).length, 3);
    const [profile] = PRESETS;
    assert.ok(profile);
    assert.throws(
      () =>
        buildMarket({
          history: gap,
          date: "2021-01-03",
          window: 3,
          listing,
          profile: restrictProfile(profile, listing),
        }),
      MissingFieldError,
    );
    assert.throws(() => listedOn(gap, "2021-13-01", 3, listing), FormatError);
  });
});
