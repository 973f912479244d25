import assert from "node:assert/strict";
import { benchSleeve, fullSleeve } from "../../scripts/bench/sleeve.js";
import { benchStatement } from "../../scripts/bench/statement.js";
import { denseMarket } from "../../src/market/file.js";
import { claimHolds } from "../../src/protocol/statement.js";
import { DEFAULT_TIER, findTier, TIERS } from "../../src/protocol/tiers.js";

/** Milliseconds of processor time that arrays may take of a warm process, and how often they are made before and in the measurement. */
const MOST = 250;
const [WARM, TIMES] = [4, 5];

describe("what npm run bench times", () => {
  for (const tier of TIERS)
    it(`is at ${tier.name} a healthy book whose sleeve has no number at 0`, () => {
      const { opening, market, theta, envelope = 0 } = benchStatement(tier, fullSleeve);
      const { sleeve } = opening.book;
      assert.ok(sleeve);
      const { value, gains, charge, slack, detail } = sleeve;
      assert.equal(gains.length, 16);
      for (const number of [value, ...gains, charge, slack, detail]) assert.notEqual(number, 0n);
      const claim = { theta, envelope, healthy: true, isolated: false, sleeve: true };
      assert.ok(claimHolds(opening.book, denseMarket(market, tier), claim));
    });

  it(`makes arrays of 500 options, 16 scenarios and 3 volatilities in ${MOST} ms of processor time, warm`, () => {
    const tier = findTier(DEFAULT_TIER);
    assert.ok(tier);
    const make = benchSleeve(benchStatement(tier));
    for (let i = 0; i < WARM; i++) make();
    const times = Array.from({ length: TIMES }, () => {
      const before = process.cpuUsage();
      assert.equal(make().gains.length, 16);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    const least = Math.min(...times);
    assert.ok(least <= MOST, `${least} ms`);
  });
});
