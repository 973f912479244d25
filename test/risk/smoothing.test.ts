import assert from "node:assert/strict";
import { UnknownAssetError } from "../../src/errors.js";
import { parseDepths } from "../../src/market/assetTables.js";
import { calibrate } from "../../src/risk/calibration/calibrate.js";
import { marginalOf, settleVolatility, stressTails } from "../../src/risk/calibration/marginals.js";
import {
  type CalibrationOptions,
  closeOutDays,
  DEFAULT_CALIBRATION,
} from "../../src/risk/calibration/options.js";
import { daysToLiquidate, impactAtDepth } from "../../src/risk/impact.js";
import { noiseEdge } from "../../src/risk/statistics/matrices.js";
import { searchEdge } from "../../src/risk/statistics/volatility.js";
import { assertFails } from "../support/failure.js";
import { COINS, walk } from "./walks.js";

const OPTIONS: CalibrationOptions = {
  ...DEFAULT_CALIBRATION,
  name: "test",
  listing: COINS,
  prices: walk({ rows: 301 }),
};
const calibrated = (over: Partial<CalibrationOptions>) => calibrate({ ...OPTIONS, ...over }).profile;
const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

describe("tools against procyclicality", () => {
  const base = marginalOf(
    "A",
    Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 0.01 : -0.01)),
    {
      halfLife: 11,
      horizon: 1,
    },
  );
  const at = (volatility: number, longRun: number) => ({ ...base, volatility, longRun, raised: 1 });
  const off = { floor: 0, buffer: 0, stressWeight: 0 };

  it("floor volatility at a share of that of the whole history", () => {
    near(settleVolatility(at(0.02, 0.04), { ...off, floor: 10_000 }).volatility, 0.04);
    near(settleVolatility(at(0.02, 0.04), { ...off, floor: 7_500 }).volatility, 0.03);
    near(settleVolatility(at(0.02, 0.04), off).volatility, 0.02);
    near(settleVolatility(at(0.05, 0.04), { ...off, floor: 10_000 }).volatility, 0.05);
  });

  it("hold a buffer in a calm, and use it up before margins rise", () => {
    const buffered = (volatility: number) =>
      settleVolatility(at(volatility, 0.04), { ...off, buffer: 2_500 }).volatility;
    near(buffered(0.02), 0.025);
    near(buffered(0.04), 0.05);
    near(buffered(0.05), 0.05);
    near(buffered(0.06), 0.06);
  });

  it("weigh the worst days at full size, and make no storm milder", () => {
    const tails = { down: 3, up: 3, downBeyond: 4.5, upBeyond: 4.5 };
    const marginal = { ...at(0.02, 0.02), worstDown: 0.4, worstUp: 0.01, raised: 1 };
    const stressed = stressTails(tails, marginal, { ...off, stressWeight: 2_500 });
    // ¾ · 3 · 2 % + ¼ · 40 % = 14.5 %, in volatilities of 2 %.
    near(stressed.down, 7.25);
    assert.deepEqual([stressed.up, stressed.downBeyond], [3, 4.5]);
  });

  it("take 1 % of the days, the worst, and at least one", () => {
    const returns = Array.from({ length: 250 }, (_, i) => (i < 4 ? Math.exp(-0.1 * (i + 1)) - 1 : 0.001));
    const { worstDown } = marginalOf("A", returns, { halfLife: 11, horizon: 4 });
    // Three of 250 days: 0.4, 0.3 and 0.2 in logarithms, over four days.
    near(worstDown, 0.3 * 2);
  });

  it("reach the profile", () => {
    const fall = (over: Partial<CalibrationOptions>) =>
      -(
        calibrated({ offsetLimit: 0, ...over }).scenarios.find(({ name }) => name === "crash")?.shocks.BTC ??
        0
      );
    const calm = walk({ rows: 301, size: (t) => (t < 60 ? 0.1 : 0.01) });
    assert.ok(fall({ prices: calm, stressWeight: 2_500 }) > fall({ prices: calm, stressWeight: 0 }));
    assert.ok(
      fall({ prices: calm, stressWeight: 0 }) > 2 * fall({ prices: calm, stressWeight: 0, floor: 0 }),
    );
    assert.ok(
      fall({ prices: calm, stressWeight: 0, buffer: 2_500 }) > fall({ prices: calm, stressWeight: 0 }),
    );
  });
});

