import assert from "node:assert/strict";
import { assess, claimHolds } from "../../src/margin/assess.js";
import {
  breakingMoves,
  healthFactor,
  largestEnvelope,
  largestTheta,
  withPriceMove,
} from "../../src/margin/whatIf.js";
import { TIERS } from "../../src/spec/tiers.js";
import { Random, thresholdCases } from "../support/cases.js";

const tier = TIERS[0];
const SEED = 42;

describe("what-if", () => {
  it(`finds the largest θ that can be proven, and no larger (seed ${SEED})`, () => {
    const random = new Random(SEED);
    for (let i = 0; i < 200; i++)
      for (const { book, market } of thresholdCases(random, tier)) {
        const theta = largestTheta(assess(book, market, { healthy: true, envelope: 0 }));
        if (theta > 0) assert.ok(claimHolds(book, market, { healthy: true, envelope: 0, theta }));
        if (theta < 65_535)
          assert.ok(!claimHolds(book, market, { healthy: true, envelope: 0, theta: theta + 1 }));
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
    ["θ is less, so that the kink of P is not concave", (theta: number, pnl: bigint) => BigInt(theta) < pnl],
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

  it("has no health factor to show where nothing is owed", () => {
    assert.equal(healthFactor({ A: 1n, R: 0n }), null);
    assert.equal(largestTheta({ A: 1n, R: 0n }), 65_535);
    assert.equal(largestTheta({ A: 0n, R: 0n }), 0);
    assert.equal(healthFactor({ A: 999_999n, R: 1_000_000n }), 9_999n, "rounded down");
  });
});
