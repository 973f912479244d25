import assert from "node:assert/strict";
import { claimHolds, exceeds } from "../../src/protocol/statement.js";
import { TIERS } from "../../src/protocol/tiers.js";
import type { Market } from "../../src/protocol/types.js";
import { Random, thresholdCases } from "../support/cases.js";
import { factorAt, pointOf, randomPick, trueSleeve, UNIT } from "./truth.js";

/**
 * The envelope theorem. Take a claim of health at prices (low, high) with envelope e. It says HF > θ at every price vector of
 * low·(1 − e) … high·(1 + e), and still so after funding has moved, if what funding and price have moved together is at most e.
 */
describe("the envelope theorem", () => {
  const tier = TIERS[0];
  const SEED = 20_200_312;
  const two = (a: bigint, b: bigint) => [a, b];

  // shows: P2
  it(`holds at every vector, on claims that are true by one attodollar (seed ${SEED})`, () => {
    const random = new Random(SEED);
    let checked = 0;
    while (checked < 6_000) {
      for (const { book, market, leaning, theta, above } of thresholdCases(random, tier, { sleeves: 0.2 })) {
        if (!above || !leaning.healthy) continue;
        const sleeve =
          book.sleeve && trueSleeve(book.sleeve, () => random.spread(0n, book.sleeve?.slack ?? 0n));
        for (let i = 0; i < 4; i++) {
          const drifts = random.chance(0.5);
          const point = pointOf(market, leaning.envelope, randomPick(random), (_, room) =>
            drifts ? random.signed(room) : 0n,
          );
          const truth = factorAt(book, market, point, { sleeve });
          assert.ok(exceeds(truth, theta), `case ${checked}`);
          checked++;
        }
      }
    }
  });

  /** Long 1 and short 1 of two assets at 100; the scenario is both up 100 %, in which the hedge loses nothing. */
  const market: Market = {
    pnlFactor: 10_000n,
    low: two(100n, 100n),
    high: two(100n, 100n),
    funding: two(0n, 0n),
    collateralFactor: two(0n, 0n),
    debtFactor: two(10_000n, 10_000n),
    perpMargin: two(0n, 0n),
    liquidity: two(0n, 0n),
    impact: two(0n, 0n),
    shock: [two(10_000n, 10_000n)],
  };
  const hedge = (basis: bigint) => ({ spot: two(0n, 0n), perp: two(1n, -1n), basis });
  const theta = 10_000;

  // shows: P2
  it("needs its charge for assets that move apart: without it a hedged book would break it", () => {
    // PnL of 50: at −10 % and +10 % P falls by 20, and the scenario then loses 20 more.
    assert.ok(claimHolds(hedge(50n), market, { theta, healthy: true, envelope: 0 }));
    assert.ok(claimHolds(hedge(50n), market, { theta, healthy: true, envelope: 1_000 }), "A = 30, R = 20");
    assert.ok(
      !claimHolds(hedge(40n), market, { theta, healthy: true, envelope: 1_000 }),
      "A = 20, R = 20: not above",
    );
    const apart = { prices: two(90n * UNIT, 110n * UNIT), funding: two(0n, 0n) };
    assert.ok(!exceeds(factorAt(hedge(40n), market, apart), theta), "and rightly so: the market can do it");
    assert.ok(exceeds(factorAt(hedge(41n), market, apart), theta));
  });

  // shows: P2
  it("is about vectors: a fresh claim at a wider box inside of it need not exist, as its spread costs", () => {
    const claim = { theta, healthy: true };
    assert.ok(claimHolds(hedge(41n), market, { ...claim, envelope: 1_000 }));
    const wide = { ...market, low: two(90n, 90n), high: two(110n, 110n) };
    assert.ok(!claimHolds(hedge(41n), wide, { ...claim, envelope: 0 }), "A = 21, R = 40");
    for (const prices of [
      [90n, 110n],
      [110n, 90n],
      [90n, 90n],
      [110n, 110n],
    ])
      assert.ok(
        exceeds(
          factorAt(hedge(41n), wide, { prices: prices.map((p) => p * UNIT), funding: two(0n, 0n) }),
          theta,
        ),
      );
  });

  // shows: P2
  it("makes a claim only harder as the envelope grows", () => {
    const random = new Random(SEED + 1);
    for (let i = 0; i < 400; i++)
      for (const { book, market, theta, leaning } of thresholdCases(random, tier, { sleeves: 0.2 })) {
        const small = random.integer(0, 10_000);
        const large = random.integer(small, 10_000);
        const claim = { ...leaning, healthy: true, theta };
        if (claimHolds(book, market, { ...claim, envelope: large }))
          assert.ok(claimHolds(book, market, { ...claim, envelope: small }));
      }
  });
});
