import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { parseBook } from "../../../src/book/bookFile.js";
import { denseBook } from "../../../src/book/opening.js";
import { denseMarket } from "../../../src/market/file.js";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { assess, exceeds, SCALE } from "../../../src/protocol/statement.js";
import type { Book, Market } from "../../../src/protocol/types.js";
import { equityOf } from "../../../src/risk/margin.js";
import { PRESETS } from "../../../src/risk/presets.js";
import { atPoint, cascade, THRESHOLDS } from "../../../src/risk/stress.js";
import { marketOf } from "../../market/fixtures.js";
import { SIMPLE_MARKET } from "../../support/simpleMarket.js";

const AT_PAR = { healthy: true, envelope: 0 } as const;
const TIER = { assets: 16, scenarios: 16 };
const DOLLAR = 10n ** 18n * SCALE;
const UNIT = 10n ** 6n;

/** A dollar token and a coin at $100; the coin counts 80 %, a debt in full. */
const LENDING: Market = {
  ...SIMPLE_MARKET,
  low: [10n ** 12n, 10n ** 14n],
  high: [10n ** 12n, 10n ** 14n],
  pnlFactor: 10_000n,
  collateralFactor: [10_000n, 8000n],
};

describe("the cascade of a book", () => {
  it("crosses each threshold where the sum says, to a hundredth of a percent", () => {
    // $1 000 of the coin at 80 % against $500 owed: HF = 1.6 at the start and 1.6·(1 − f) after a fall of f.
    // Below 1.25 at f = 21.875 %, 1.1 at 31.25 %, 1.0 at 37.5 %; equity ends at f = 50 %.
    const book: Book = { spot: [-500n * UNIT, 10n * UNIT], perp: [0n, 0n], basis: 0n };
    const { before, after, crossings } = cascade(book, LENDING, { moves: [0, -10_000] });
    assert.deepEqual(
      crossings.map(({ threshold, point }) => [threshold.name, point?.at]),
      [
        ["initial margin", 2188],
        ["margin call", 3125],
        ["maintenance margin", 3750],
        ["bankruptcy", 5000],
      ],
    );
    assert.equal(before.healthFactor, 16_000n);
    assert.equal(before.equity, 500n * DOLLAR);
    assert.equal(after.healthFactor, 0n);
    assert.equal(after.equity, -500n * DOLLAR);
    assert.deepEqual(crossings[2]?.point?.losses, [
      { slot: 1, kind: "spot", loss: 375n * DOLLAR },
      { slot: 0, kind: "spot", loss: 0n },
    ]);
  });

  it("says what a path never reaches, and what it never held", () => {
    const book: Book = { spot: [-500n * UNIT, 10n * UNIT], perp: [0n, 0n], basis: 0n };
    assert.deepEqual(
      cascade(book, LENDING, { moves: [0, -2500] }).crossings.map(({ point }) => point?.at ?? null),
      [8750, null, null, null],
    );
    const none: Book = { spot: [0n, 0n], perp: [0n, 0n], basis: 0n };
    assert.deepEqual(
      cascade(none, LENDING, { moves: [0, -2500] }).crossings.map(({ point }) => point?.at),
      [0, 0, 0, 0],
    );
  });

  it("scales prices exactly, so that a whole move is the moved market", () => {
    const [book, market] = atPoint(
      { spot: [1n, 3n], perp: [0n, -2n], basis: 7n },
      LENDING,
      { moves: [0, -3333] },
      10_000,
    );
    assert.deepEqual(market.low, [10n ** 12n * 10n ** 12n, (10n ** 14n / 10_000n) * 6667n * 10n ** 12n]);
    assert.equal(book.basis, 7n * 10n ** 12n);
  });

  it("moves a perpetual beside its index, and has longs pay the funding", () => {
    // 10 coins at $100, long as a perpetual: a fall of 20 % to $80, where it is 10 % below its index, and 1 % of $100 paid.
    const book: Book = { spot: [500n * UNIT, 0n], perp: [0n, 10n * UNIT], basis: -1_000n * 10n ** 18n };
    const moves = [0, -2_000];
    const perps = { basis: [0, -1_000], funding: [0, 100] };
    const { before, after } = cascade(book, LENDING, { moves, perps });
    assert.equal(before.equity, 500n * DOLLAR);
    assert.equal(after.equity, (500n - 200n - 80n - 10n) * DOLLAR);
    assert.deepEqual(after.losses[0], { slot: 1, kind: "perp", loss: 290n * DOLLAR });
    // The short gains what the long loses.
    const short: Book = { spot: [500n * UNIT, 0n], perp: [0n, -10n * UNIT], basis: 1_000n * 10n ** 18n };
    assert.equal(cascade(short, LENDING, { moves, perps }).after.equity, (500n + 290n) * DOLLAR);
    // Coins know neither, and charges and scenarios are of the index.
    const coins: Book = { spot: [0n, 10n * UNIT], perp: [0n, 0n], basis: 0n };
    assert.equal(cascade(coins, LENDING, { moves, perps }).after.equity, 800n * DOLLAR);
    const without = cascade(book, LENDING, { moves }).after;
    assert.deepEqual([after.addOns, after.scenarioLoss], [without.addOns, without.scenarioLoss]);
  });

  it("finds the first point past a threshold, and nothing above it after, for any book and path", () => {
    const quantity = fc.bigInt(-(10n ** 9n), 10n ** 9n);
    const slot = fc.record({
      spot: quantity,
      perp: quantity,
      low: fc.bigInt(10n ** 10n, 10n ** 12n),
      spread: fc.bigInt(0n, 10n ** 9n),
      move: fc.integer({ min: -10_000, max: 30_000 }),
      basis: fc.integer({ min: -10_000, max: 10_000 }),
      paid: fc.integer({ min: -10_000, max: 10_000 }),
    });
    for (const profile of PRESETS) {
      const { low: _, high: __, funding, ...risk } = denseMarket(marketOf("2021-05-17", profile), TIER);
      fc.assert(
        fc.property(
          fc.array(slot, { minLength: 16, maxLength: 16 }),
          fc.bigInt(0n, 10n ** 22n),
          (slots, cash) => {
            const perp = slots.map((row) => row.perp);
            const book: Book = {
              spot: slots.map((row) => row.spot),
              perp,
              basis: cash - perp.reduce((sum, q, u) => sum + q * (slots[u]?.low ?? 0n), 0n),
            };
            const market: Market = {
              ...risk,
              funding,
              low: slots.map((row) => row.low),
              high: slots.map((row) => row.low + row.spread),
            };
            const path = {
              moves: slots.map((row) => row.move),
              perps: { basis: slots.map((row) => row.basis), funding: slots.map((row) => row.paid) },
            };
            const holds = (point: number, theta: number | null) => {
              const [moved, there] = atPoint(book, market, path, point);
              return theta === null
                ? equityOf(moved, there) > 0n
                : exceeds(assess(moved, there, AT_PAR), theta);
            };
            for (const { threshold, point } of cascade(book, market, path).crossings) {
              const at = point?.at ?? 10_001;
              // What is past a threshold at the start may rise above it on the way, and is past it all the same.
              if (at === 0) {
                assert.equal(holds(0, threshold.theta), false);
                continue;
              }
              for (const point of [0, 1, 999, 2500, 5000, 7501, 9999, 10_000, at - 1, at, at + 1])
                if (point >= 0 && point <= 10_000) assert.equal(holds(point, threshold.theta), point < at);
            }
          },
        ),
        { seed: 20_210_519, numRuns: 60 },
      );
    }
  });

  it("takes the thresholds in order, and loses by position what it loses in all", () => {
    const market = denseMarket(marketOf("2021-05-17"), TIER);
    const moves = DEFAULT_LISTING.map(({ symbol }) => (symbol === "USDC" ? 0 : -4000));
    for (const account of ["cash-and-carry", "leveraged-long", "isolated-perp", "aave-borrower"]) {
      const text = readFileSync(`examples/books/${account}.json`, "utf8");
      const book = denseBook(parseBook(text, DEFAULT_LISTING), DEFAULT_LISTING, 16);
      const { before, after, crossings } = cascade(book, market, { moves });
      const points = crossings.map(({ point }) => point?.at ?? Number.POSITIVE_INFINITY);
      assert.deepEqual(
        points,
        points.toSorted((a, b) => a - b),
        account,
      );
      const lost = after.losses.reduce((sum, { loss }) => sum + loss, 0n);
      const difference = before.equity - after.equity - lost;
      assert.ok(difference >= -20n && difference <= 20n, `${account}: ${difference}`);
      assert.ok(after.losses.every(({ loss }, i) => i === 0 || loss <= (after.losses[i - 1]?.loss ?? loss)));
    }
  });

  it("names initial margin, call, maintenance and bankruptcy", () => {
    assert.deepEqual(
      THRESHOLDS.map(({ theta }) => theta),
      [12_500, 11_000, 10_000, null],
    );
  });
});
