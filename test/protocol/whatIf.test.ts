import assert from "node:assert/strict";
import { assess, claimHolds, exceeds } from "../../src/protocol/statement.js";
import { TIERS } from "../../src/protocol/tiers.js";
import {
  breakingMoves,
  ENVELOPE_GRID,
  healthFactor,
  largestEnvelope,
  largestOfGrid,
  largestTheta,
  lastTrue,
  withPriceMove,
} from "../../src/protocol/whatIf.js";
import { Random, thresholdCases } from "../support/cases.js";
import { SIMPLE_MARKET, spotBook } from "../support/simpleMarket.js";

const tier = TIERS[0];
const SEED = 42;

describe("what-if", () => {
  // shows: P54
  it(`finds the largest θ that can be proven, and no larger (seed ${SEED})`, () => {
    const random = new Random(SEED);
    for (let i = 0; i < 200; i++)
      for (const { book, market } of thresholdCases(random, tier, { sleeves: 0.3 })) {
        const claim = { healthy: true, envelope: 0, sleeve: true };
        const theta = largestTheta(assess(book, market, claim));
        if (theta > 0) assert.ok(claimHolds(book, market, { ...claim, theta }));
        if (theta < 65_535) assert.ok(!claimHolds(book, market, { ...claim, theta: theta + 1 }));
        // In a claim of ill health the largest θ that is exceeded is one less than the least that can be proven.
        const least = largestTheta(assess(book, market, { ...claim, healthy: false })) + 1;
        if (least > 1) assert.ok(!claimHolds(book, market, { ...claim, healthy: false, theta: least - 1 }));
        if (least <= 65_535) assert.ok(claimHolds(book, market, { ...claim, healthy: false, theta: least }));
      }
  });

  it("finds every θ exceeded, and an infinite factor, where a charge in the account's favour leaves nothing owed", () => {
    for (const collateral of [0n, 1n]) {
      assert.equal(largestTheta({ collateral, requirement: -1n }), 65_535);
      assert.equal(healthFactor({ collateral, requirement: -1n }), null);
      assert.ok(exceeds({ collateral, requirement: -1n }, 65_535));
    }
    assert.equal(largestTheta({ collateral: 0n, requirement: 0n }), 0);
    assert.equal(largestTheta({ collateral: 1n, requirement: 0n }), 65_535);
  });

  it("scales a sleeve with all other money, so that a move of no price changes no factor", () => {
    const random = new Random(SEED + 3);
    for (let i = 0; i < 100; i++)
      for (const { book, market, leaning } of thresholdCases(random, tier, { sleeves: 1 })) {
        const moved = assess(...withPriceMove(book, market, 0, 0), { ...leaning, support: 0n });
        const still = assess(book, market, { ...leaning, support: 0n });
        assert.equal(moved.collateral, still.collateral * 10_000n);
        assert.equal(moved.requirement, still.requirement * 10_000n);
      }
  });

  it("finds the largest envelope, and no larger", () => {
    const random = new Random(SEED + 1);
    for (let i = 0; i < 60; i++)
      for (const { book, market, theta } of thresholdCases(random, tier)) {
        const envelope = largestEnvelope(book, market, theta);
        const holds = (e: number) => claimHolds(book, market, { healthy: true, envelope: e, theta });
        if (envelope === null) assert.ok(!holds(0));
        else {
          assert.ok(holds(envelope));
          if (envelope < 10_000) assert.ok(!holds(envelope + 1));
        }
      }
  });

  for (const [name, pick] of [
    ["θ is at least pnlFactor", (theta: number, pnl: bigint) => BigInt(theta) >= pnl],
    [
      "θ is less, so that the kink of unrealizedPnl is not concave",
      (theta: number, pnl: bigint) => BigInt(theta) < pnl,
    ],
  ] as const) {
    it(`finds the first price move that ends health, where ${name}`, () => {
      const random = new Random(SEED + 2);
      let found = 0;
      while (found < 40) {
        const [{ book, market, theta }] = thresholdCases(random, tier) as [
          ReturnType<typeof thresholdCases>[number],
        ];
        if (!pick(theta, market.pnlFactor)) continue;
        const holds = (u: number, move: number) =>
          claimHolds(...withPriceMove(book, market, u, move), { healthy: true, envelope: 0, theta });
        if (!holds(0, 0)) {
          for (const { fall } of breakingMoves(book, market, theta)) assert.ok(fall === null || fall === 0);
          continue;
        }
        breakingMoves(book, market, theta).forEach(({ fall, rise }, u) => {
          for (const [sign, first, limit] of [
            [-1, fall, 10_000],
            [1, rise, 100_000],
          ] as const) {
            if (first !== null) assert.ok(first > 0 && !holds(u, sign * first));
            const last = first === null ? limit : first - 1;
            for (let i = 0; i < 3; i++) assert.ok(holds(u, sign * random.integer(0, last)));
            assert.ok(holds(u, sign * last));
          }
        });
        found++;
      }
    });
  }

  it("stops at what a claim can hold, and below a factor that is met exactly", () => {
    assert.equal(largestTheta({ collateral: 1n, requirement: 1n }), 9_999);
    assert.equal(largestTheta({ collateral: 10_001n, requirement: 10_000n }), 10_000);
    assert.equal(largestTheta({ collateral: 65_536n, requirement: 10_000n }), 65_535);
    assert.equal(largestTheta({ collateral: 1_000n, requirement: 1n }), 65_535);
  });

  it("has one grid of envelopes for everybody", () => {
    assert.deepEqual([...ENVELOPE_GRID], [0, 50, 100, 200, 500, 1_000, 1_500, 2_000]);
  });

  it("takes the envelope from the grid, the largest that is not too large", () => {
    const collateral = spotBook(10n, -9_000_000n);
    // The debt's dollars rise by the envelope as well: 10·(1 − e) > 9·(1 + e) up to 5.26 %.
    assert.equal(largestEnvelope(collateral, SIMPLE_MARKET, 10_000), 526);
    assert.equal(largestOfGrid(collateral, SIMPLE_MARKET, 10_000), 500);
    assert.equal(largestOfGrid(collateral, SIMPLE_MARKET, 11_111), 0);
    assert.equal(largestOfGrid(collateral, SIMPLE_MARKET, 11_112), null);
  });

  it("finds a failure that ends again, right where a gain turns into a loss", () => {
    // A fall of 1 bp takes 200 from a gain of 100, of which 0.95 counted; one more takes another 1 000 from the debt.
    const book = { spot: [-10n, 999_908n], perp: [2n, 0n], basis: 100n - 2_000_000n };
    const holds = (fall: number) =>
      claimHolds(...withPriceMove(book, SIMPLE_MARKET, 0, -fall), {
        healthy: true,
        envelope: 0,
        theta: 1_000,
      });
    assert.deepEqual([0, 1, 2, 10_000].map(holds), [true, false, true, true]);
    assert.equal(breakingMoves(book, SIMPLE_MARKET, 1_000)[0]?.fall, 1);
  });

  it("looks at rises to eleven times the price, and no further", () => {
    // A debt of 1 that has risen by 100 000 bps is 11 000 000.
    assert.deepEqual(breakingMoves(spotBook(-1n, 11_000_050n), SIMPLE_MARKET, 10_000)[0], {
      fall: null,
      rise: null,
    });
    assert.deepEqual(breakingMoves(spotBook(-1n, 10_999_950n), SIMPLE_MARKET, 10_000)[0], {
      fall: null,
      rise: 100_000,
    });
  });

  it("has no move to show for an asset that the book does not hold, not even of a book that is not healthy", () => {
    const none = { fall: null, rise: null };
    assert.deepEqual(breakingMoves(spotBook(0n, -1n), SIMPLE_MARKET, 10_000), [none, { fall: 0, rise: 0 }]);
  });

  it("moves one price, in ten-thousandths of an attodollar, and scales what else is money", () => {
    const book = { spot: [3n, 4n], perp: [5n, 6n], basis: 7n };
    const market = { ...SIMPLE_MARKET, high: [1_000_001n, 2n], funding: [8n, -9n], impact: [10n, 11n] };
    const [movedBook, moved] = withPriceMove(book, market, 0, -250);
    assert.deepEqual(movedBook, { ...book, basis: 70_000n });
    assert.deepEqual(moved, {
      ...market,
      low: [9_750_000_000n, 10_000n],
      high: [9_750_009_750n, 20_000n],
      funding: [80_000n, -90_000n],
      impact: [100_000n, 110_000n],
    });
    assert.deepEqual(withPriceMove(book, market, 1, 1)[1].high, [10_000_010_000n, 20_002n]);
  });

  it("bisects to the last that holds, whichever it is", () => {
    for (let high = 3; high < 9; high++)
      for (let last = 3; last <= high; last++)
        assert.equal(
          lastTrue(3, high, (n) => n <= last),
          last,
        );
    assert.equal(
      lastTrue(3, 7, () => true),
      7,
    );
  });

  it("has no health factor to show where nothing is owed", () => {
    assert.equal(healthFactor({ collateral: 1n, requirement: 0n }), null);
    assert.equal(largestTheta({ collateral: 1n, requirement: 0n }), 65_535);
    assert.equal(largestTheta({ collateral: 0n, requirement: 0n }), 0);
    assert.equal(healthFactor({ collateral: 999_999n, requirement: 1_000_000n }), 9_999n, "rounded down");
  });
});
