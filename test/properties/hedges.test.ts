import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { denseMarket } from "../../src/market/file.js";
import { parseProfile } from "../../src/market/profile.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { assess, claimHolds, exceeds } from "../../src/protocol/statement.js";
import { TIERS } from "../../src/protocol/tiers.js";
import type { Book, Market } from "../../src/protocol/types.js";
import { HISTORY, marketOf } from "../market/fixtures.js";
import { factorAt, largestHealthy, smallestUnhealthy, UNIT } from "./truth.js";

const TIER = TIERS[0];
/** The profile of those days, in which offsets counted in full: with less of them such books are rare. */
const PROFILE = parseProfile(
  readFileSync(new URL("../vectors/profiles/offsets-in-full.json", import.meta.url), "utf8"),
  DEFAULT_LISTING,
);
const USD = 10n ** 18n;
const THETA = 10_000;
const HEALTH = { healthy: true, envelope: 0 };
const ILL_HEALTH = { healthy: false, envelope: 0 };

/** The market of a day's close over the default window, with some prices in dollars instead. */
function priced(date: string, prices: Readonly<Record<string, readonly [low: number, high: number]>>) {
  const file = marketOf(date, PROFILE);
  const dense = denseMarket(file, TIER);
  const of = (end: 0 | 1, values: readonly bigint[]) =>
    values.map((value, u) => {
      const { symbol = "", decimals = 0 } = file.listing[u] ?? {};
      const dollars = prices[symbol]?.[end];
      return dollars === undefined ? value : (BigInt(dollars) * USD) / 10n ** BigInt(decimals);
    });
  return { listing: file.listing, market: { ...dense, low: of(0, dense.low), high: of(1, dense.high) } };
}

type Listing = ReturnType<typeof priced>["listing"];

/** Units of assets in spot, and perpetuals with their entry prices in dollars. */
function bookOf(
  listing: Listing,
  spot: Readonly<Record<string, number>>,
  perps: Readonly<Record<string, readonly [units: number, entry: number]>> = {},
): Book {
  const quanta = (units: number, u: number) =>
    (BigInt(Math.round(units * 1e6)) * 10n ** BigInt(listing[u]?.decimals ?? 0)) / 10n ** 6n;
  const dense = (of: (symbol: string) => number) =>
    Array.from({ length: TIER.assets }, (_, u) => quanta(of(listing[u]?.symbol ?? ""), u));
  return {
    spot: dense((symbol) => spot[symbol] ?? 0),
    perp: dense((symbol) => perps[symbol]?.[0] ?? 0),
    basis: Object.values(perps).reduce((sum, [units, entry]) => sum - BigInt(units * entry) * USD, 0n),
  };
}

const verdicts = (book: Book, market: Market) =>
  [true, false].map((healthy) => claimHolds(book, market, { theta: THETA, healthy, envelope: 0 }));
/** Health factor in truth, at one price for each asset. */
function trueFactor(book: Book, market: Market, prices: readonly bigint[]): number {
  const { collateral, requirement } = factorAt(book, market, {
    prices: prices.map((price) => price * UNIT),
    funding: market.funding.map((funding) => funding * UNIT),
  });
  return Number(collateral) / Number(requirement);
}
/** The same as an assessment says it where the charge for the spread is left out, as the statement did before. */
function uncharged(book: Book, market: Market, healthy: boolean) {
  const { collateral, requirement, assets } = assess(book, market, { healthy, envelope: 0 });
  const spread = assets.reduce((sum, { spreadCharge }) => sum + spreadCharge, 0n);
  return { collateral, requirement: requirement - spread };
}

