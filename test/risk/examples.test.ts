import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseBook } from "../../src/book/bookFile.js";
import { importBookCsv } from "../../src/book/import/importBook.js";
import { denseBook } from "../../src/book/opening.js";
import { denseMarket } from "../../src/market/file.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import type { RiskProfile } from "../../src/protocol/profile.js";
import { claimHolds } from "../../src/protocol/statement.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { COLLATERALISED_DEBT, RATE_PERPS } from "../../src/risk/presets.js";
import { HISTORY, marketOf } from "../market/fixtures.js";

const read = (file: string) => readFileSync(`examples/books/${file}`, "utf8");
const load = (account: string) => parseBook(read(`${account}.json`), DEFAULT_LISTING);
const ACCOUNTS = ["cash-and-carry", "leveraged-long", "isolated-perp", "aave-borrower"];

type Answer = "healthy" | "unhealthy" | "neither";

/** Which claim at θ = 1 can be proven of an example book at a day's close. */
function answer(account: string, profile: RiskProfile, date: string, window: number): Answer {
  const book = denseBook(load(account), DEFAULT_LISTING, 16);
  const market = denseMarket(marketOf(date, profile, window), { assets: 16, scenarios: 16 });
  const holds = (healthy: boolean) => claimHolds(book, market, { healthy, envelope: 0, theta: 10_000 });
  if (holds(true)) return "healthy";
  return holds(false) ? "unhealthy" : "neither";
}

describe("example books", () => {
  for (const account of ACCOUNTS) {
    it(`${account} is the same book as CSV and as JSON`, () => {
      const { isolated, sequence } = load(account);
      const header = { account, sequence, isolated };
      assert.deepEqual(importBookCsv(read(`${account}.csv`), header, DEFAULT_LISTING), load(account));
    });
  }

  it("entered their perpetuals at closes of the price history", () => {
    for (const account of ACCOUNTS) {
      for (const { asset, entryPrice } of load(account).positions) {
        if (entryPrice === undefined) continue;
        const column = HISTORY.assets.indexOf(asset);
        const [whole = "", fraction = ""] = entryPrice.split(".");
        const close = BigInt(whole + fraction.padEnd(18, "0"));
        assert.ok(
          HISTORY.days.some((day) => day.closes[column] === close && day.date >= "2021-04-01"),
          `${account}, ${asset}`,
        );
      }
    }
  });

  type Answers = Readonly<Record<1 | 2 | 3, Answer>>;
  const always = (one: Answer): Answers => ({ 1: one, 2: one, 3: one });
  const expected: [account: string, profile: RiskProfile, before: Answers, after: Answers][] = [
    ["cash-and-carry", PORTFOLIO_MARGIN, always("healthy"), always("healthy")],
    [
      "leveraged-long",
      PORTFOLIO_MARGIN,
      { 1: "healthy", 2: "healthy", 3: "neither" },
      { 1: "unhealthy", 2: "unhealthy", 3: "neither" },
    ],
    ["isolated-perp", RATE_PERPS, always("healthy"), { 1: "unhealthy", 2: "neither", 3: "neither" }],
    ["aave-borrower", COLLATERALISED_DEBT, always("healthy"), always("healthy")],
  ];
  for (const [account, profile, before, after] of expected) {
    for (const window of [1, 2, 3] as const) {
      const [on17May, on19May] = [before[window], after[window]];
      it(`${account} under ${profile.name}, ${window}-day average: ${on17May} on 17 May 2021, ${on19May} on 19 May`, () => {
        assert.equal(answer(account, profile, "2021-05-17", window), on17May);
        assert.equal(answer(account, profile, "2021-05-19", window), on19May);
      });
    }
  }
});