describe("what a perpetual and its issuer may do", () => {
  it("charges gross perpetuals for basis and funding, at the stress weight", () => {
    const margin = (over: Partial<CalibrationOptions>) => calibrated(over).assets[1]?.perpMargin;
    // ¼ · (1000 + 90) = 272.5; a day more of funding at ¼ is 22.5 more.
    assert.equal(margin({}), 273);
    assert.equal(margin({ horizonDays: 2, liquidationDays: 2 }), 295);
    assert.equal(margin({ basis: 0, funding: 0 }), 100);
  });

  it("takes no own token as collateral, and leaves nothing of it in a crash", () => {
    const { assets, scenarios } = calibrated({ ownTokens: ["XRP"], offsetLimit: 0 });
    assert.equal(assets[3]?.collateralFactor, 0);
    assert.equal(scenarios.find(({ name }) => name === "crash")?.shocks.XRP, -10_000);
    assertFails(() => calibrated({ ownTokens: ["FTT"] }), UnknownAssetError, "ownTokens");
  });

  it("gives nobody a gain by a dollar token in a crash", () => {
    assert.equal(calibrated({}).scenarios.find(({ name }) => name === "crash")?.shocks.USDC, 0);
  });
});

describe("liquidation by volume", () => {
  it("takes longer where the depth is more than a tenth of the volume, by the root rule in the price", () => {
    const depth = { asset: "A", millions: 20, spread: 10, volume: 50 };
    assert.equal(daysToLiquidate(depth), 4);
    // 5 % · √(20/50) = 3.163 %, rounded up.
    assert.equal(impactAtDepth(depth, 0.05), 317n);
    assert.equal(impactAtDepth({ asset: "A", millions: 20, spread: 10 }, 0.05), 500n);
  });

  it("reads volumes from the depths, and lowers the collateral factor by them", () => {
    const rows = COINS.map(({ symbol }) => `${symbol},20,50,20`);
    const depths = parseDepths(`asset,millions,spread,volume\n${rows.join("\n")}\n`, COINS);
    assert.equal(depths[0]?.volume, 20);
    const without = depths.map(({ volume: _, ...depth }) => depth);
    const factor = (of: CalibrationOptions["depths"]) =>
      calibrated({ depths: of }).assets[1]?.collateralFactor ?? 0;
    assert.ok(factor(depths) < factor(without));
  });
});

describe("what a calibration says of itself", () => {
  it("names the asset that shortens the correlations, and the components within noise", () => {
    const prices = walk({ rows: 301 });
    const closes = prices.closes.map((row, t) => row.map((close, u) => (u === 3 && t < 200 ? null : close)));
    const { correlation, beyond } = calibrate({ ...OPTIONS, prices: { ...prices, closes } }).report;
    assert.deepEqual(correlation.shortest, { asset: "XRP", observationsWithout: 300 });
    assert.equal(correlation.observations, 100);
    assert.equal(
      correlation.aboveNoise,
      correlation.shares.filter((share) => 3 * share > correlation.noiseEdge).length,
    );
    assert.ok(beyond.down > 1 && beyond.up > 1);
  });

  it("has Marchenko and Pastur's edge", () => {
    // (1 + √(15/240))² = 1.5625, of what a first component of 7.5 leaves: half.
    near(noiseEdge(15, 240, 7.5), 0.78125);
  });

  it("tells a fit at the edge of its search", () => {
    const fit = (alpha: number, beta: number) => ({ alpha, beta, longRun: 1, logLikelihood: 0 });
    assert.equal(searchEdge(fit(0.1, 0.8)), null);
    assert.match(searchEdge(fit(0.05, 0.9449)) ?? "", /most, 0\.995/);
    assert.match(searchEdge(fit(0.4, 0.4)) ?? "", /most, 0\.5/);
    assert.equal(searchEdge(fit(0, 0)), null);
  });
});

describe("the close-out period", () => {
  it("is grace, call, auction and relief, in whole days", () => {
    const hours = (grace: number, call: number, auction: number, relief: number) => ({
      gracePeriod: grace * 3_600,
      callPeriod: call * 3_600,
      auctionPeriod: auction * 3_600,
      reliefPeriod: relief * 3_600,
    });
    // The periods of the default plan, which the default horizon has to last.
    assert.equal(closeOutDays(hours(4, 12, 1, 1)), DEFAULT_CALIBRATION.horizonDays);
    assert.equal(closeOutDays(hours(12, 24, 1, 1)), 2);
    assert.equal(closeOutDays(hours(0, 0, 0, 0)), 1);
  });
});