describe("hedges whose legs have prices that lie apart", () => {
  // Ether between $1 800 and $2 000, hedged by a short bitcoin perpetual at $40 000.
  const { listing, market } = priced("2021-05-17", {
    USDC: [1, 1],
    BTC: [40_000, 40_000],
    ETH: [1_800, 2_000],
  });
  const hedge = (dollars: number) => bookOf(listing, { ETH: 1_000, USDC: -dollars }, { BTC: [-200, 40_000] });

  // shows: P1
  it("are not proven healthy where they are not at one price of the box", () => {
    const book = hedge(458_000);
    assert.ok(exceeds(uncharged(book, market, true), THETA), "it was, with M at one side of the spread");
    assert.ok(Math.abs(trueFactor(book, market, market.low) - 0.9736) < 1e-4);
    assert.deepEqual(verdicts(book, market), [false, false]);
    assert.equal(verdicts(book, { ...market, high: market.low })[1], true);
  });

  // shows: P1
  it("are not proven unhealthy where they are healthy at one price of the box", () => {
    const book = hedge(602_000);
    assert.ok(!exceeds(uncharged(book, market, false), THETA), "it was, with M at one side of the spread");
    assert.ok(Math.abs(trueFactor(book, market, market.high) - 1.0246) < 1e-4);
    assert.deepEqual(verdicts(book, market), [false, false]);
    assert.equal(verdicts(book, { ...market, low: market.high })[0], true);
  });

  type Sizes = readonly [long: number, short: number, dollars: number];
  /** Long one asset and short another, in dollars at a day's close, and so many dollars of collateral. */
  function onDay(date: string, long: string, short: string, sizes: Sizes) {
    const file = marketOf(date, PROFILE);
    const dense = denseMarket(file, TIER);
    const day = HISTORY.days.find((one) => one.date === date);
    const close = (symbol: string) => day?.closes[HISTORY.assets.indexOf(symbol)] ?? 0n;
    const units = (dollars: number, symbol: string) => (dollars * Number(USD)) / Number(close(symbol));
    const legs = bookOf(
      file.listing,
      { USDC: sizes[2] },
      {
        [long]: [units(sizes[0], long), 0],
        [short]: [-units(sizes[1], short), 0],
      },
    );
    const book = { ...legs, basis: BigInt(sizes[1] - sizes[0]) * USD };
    const closes = file.listing.map(({ symbol, decimals }) => close(symbol) / 10n ** BigInt(decimals));
    const truth = factorAt(book, dense, {
      prices: dense.low.map((low, u) => (closes[u] ?? low) * UNIT),
      funding: dense.funding.map((funding) => funding * UNIT),
    });
    return { book, market: dense, truth };
  }

  // shows: P1
  it("of real days are said to be above no θ, and not above none, that the close refutes", () => {
    const perpetuals = onDay("2021-01-30", "DOGE", "XRP", [100_000, 190_000, 21_000]);
    assert.equal(largestHealthy(uncharged(perpetuals.book, perpetuals.market, true)), 9_656);
    assert.equal(largestHealthy(perpetuals.truth), 6_791);
    assert.ok(largestHealthy(assess(perpetuals.book, perpetuals.market, HEALTH)) <= 6_791);

    const healthy = onDay("2021-01-28", "DOGE", "XRP", [100_000, 120_000, 22_000]);
    assert.equal(smallestUnhealthy(uncharged(healthy.book, healthy.market, false)), 9_572);
    assert.equal(largestHealthy(healthy.truth), 19_462);
    assert.ok(
      (smallestUnhealthy(assess(healthy.book, healthy.market, ILL_HEALTH)) ?? Number.POSITIVE_INFINITY) >
        19_462,
    );
  });

  // shows: P1
  it("are judged rightly on every day that has all prices, of both verdicts and every θ", () => {
    const contradicted = { now: 0, before: 0 };
    let books = 0;
    for (const { date, closes } of HISTORY.days.filter((_, i) =>
      HISTORY.days
        .slice(Math.max(0, i - 3), i + 1)
        .every((day) => day.closes.every((close) => close !== null)),
    )) {
      const priced = ["BTC", "ETH", "XRP", "DOGE", "LTC", "TRX"].filter(
        (symbol) => closes[HISTORY.assets.indexOf(symbol)] != null,
      );
      const [long = "", short = ""] = [
        priced[books % priced.length],
        priced[(books * 5 + 1) % priced.length],
      ];
      if (long === short) continue;
      const { book, market, truth } = onDay(date, long, short, [
        100_000,
        110_000,
        15_000 + (books % 7) * 2_000,
      ]);
      books++;
      const wrong = (rule: typeof assess | typeof uncharged) => {
        const above = largestHealthy(
          rule === assess ? assess(book, market, HEALTH) : uncharged(book, market, true),
        );
        const most = smallestUnhealthy(
          rule === assess ? assess(book, market, ILL_HEALTH) : uncharged(book, market, false),
        );
        return (above > 0 && !exceeds(truth, above)) || (most !== undefined && exceeds(truth, most));
      };
      if (wrong(assess)) contradicted.now++;
      if (wrong(uncharged)) contradicted.before++;
    }
    assert.equal(contradicted.now, 0);
    assert.ok(contradicted.before > books / 20, `${contradicted.before} of ${books} books before`);
  });
});
