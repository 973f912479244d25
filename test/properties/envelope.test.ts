import assert from "node:assert/strict";
import { claimHolds } from "../../src/protocol/statement.js";
import { TIERS } from "../../src/protocol/tiers.js";
import type { Market } from "../../src/protocol/types.js";
import { Random, thresholdCases } from "../support/cases.js";

/**
 * The envelope theorem. Take a claim of health at prices (low, high) with envelope e. It implies the claim with
 * envelope 0 at every market whose prices and funding have moved by at most e together: for each asset
 * |Δlow| + |Δfunding| ≤ e·low and |Δhigh| + |Δfunding| ≤ e·high.
 */
describe("the envelope theorem", () => {
  const tier = TIERS[0];
  const SEED = 20_200_312;
  const BPS = 10_000n;

  /** A market inside the box: at its corners, its edges, or anywhere. */
  function moved(random: Random, market: Market, envelope: bigint): Market {
    const low: bigint[] = [];
    const high: bigint[] = [];
    const funding: bigint[] = [];
    const style = random.pick(["down", "up", "apart", "any"]);
    market.low.forEach((l, u) => {
      const h = market.high[u] ?? 0n;
      const f = market.funding[u] ?? 0n;
      const room = (l * envelope) / BPS;
      const drift = random.chance(0.5) ? 0n : random.signed(room);
      const reach = (price: bigint) => (price * envelope) / BPS - (drift < 0n ? -drift : drift);
      const move = (price: bigint) => {
        const most = reach(price);
        if (style === "down") return -most;
        if (style === "up") return most;
        if (style === "apart") return random.chance(0.5) ? most : -most;
        return random.signed(most);
      };
      low.push(l + move(l));
      high.push(h + move(h));
      funding.push(f + drift);
    });
    return { ...market, low, high, funding };
  }

  // shows: P2
  it(`holds on claims that are true by one attodollar (seed ${SEED})`, () => {
    const random = new Random(SEED);
    let checked = 0;
    while (checked < 4_000) {
      for (const { book, market, leaning, theta, above } of thresholdCases(random, tier)) {
        if (!above || !leaning.healthy) continue;
        for (let i = 0; i < 4; i++) {
          const after = moved(random, market, BigInt(leaning.envelope));
          assert.ok(claimHolds(book, after, { healthy: true, envelope: 0, theta }), `case ${checked}`);
          checked++;
        }
      }
    }
  });

  // shows: P2
  it("needs its charge for assets that move apart: without it a hedged book would break it", () => {
    // Long 1 and short 1 of two assets at 100; the scenario is both up 100 %, in which the hedge loses nothing.
    const two = (a: bigint, b: bigint) => [a, b];
    const market: Market = {
      pnlFactor: 10_000n,
      shockCap: 10_000n,
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
    // PnL of 50: at −10 % and +10 % P falls by 20, and the scenario then loses 20 more.
    const book = { spot: two(0n, 0n), perp: two(1n, -1n), basis: 50n };
    const theta = 10_000;
    assert.ok(claimHolds(book, market, { theta, healthy: true, envelope: 0 }));
    assert.ok(claimHolds(book, market, { theta, healthy: true, envelope: 1_000 }), "A = 30, R = 20");
    const tight = { ...book, basis: 40n };
    assert.ok(
      !claimHolds(tight, market, { theta, healthy: true, envelope: 1_000 }),
      "A = 20, R = 20: not above",
    );
    const apart = { ...market, low: two(90n, 110n), high: two(90n, 110n) };
    assert.ok(
      !claimHolds(tight, apart, { theta, healthy: true, envelope: 0 }),
      "and rightly so: the market can do it",
    );
    const uncharged = { ...market, shockCap: 0n };
    assert.ok(
      claimHolds(tight, uncharged, { theta, healthy: true, envelope: 1_000 }),
      "without the charge it would pass",
    );
  });

  // shows: P2
  it("makes a claim only harder as the envelope grows", () => {
    const random = new Random(SEED + 1);
    for (let i = 0; i < 400; i++)
      for (const { book, market, theta } of thresholdCases(random, tier)) {
        const small = random.integer(0, 10_000);
        const large = random.integer(small, 10_000);
        if (claimHolds(book, market, { theta, healthy: true, envelope: large }))
          assert.ok(claimHolds(book, market, { theta, healthy: true, envelope: small }));
      }
  });
});
