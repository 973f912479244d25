import assert from "node:assert/strict";
import { OutOfRangeError } from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { denseRisk } from "../../src/protocol/profile.js";
import { assess } from "../../src/protocol/statement.js";
import { TIERS } from "../../src/protocol/tiers.js";
import { coverProfile, DEFAULT_COVER } from "../../src/risk/coverProfile.js";
import { marketAt } from "../../src/risk/margin.js";
import { HISTORY } from "../market/fixtures.js";

const MADE = coverProfile({
  ...DEFAULT_COVER,
  horizonDays: 1,
  name: "cover",
  listing: DEFAULT_LISTING,
  prices: HISTORY,
});
const slot = (symbol: string) => DEFAULT_LISTING.findIndex((asset) => asset.symbol === symbol);

describe("the stress profile of a default fund", () => {
  it("has sixteen scenarios, with Black Thursday at full size among them", () => {
    const { profile, scenarios } = MADE;
    assert.equal(profile.scenarios.length, 16);
    assert.equal(new Set(profile.scenarios.map(({ name }) => name)).size, 16);
    assert.equal(scenarios[2]?.name, "2020-03-12");
    assert.equal(scenarios[2]?.why, "lowest mean");
    const thursday = profile.scenarios[2]?.shocks ?? {};
    const charge = profile.assets[slot("BTC")]?.liquidity ?? 0;
    // φ left the scenario for a charge on net exposure: together they are the day's move or more.
    assert.ok(-(thursday.BTC ?? 0) + charge >= 3_717, `${thursday.BTC} ${charge}`);
  });

  it("counts no move twice: factors are 1, and nothing is charged for impact", () => {
    for (const { collateralFactor, debtFactor, impact, perpMargin } of MADE.profile.assets)
      assert.deepEqual([collateralFactor, debtFactor, impact, perpMargin], [10_000, 10_000, 0n, 1_090]);
    assert.equal(MADE.profile.pnlFactor, 10_000);
  });

  it("asks a book of one asset for what it lost on its worst day, long or short", () => {
    const risk = denseRisk(MADE.profile, TIERS[0]);
    const prices = DEFAULT_LISTING.map(() => 10n ** 18n);
    const none = prices.map(() => 0n);
    for (const symbol of ["BTC", "ETH", "XRP", "SOL"])
      for (const way of [1n, -1n]) {
        const perp = none.map((_, u) => (u === slot(symbol) ? way * 10_000n : 0n));
        const { scenarioLoss, addOns } = assess({ spot: none, perp, basis: 0n }, marketAt(risk, prices), {
          healthy: true,
          envelope: 0,
        });
        const column = HISTORY.assets.indexOf(symbol);
        const worst = HISTORY.days.slice(1).reduce((most, { closes }, t) => {
          const [from, to] = [HISTORY.days[t]?.closes[column] ?? null, closes[column] ?? null];
          if (from === null || to === null) return most;
          const loss = Number((-way * (to - from) * 10_000n) / from);
          return Math.max(most, Math.min(10_000, loss));
        }, 0);
        const asked = Number((scenarioLoss + addOns) / 10n ** 18n / 10n ** 8n);
        assert.ok(asked >= worst, `${symbol} ${way}: ${asked} of ${worst}`);
      }
  });

  it("leaves no book without stress that is flat in every scenario", () => {
    for (const { asset, liquidity } of MADE.profile.assets)
      if (asset !== "USDC") assert.ok(liquidity >= 300, `${asset}: ${liquidity}`);
  });

  it("measures moves over the horizon that a default takes", () => {
    const week = coverProfile({
      ...DEFAULT_COVER,
      horizonDays: 7,
      name: "week",
      listing: DEFAULT_LISTING,
      prices: HISTORY,
    });
    const fall = (made: typeof MADE) => made.profile.scenarios[0]?.shocks.ETH ?? 0;
    assert.ok(fall(week) < fall(MADE));
    assert.equal(week.profile.assets[0]?.perpMargin, 1_000 + 7 * 90);
  });

  it("is the same every time, and refuses options out of bounds", () => {
    const again = coverProfile({
      ...DEFAULT_COVER,
      horizonDays: 1,
      name: "cover",
      listing: DEFAULT_LISTING,
      prices: HISTORY,
    });
    assert.deepEqual(again, MADE);
    for (const bad of [{ horizonDays: 0 }, { offsetLimit: 10_001 }, { basis: -1 }, { funding: 0.5 }])
      assert.throws(
        () =>
          coverProfile({ ...DEFAULT_COVER, name: "x", listing: DEFAULT_LISTING, prices: HISTORY, ...bad }),
        OutOfRangeError,
      );
  });
});
