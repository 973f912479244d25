import assert from "node:assert/strict";
import { assess, claimHolds, exceeds, largestShocks, SCALE } from "../../src/protocol/statement.js";
import type { Book, Market, SleeveNumbers } from "../../src/protocol/types.js";
import { healthFactor } from "../../src/protocol/whatIf.js";

/** A book and market small enough to work out by hand; units are attodollars and quanta. */
const book: Book = { spot: [10n, -4n], perp: [-6n, 2n], basis: 900n };
const market: Market = {
  pnlFactor: 9_000n,
  low: [100n, 50n],
  high: [110n, 60n],
  funding: [3n, -5n],
  collateralFactor: [8_000n, 7_000n],
  debtFactor: [10_000n, 11_000n],
  perpMargin: [500n, 1_000n],
  liquidity: [200n, 300n],
  impact: [10_000_000n, 20_000_000n],
  shock: [
    [-1_000n, -2_000n],
    [2_000n, -1_000n],
    [-3_000n, 4_000n],
  ],
};

describe("assess", () => {
  it("equals a calculation by hand, priced against the account", () => {
    const got = assess(book, market, { healthy: true, envelope: 0 });
    // P: short 6 at 110, long 2 at 50, funding −(−6·3) − (2·−5) = +28, basis 900.
    assert.equal(got.unrealizedPnl, (-660n + 100n + 28n + 900n) * SCALE);
    // A: 10·100·0.8 = 800, and 0.9 of the gain of 368.
    assert.equal(got.collateral, 800n * SCALE + (368n * SCALE * 9n) / 10n);
    // D: 4·60·1.1 = 264.
    assert.equal(got.debt, 264n * SCALE);
    // N: perps 6·110·5 % + 2·60·10 % = 45; liquidity |4|·110·2 % + |−2|·60·3 % = 12.4; impact 16·0.1 + 4·0.2 = 2.4;
    // the spread 4·10·30 % + 2·10·40 % = 20, each asset at its largest shock.
    assert.equal(got.addOns, (45n * 10n + 124n + 24n + 200n) * (SCALE / 10n));
    // Exposure at high: +440 and −120. Scenarios lose 44 − 24 = 20, −88 − 12 = −100, 132 + 48 = 180.
    assert.deepEqual(
      got.scenarioLosses,
      [20n, -100n, 180n].map((loss) => loss * SCALE),
    );
    assert.equal(got.scenarioLoss, 180n * SCALE);
    assert.equal(got.worstScenario, 2);
    assert.equal(got.requirement, got.debt + got.addOns + got.scenarioLoss);
    // HF = 1131.2 / 523.8 = 2.15960…
    assert.equal(healthFactor(got), 21_596n);
    assert.ok(exceeds(got, 21_596) && !exceeds(got, 21_597));
  });

  it("prices in the account's favour in a claim of ill health", () => {
    const got = assess(book, market, { healthy: false, envelope: 0 });
    assert.equal(got.unrealizedPnl, (-600n + 120n + 28n + 900n) * SCALE);
    assert.equal(got.collateral, 880n * SCALE + (448n * SCALE * 9n) / 10n);
    assert.equal(got.debt, 220n * SCALE);
    assert.deepEqual(
      got.assets.map(({ spreadCharge }) => spreadCharge),
      [-12n * SCALE, -8n * SCALE],
    );
  });

  it("scales prices by the envelope, and charges for assets that move apart", () => {
    const got = assess(book, market, { healthy: true, envelope: 1_000 });
    assert.equal(got.collateral, 720n * SCALE + (((-726n + 90n + 28n + 900n) * SCALE) / 10n) * 9n);
    assert.equal(got.debt, (2904n * SCALE) / 10n);
    assert.equal(got.scenarioLoss, 180n * SCALE, "the scenario loss itself is not scaled");
    // (440·10 % + 4·10)·30 % and (120·10 % + 2·10)·40 %
    assert.deepEqual(
      got.assets.map(({ spreadCharge }) => spreadCharge),
      [(252n * SCALE) / 10n, (128n * SCALE) / 10n],
    );
  });

  describe("of a sleeve", () => {
    const cents = (amount: bigint) => amount * 10n ** 16n * SCALE;
    /** Gains of the first three scenarios, as many as the market has. */
    const sleeve = (
      value: bigint,
      gains: readonly bigint[],
      charge: bigint,
      slack: bigint,
    ): SleeveNumbers => ({
      value,
      gains: Array.from({ length: 16 }, (_, s) => gains[s] ?? 0n),
      charge,
      slack,
      detail: 9n,
    });
    const sleeved = (numbers: SleeveNumbers): Book => ({ ...book, sleeve: numbers });
    const numbers = sleeve(7n, [-30n, 50n, 20n], 4n, 3n);

    it("adds its value to P, its charge to N and each gain to its own scenario, in cents", () => {
      const plain = assess(book, market, { healthy: true, envelope: 0 });
      const got = assess(sleeved(numbers), market, { healthy: true, envelope: 0 });
      assert.equal(got.unrealizedPnl, plain.unrealizedPnl + cents(7n));
      assert.equal(got.collateral, plain.collateral + (cents(7n) * 9n) / 10n);
      assert.equal(got.addOns, plain.addOns + cents(4n));
      assert.deepEqual(
        got.scenarioLosses,
        [-30n, 50n, 20n].map((gain, s) => (plain.scenarioLosses[s] ?? 0n) - cents(gain)),
      );
      // 30 cents are more than all attodollars of the rest: the first scenario is the worst.
      assert.equal(got.worstScenario, 0);
      assert.equal(got.scenarioLoss, 20n * SCALE + cents(30n));
      assert.deepEqual(got.sleeve, {
        pnl: cents(7n),
        charge: cents(4n),
        scenarioGains: [cents(-30n), cents(50n), cents(20n)],
        scenarioLoss: cents(30n),
      });
      const assets = got.assets.reduce((sum, asset) => sum + asset.scenarioLoss, 0n);
      assert.equal(assets + got.sleeve.scenarioLoss, got.scenarioLoss);
    });

    it("takes each number by the slack in the account's favour in a claim of ill health, and in none of health", () => {
      const plain = assess(book, market, { healthy: false, envelope: 0 });
      const got = assess(sleeved(numbers), market, { healthy: false, envelope: 0 });
      assert.equal(got.unrealizedPnl, plain.unrealizedPnl + cents(10n));
      assert.equal(got.addOns, plain.addOns + cents(1n));
      assert.deepEqual(got.sleeve.scenarioGains, [cents(-27n), cents(53n), cents(23n)]);
      const [tight, loose] = [sleeve(7n, [-30n], 4n, 0n), sleeve(7n, [-30n], 4n, 1n << 39n)];
      assert.deepEqual(
        assess(sleeved(loose), market, { healthy: true, envelope: 100 }),
        assess(sleeved(tight), market, { healthy: true, envelope: 100 }),
      );
    });

    it("counts a slack beyond the charge as a charge below zero", () => {
      const got = assess(sleeved(sleeve(0n, [], 4n, 6n)), market, { healthy: false, envelope: 0 });
      assert.equal(got.sleeve.charge, cents(-2n));
    });

    it("lets an envelope move neither its value nor its gains: they hold throughout", () => {
      const [at, wide] = [0, 2_000].map((envelope) =>
        assess(sleeved(numbers), market, { healthy: true, envelope }),
      );
      assert.deepEqual(at?.sleeve, wide?.sleeve);
    });

    it("is zero throughout where there is none", () => {
      const got = assess(book, market, { healthy: false, envelope: 0 });
      assert.deepEqual(got.sleeve, { pnl: 0n, charge: 0n, scenarioGains: [0n, 0n, 0n], scenarioLoss: 0n });
      assert.deepEqual(
        { ...assess(sleeved(sleeve(0n, [], 0n, 0n)), market, { healthy: true, envelope: 0 }) },
        assess(book, market, { healthy: true, envelope: 0 }),
      );
    });

    // shows: P1
    it("makes every claim false that does not say so, of either verdict", () => {
      for (const healthy of [true, false]) {
        const claim = { healthy, envelope: 0, theta: healthy ? 1 : 65_535 };
        const held = sleeved(sleeve(healthy ? 99n : -99_999n, [], 0n, 0n));
        assert.ok(claimHolds(held, market, { ...claim, sleeve: true }));
        assert.ok(!claimHolds(held, market, claim));
        assert.ok(!claimHolds(held, market, { ...claim, sleeve: false }));
        assert.equal(claimHolds(book, market, { ...claim, sleeve: true }), claimHolds(book, market, claim));
      }
    });
  });

  describe("with a support", () => {
    const cents = (amount: bigint) => amount * 10n ** 16n * SCALE;
    const nothing: Book = { spot: [0n, 0n], perp: [0n, 0n], basis: 0n };

    it("adds it to A, or to D if it is taken, in full", () => {
      for (const healthy of [true, false]) {
        const leaning = { healthy, envelope: 0 };
        const plain = assess(book, market, leaning);
        const [added, taken] = [5n, -5n].map((support) => assess(book, market, { ...leaning, support }));
        assert.equal(added?.collateral, plain.collateral + cents(5n));
        assert.equal(added?.requirement, plain.requirement);
        assert.equal(taken?.collateral, plain.collateral);
        assert.equal(taken?.debt, plain.debt + cents(5n));
        assert.equal(taken?.requirement, plain.requirement + cents(5n));
        assert.deepEqual([added?.support, taken?.support], [cents(5n), cents(-5n)]);
        assert.equal(added?.unrealizedPnl, plain.unrealizedPnl, "it is no profit, and has no haircut");
      }
    });

    it("is worth nothing more and nothing less than dollars held beside an empty book", () => {
      const holds = (support: bigint, healthy: boolean) =>
        claimHolds(nothing, market, { healthy, envelope: 0, theta: 1, support });
      assert.deepEqual([holds(0n, true), holds(1n, true), holds(-1n, true)], [false, true, false]);
      assert.deepEqual([holds(0n, false), holds(1n, false), holds(-1n, false)], [true, false, true]);
    });
  });

  it("has no worst scenario where none loses", () => {
    const got = assess(
      { spot: [1n, 1n], perp: [0n, 0n], basis: 0n },
      { ...market, shock: [[1n, 1n]] },
      { healthy: true, envelope: 0 },
    );
    assert.equal(got.worstScenario, null);
    assert.equal(got.scenarioLoss, 0n);
    assert.deepEqual(
      got.assets.map(({ scenarioLoss }) => scenarioLoss),
      [0n, 0n],
    );
  });

  it("counts a loss of the perpetuals as debt, without a haircut", () => {
    const got = assess({ ...book, basis: 0n }, market, { healthy: true, envelope: 0 });
    assert.equal(got.unrealizedPnl, -532n * SCALE);
    assert.equal(got.collateral, 800n * SCALE);
    assert.equal(got.debt, (264n + 532n) * SCALE);
  });

  it("splits every total into its assets", () => {
    const got = assess(book, market, { healthy: true, envelope: 77 });
    const sum = (part: keyof (typeof got.assets)[number]) => got.assets.reduce((s, a) => s + a[part], 0n);
    assert.equal(sum("pnl") + book.basis * SCALE, got.unrealizedPnl);
    assert.equal(sum("collateral") + (got.unrealizedPnl * market.pnlFactor) / 10_000n, got.collateral);
    assert.equal(sum("debt"), got.debt);
    assert.equal(sum("perpMargin") + sum("liquidity") + sum("impact") + sum("spreadCharge"), got.addOns);
    assert.equal(sum("scenarioLoss"), got.scenarioLoss);
  });

  it("takes health for strictly more, and ill health for the rest", () => {
    assert.ok(
      !exceeds({ collateral: 3n, requirement: 3n }, 10_000) &&
        exceeds({ collateral: 30_001n, requirement: 30_000n }, 10_000),
    );
    assert.ok(!exceeds({ collateral: 0n, requirement: 0n }, 1), "nothing is above no θ");
    const leaning = { healthy: true, envelope: 0 };
    assert.ok(claimHolds(book, market, { ...leaning, theta: 21_596 }));
    assert.ok(!claimHolds(book, market, { ...leaning, theta: 21_597 }));
    assert.ok(claimHolds(book, market, { healthy: false, envelope: 0, theta: 65_535 }));
    assert.ok(!claimHolds(book, market, { healthy: false, envelope: 0, theta: 1 }));
  });

  it("counts a single quantum", () => {
    const one: Book = { spot: [1n, -1n], perp: [-1n, 1n], basis: 0n };
    const got = assess(one, { ...market, funding: [0n, 0n] }, { healthy: true, envelope: 0 });
    assert.equal(got.collateral, 80n * SCALE);
    // 60·1.1 of debt, and a loss of −110 + 50.
    assert.equal(got.debt, 66n * SCALE + 60n * SCALE);
    // 110·5 % + 60·10 %; spot and perpetual net to nothing.
    assert.equal(got.addOns, (115n * SCALE) / 10n);
  });

  it("caps each asset's spread at its own largest shock, of either sign, and at none without scenarios", () => {
    assert.deepEqual(largestShocks(market), [3_000n, 4_000n]);
    const rows = [
      [-1n, 0n],
      [0n, -7n],
      [1n, 3n],
    ];
    assert.deepEqual(largestShocks({ ...market, shock: rows }), [1n, 7n]);
    assert.deepEqual(largestShocks({ ...market, shock: [] }), [0n, 0n]);
  });

  it("refuses a book and a market of different lengths", () => {
    assert.throws(
      () =>
        assess({ spot: [1n, 1n, 1n], perp: [0n, 0n, 0n], basis: 0n }, market, { healthy: true, envelope: 0 }),
      RangeError,
    );
  });
});
