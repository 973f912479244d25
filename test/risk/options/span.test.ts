import assert from "node:assert/strict";
import { greeks } from "../../../src/risk/options/black76.js";
import {
  COMPOSITE_WEIGHTS,
  spanCompositeDelta,
  spanFutureArray,
  spanRequirement,
  spanRiskArray,
  spanScenarios,
} from "../../../src/risk/options/span.js";

// L. G. McMillan, Options as a Strategic Investment, pages 668 to 670: a price scan range of 10 000 dollars.
const FUTURE = [
  0, 0, 3330, 3330, -3330, -3330, 6670, 6670, -6670, -6670, 10_000, 10_000, -10_000, -10_000, 7000, -7000,
];
const CALL = [
  460, -610, 2640, 1730, -1270, -2340, 5210, 4540, -2540, -3430, 8060, 7640, -3380, -3990, 3130, -1500,
];
const COVERED_WRITE = [
  -460, 610, 690, 1600, -2060, -990, 1460, 2130, -4130, -3240, 1940, 2360, -6620, -6010, 3870, -5500,
];
const PARAMETERS = { priceScan: 0.1, volatilityScan: 0.05, extremeMultiple: 2, extremeShare: 0.35 };

describe("SPAN", () => {
  it("has McMillan's array for a future", () => {
    const array = spanFutureArray(1, 100_000, PARAMETERS);
    array.forEach((gain, s) =>
      assert.ok(Math.abs(gain - (FUTURE[s] ?? 0)) <= 4, `scenario ${s + 1}: ${gain}`),
    );
  });

  it("requires the largest loss of McMillan's call, in scenario 14", () => {
    assert.deepEqual(spanRequirement([CALL]), { scanRisk: 3990, activeScenario: 14, requirement: 3990 });
  });

  it("nets a covered write scenario by scenario, as McMillan does", () => {
    const write = FUTURE.map((gain, s) => gain - (CALL[s] ?? 0));
    assert.deepEqual(write, COVERED_WRITE);
    const netted = spanRequirement([FUTURE, CALL.map((gain) => -gain)]);
    assert.deepEqual(netted, { scanRisk: 6620, activeScenario: 13, requirement: 6620 });
  });

  it("requires the minimum of the options sold where that is more", () => {
    assert.equal(spanRequirement([[1, -2]], 5).requirement, 5);
    assert.deepEqual(spanRequirement([[1, 2]]), { scanRisk: 0, activeScenario: 0, requirement: 0 });
  });

  it("has multiple and share of the extreme scenarios as parameters", () => {
    const scenarios = spanScenarios({ ...PARAMETERS, extremeMultiple: 3, extremeShare: 0.33 });
    assert.equal(scenarios.length, 16);
    assert.deepEqual(scenarios.slice(-2), [
      [3, 0, 0.33],
      [-3, 0, 0.33],
    ]);
  });

  it("loses most of a short straddle in the largest moves with volatility up", () => {
    const book = {
      secondsToExpiry: 30 * 86_400,
      forward: 100_000,
      rate: 0,
      options: [true, false].map((call) => ({ strike: 100_000, call, volatility: 0.6, amount: -1 })),
    };
    const { activeScenario, scanRisk } = spanRequirement([spanRiskArray(book, PARAMETERS)]);
    assert.ok([11, 13].includes(activeScenario), `scenario ${activeScenario}`);
    assert.ok(scanRisk > 0);
  });

  it("has a composite delta: the weighted mean of the deltas at its seven prices", () => {
    const option = { strike: 2_100, call: true, volatility: 0.6, amount: 3 };
    const book = { secondsToExpiry: 30 * 86_400, forward: 2_000, rate: 0.02, options: [option] };
    const years = 30 / 365;
    const discount = Math.exp(-0.02 * years);
    const delta = (forward: number) => greeks({ ...option, forward, years, discount }).delta;
    const expected =
      0.27 * delta(2_000) +
      0.217 * (delta(2_100) + delta(1_900)) +
      0.11 * (delta(2_200) + delta(1_800)) +
      0.037 * (delta(2_300) + delta(1_700));
    const composite = spanCompositeDelta(book, { priceScan: 0.15 });
    assert.ok(Math.abs(composite - (3 * expected) / 0.998) < 1e-9, String(composite));
    assert.equal(COMPOSITE_WEIGHTS.length, 4);
    // Only the present price counts if no other has a weight.
    assert.ok(Math.abs(spanCompositeDelta(book, { priceScan: 0.15 }, [1]) - 3 * delta(2_000)) < 1e-9);
    // A book and its opposite have none.
    const flat = { ...book, options: [option, { ...option, amount: -3 }] };
    assert.equal(spanCompositeDelta(flat, { priceScan: 0.15 }), 0);
  });
});
