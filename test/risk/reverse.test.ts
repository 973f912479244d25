import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseBook } from "../../src/book/bookFile.js";
import { denseBook } from "../../src/book/opening.js";
import { denseMarket } from "../../src/market/file.js";
import { assess, exceeds } from "../../src/protocol/statement.js";
import type { Book, Market } from "../../src/protocol/types.js";
import { withPriceFactors } from "../../src/protocol/whatIf.js";
import { cheapestCombination } from "../../src/risk/remedy/combination.js";
import { remedies } from "../../src/risk/remedy/remedies.js";
import { type Moves, reverseStress } from "../../src/risk/reverse.js";
import { Random } from "../../src/risk/simulate/prices.js";
import { openSolver } from "../../src/risk/statistics/linearProgramme.js";
import { marketOf } from "../market/fixtures.js";
import { SIMPLE_MARKET, spotBook } from "../support/simpleMarket.js";

const HEALTHY = { healthy: true, envelope: 0 } as const;
const TIER = { assets: 16, scenarios: 16 };
// At the close alone: over three days the spread leaves no verdict on the leveraged book.
const market = marketOf("2021-05-17", undefined, 1);
const prices = denseMarket(market, TIER);
const dense = (name: string): Book => {
  const text = readFileSync(new URL(`../../examples/books/${name}.json`, import.meta.url), "utf8");
  return denseBook(parseBook(text, market.listing), market.listing, TIER.assets);
};
const moved = (book: Book, at: Market, slots: readonly number[], moves: readonly number[]) =>
  withPriceFactors(book, at, 1_000_000n, (u) => {
    const i = slots.indexOf(u);
    return 1_000_000n + BigInt(Math.round((i === -1 ? 0 : (moves[i] ?? 0)) * 1e6));
  });

describe("reverse stress", () => {
  it("is a fall over its volatility, for one coin against a debt", () => {
    // 100 quanta at 1 000 000 against 50 000 000 owed: HF = 2 now, 1 after a fall by half.
    const moves: Moves = { slots: [0], covariance: [[0.0025]], days: 100 };
    const [margin, equity] = reverseStress(spotBook(100n, -50_000_000n), SIMPLE_MARKET, moves, 10_000);
    assert.ok(Math.abs((margin?.joint?.distance ?? 0) - 0.5 / 0.05) < 1e-4);
    assert.ok(Math.abs((margin?.joint?.moves[0] ?? 0) + 0.5) < 1e-5);
    assert.ok(Math.abs((equity?.joint?.distance ?? 0) - 10) < 1e-4);
  });

  it("says that the book is there already, and what cannot reach it", () => {
    const moves: Moves = { slots: [0], covariance: [[0.0025]], days: 100 };
    const [low] = reverseStress(spotBook(100n, -100_000_000n), SIMPLE_MARKET, moves, 10_000);
    assert.equal(low?.joint?.distance, 0);
    const [none] = reverseStress(spotBook(100n, 1n), SIMPLE_MARKET, moves, 10_000);
    assert.equal(none?.joint, null);
  });

  it("finds no move too long: every shorter one leaves the health factor above it", () => {
    const book = dense("leveraged-long");
    const slots = [0, 1, 2];
    const covariance = [
      [1e-6, 0, 0],
      [0, 0.0016, 0.0017],
      [0, 0.0017, 0.0029],
    ];
    const [margin] = reverseStress(book, prices, { slots, covariance, days: 100 }, 10_000);
    const joint = margin?.joint;
    assert.ok(joint && joint.distance > 0);
    const [there, after] = moved(
      book,
      prices,
      joint.slots,
      joint.moves.map((move) => move * 1.001),
    );
    assert.ok(!exceeds(assess(there, after, HEALTHY), 10_000), "a thousandth further it is reached");
    // Moves of Mahalanobis length 0.999 of it, by the Cholesky factor of the two coins.
    const random = new Random(4, 0);
    const [a, b] = [0.04, 0.0017 / 0.04];
    const c = Math.sqrt(0.0029 - b * b);
    for (let i = 0; i < 300; i++) {
      const z = [random.normal(), random.normal(), random.normal()];
      const size = (0.999 * joint.distance) / Math.sqrt(z.reduce((sum, value) => sum + value * value, 0));
      const [x = 0, y = 0, w = 0] = z.map((value) => value * size);
      const [shorter, at] = moved(book, prices, slots, [0.001 * w, a * x, b * x + c * y]);
      assert.ok(exceeds(assess(shorter, at, HEALTHY), 10_000), `${i}`);
    }
    for (const { move } of margin?.alone ?? [])
      assert.ok(move === null || move.distance >= joint.distance - 1e-6, "alone is never nearer");
  });
});

describe("the cheapest combination of steps", () => {
  for (const [name, target] of [
    ["leveraged-long", 12_500],
    ["aave-borrower", 20_000],
    ["leveraged-long", 30_000],
  ] as const)
    it(`brings ${name} above ${target}, costs no more than a step alone, and needs all of each step`, async () => {
      const situation = {
        ...{ book: dense(name), market: prices, target, isolated: false },
        ...{ listed: market.listing.length, cash: 0, tradingCost: 10 },
      };
      const found = cheapestCombination(situation, await openSolver());
      assert.ok(found);
      assert.ok(exceeds(assess(found.book, prices, HEALTHY), target));
      const [single] = remedies(situation);
      if (single !== undefined)
        assert.ok(found.cost <= single.cost + single.cost / 1_000n, `${found.cost}, ${single.cost}`);
      assert.deepEqual(cheapestCombination(situation, await openSolver()), found, "the same again");
    });

  it("is none for a book that is above its target", async () => {
    const situation = {
      ...{ book: dense("leveraged-long"), market: prices, target: 10_000, isolated: false },
      ...{ listed: market.listing.length, cash: 0, tradingCost: 10 },
    };
    assert.equal(cheapestCombination(situation, await openSolver()), null);
  });
});
