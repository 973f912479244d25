import assert from "node:assert/strict";
import { parseProfile, serialiseProfile } from "../../src/market/profile.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { checkProfile, leastDebtFactor, type RiskProfile } from "../../src/protocol/profile.js";
import { TIERS } from "../../src/protocol/tiers.js";
import { CALIBRATED } from "../../src/risk/generated/calibrated.js";
import { addOns, DEPTHS, finiteAddOns, IMPACT_AT_DEPTH } from "../../src/risk/impact.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { findPreset, PRESETS } from "../../src/risk/presets.js";

const preset = (name: string): RiskProfile => findPreset(name) ?? assert.fail(`no preset ${name}`);

describe("shipped profiles", () => {
  for (const profile of PRESETS) {
    it(`${profile.name} is valid, fits every tier and survives its file form`, () => {
      checkProfile(profile, DEFAULT_LISTING);
      assert.deepEqual(parseProfile(serialiseProfile(profile), DEFAULT_LISTING), profile);
      for (const tier of TIERS) assert.ok(profile.scenarios.length <= tier.scenarios);
      assert.equal(findPreset(profile.name), profile);
    });

    it(`${profile.name} charges for debt at least its interest; in dollars no more, but for a rise that no scenario has`, () => {
      const least = Number(leastDebtFactor(profile));
      const [usdc] = profile.assets;
      for (const { debtFactor } of profile.assets) assert.ok(debtFactor >= least);
      const rise = profile === PORTFOLIO_MARGIN ? 100 : 0;
      if (profile !== CALIBRATED) assert.equal(usdc?.debtFactor, least + rise);
    });
  }

  it("are the regimes", () => {
    assert.deepEqual(
      PRESETS.map(({ name }) => name),
      ["collateralised-debt", "rate-perps", "portfolio-margin", "pmrm", "calibrated"],
    );
    assert.equal(findPreset("none"), undefined);
  });

  it("collateralised-debt has Aave v2's liquidation thresholds of mid-2021 and nothing else", () => {
    // docs.aave.com/risk/asset-risk/risk-parameters: USDC 85 %, WBTC 75 %, ETH 82.5 %, LINK 75 %, UNI 65 %, AAVE 65 %.
    const thresholds: Record<string, number> = {
      USDC: 8500,
      BTC: 7500,
      ETH: 8250,
      LINK: 7500,
      UNI: 6500,
      AAVE: 6500,
    };
    for (const asset of preset("collateralised-debt").assets) {
      assert.equal(asset.collateralFactor, thresholds[asset.asset] ?? 0, asset.asset);
      assert.deepEqual([asset.perpMargin, asset.liquidity, asset.impact], [0, 0, 0n]);
      // 100 % a year for a day is 27.4 bps.
      assert.equal(asset.debtFactor, 10_028);
    }
  });

  it("rate-perps takes USDC alone as collateral and margins perpetuals at dYdX's fractions", () => {
    for (const asset of preset("rate-perps").assets) {
      assert.equal(asset.collateralFactor, asset.asset === "USDC" ? 10_000 : 0);
      if (asset.asset === "BTC" || asset.asset === "ETH") assert.equal(asset.perpMargin, 300);
      else assert.ok(asset.perpMargin === 500 || asset.perpMargin === 1000);
    }
  });
});

describe("pmrm", () => {
  it("margins each currency by Derive's largest spot move and contingencies", () => {
    // derivexyz/v2-core, scripts/config-mainnet.sol, commit f469730: spot shocks of 0.80 and 1.20 at most; perpPercent
    // and basePercent 0.03.
    const [usdc, ...coins] = preset("pmrm").assets;
    assert.deepEqual([usdc?.collateralFactor, usdc?.liquidity], [10_000, 0]);
    for (const coin of coins)
      assert.deepEqual(
        [coin.collateralFactor, coin.perpMargin, coin.liquidity],
        [9700, 300, 2000],
        coin.asset,
      );
  });
});

describe("portfolio-margin scenarios", () => {
  it("are sixteen, each with a loss for somebody holding something", () => {
    assert.equal(PORTFOLIO_MARGIN.scenarios.length, 16);
    for (const { shocks } of PORTFOLIO_MARGIN.scenarios)
      assert.ok(Object.values(shocks).some((shock) => shock !== 0));
  });

  it("hold no copy of another at another size, which would never bind", () => {
    for (const [i, a] of PORTFOLIO_MARGIN.scenarios.entries()) {
      for (const b of PORTFOLIO_MARGIN.scenarios.slice(i + 1)) {
        const proportional = DEFAULT_LISTING.every(({ symbol: x }) =>
          DEFAULT_LISTING.every(
            ({ symbol: y }) =>
              (a.shocks[x] ?? 0) * (b.shocks[y] ?? 0) === (a.shocks[y] ?? 0) * (b.shocks[x] ?? 0),
          ),
        );
        const opposed = (a.shocks.BTC ?? 0) * (b.shocks.BTC ?? 0) < 0;
        assert.ok(!proportional || opposed, `${a.name} and ${b.name}`);
      }
    }
  });

  it("move every coin both ways", () => {
    for (const { symbol } of DEFAULT_LISTING.slice(1)) {
      const shocks = PORTFOLIO_MARGIN.scenarios.map((scenario) => scenario.shocks[symbol] ?? 0);
      assert.ok(Math.min(...shocks) < 0 && Math.max(...shocks) > 0, symbol);
    }
  });
});

describe("add-ons", () => {
  it("follow the default listing", () => {
    assert.deepEqual(
      DEPTHS.map(({ asset }) => asset),
      DEFAULT_LISTING.map(({ symbol }) => symbol),
    );
  });

  it("charge 500 bps of an exposure as large as the depth", () => {
    // BTC: 500 · (5.775·10^14)² / (4·10^26) = 416 882.8125 bps, in 10^-4 of them.
    const btc = DEPTHS[1] ?? assert.fail();
    assert.deepEqual(addOns(btc), { liquidity: 50, impact: 4_168_828_125n });
    for (const depth of DEPTHS) {
      const { liquidity, impact } = addOns(depth);
      assert.equal(liquidity, depth.spread);
      const decimals = DEFAULT_LISTING.find(({ symbol }) => symbol === depth.asset)?.decimals ?? 0;
      const dollars = BigInt(depth.millions) * 10n ** 24n;
      const quanta = (dollars * 10n ** BigInt(decimals)) / depth.price;
      const charge = (impact * quanta * quanta) / dollars / 10_000n;
      assert.ok(
        charge >= IMPACT_AT_DEPTH - 1n && charge <= (IMPACT_AT_DEPTH * 6n) / 5n,
        `${depth.asset}: ${charge}`,
      );
    }
  });

  it("know no coefficient where a quantum is worth too little, and charge the rate instead", () => {
    // DOGE at a third of a cent: 500·10^4 · (3.3·10^15)² / (6·10^25 · 10^16) = 9·10^-5 of a unit.
    const doge = { asset: "DOGE", millions: 60, spread: 150, price: 3_300_000_000_000_000n };
    assert.deepEqual(finiteAddOns(doge, 8), { liquidity: 650, impact: 0n });
    assert.deepEqual(addOns(doge, 8), { liquidity: 150, impact: 1n });
    for (const depth of DEPTHS) {
      const decimals = DEFAULT_LISTING.find(({ symbol }) => symbol === depth.asset)?.decimals ?? 0;
      assert.deepEqual(finiteAddOns(depth, decimals), addOns(depth), depth.asset);
    }
  });
});
