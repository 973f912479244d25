import type { OptionRegime, RegimeScenario } from "./optionMargin.js";

/** Every spot factor with volatility as it is, and moved either way. */
const grid = (spots: readonly number[]): RegimeScenario[] =>
  spots.flatMap((spot) =>
    (["down", "none", "up"] as const).map((volatility) => ({ spot, volatility, dampening: 1 })),
  );
/** Moves far beyond the grid, with volatility up: each counts by the grid's largest move over its own. */
const tails = (range: number, spots: readonly number[]): RegimeScenario[] =>
  spots.map((spot) => ({ spot, volatility: "up", dampening: range / Math.abs(spot - 1) }));

/** A regime whose rule has no scenarios of skew never reads these. */
const NO_SKEW: OptionRegime["skew"] = {
  linearCap: 0,
  linearSlope: 0,
  absoluteCap: 0,
  absoluteSlope: 0,
  leastWidth: 1,
  widthScale: 0,
  widthStatic: 0,
  widthPerRootYear: 0,
};

/** How all three venues scale moves of volatility by the time to expiry. */
const TERM = { shortTermPower: 0.3, longTermPower: 0.13, leastDays: 1 };
const UNDISCOUNTED = { base: 1, rateMultiple: 0, rateAddend: 0 };

/**
 * Derive's portfolio margin of 2025 for ETH, which the first published case states:
 * test/risk-managers/unit-tests/PMRM_2/portfolio_cases in github.com/derivexyz/v2-core, commit 7736900d.
 */
export const DERIVE_PMRM_2: OptionRegime = {
  scenarios: [
    { spot: 1.18, volatility: "up", dampening: 1 },
    ...grid([1.135, 1.09, 1.045, 1, 0.955, 0.91, 0.865]),
    { spot: 0.82, volatility: "up", dampening: 1 },
    ...tails(0.036, [0.34, 0.67, 1.5, 2, 3, 4]),
    { spot: 1, volatility: "linear", dampening: 1 },
    { spot: 1, volatility: "absolute", dampening: 1 },
  ],
  volatility: {
    rangeUp: 0.5,
    rangeDown: 0.275,
    leastShockedUp: 0.45,
    ...TERM,
  },
  skew: {
    linearCap: 0.15,
    linearSlope: -0.05,
    absoluteCap: 0.15,
    absoluteSlope: -0.05,
    leastWidth: 0.01,
    widthScale: 4,
    widthStatic: 0.6,
    widthPerRootYear: -0.1,
  },
  discounts: true,
  maintenanceFactor: 0.8,
  initialFactor: 1,
  short: { base: 1.04, rateMultiple: 0.5, rateAddend: 0.08 },
  long: { base: 0.95, rateMultiple: 1, rateAddend: 0.08 },
  basis: { spotUp: 1.045, spotDown: 0.955, addend: 0.5, multiple: 2 },
  pegThreshold: 0.98,
  pegFactor: 2,
  confidenceThreshold: 0.55,
  confidenceMargin: 1,
  maintenancePerp: 0.015,
  initialPerp: 0.005,
  maintenanceOption: 0.003,
  initialOption: 0.002,
};

/**
 * Derive's first portfolio margin: `PMRMLib` of the same repository, and PMRM/testAndVerifyScenarios.json. Its initial
 * factor multiplies the contingencies too, so three tenths of them are initial.
 */
export const DERIVE_PMRM_1: OptionRegime = {
  scenarios: grid([1.15, 1.1, 1.05, 1, 0.95, 0.9, 0.85]),
  volatility: {
    rangeUp: 0.45,
    rangeDown: 0.3,
    leastShockedUp: 0,
    ...TERM,
  },
  skew: NO_SKEW,
  discounts: false,
  maintenanceFactor: 1,
  initialFactor: 1.3,
  short: UNDISCOUNTED,
  long: { base: 0.95, rateMultiple: 4, rateAddend: 0.05 },
  basis: { spotUp: 1.05, spotDown: 0.95, addend: 0.25, multiple: 0.01 },
  pegThreshold: 0.98,
  pegFactor: 0.01,
  confidenceThreshold: 0.6,
  confidenceMargin: 0.5,
  maintenancePerp: 0.02,
  initialPerp: 0.3 * 0.02,
  maintenanceOption: 0.01,
  initialOption: 0.3 * 0.01,
};

/**
 * Deribit's portfolio margin for BTC, as support.deribit.com describes it: moves of ±16 % in nine steps, volatility
 * +50 % and −25 %, and the extended table. It is the maintenance margin; Deribit states no rule of the initial margin, so
 * that is the same here. Its contingencies for offsetting futures are not part of it.
 */
export const DERIBIT_PORTFOLIO_MARGIN: OptionRegime = {
  scenarios: [
    ...grid([1.16, 1.12, 1.08, 1.04, 1, 0.96, 0.92, 0.88, 0.84]),
    ...tails(0.16, [0.34, 0.67, 1.5, 2, 3, 4, 5, 6]),
  ],
  volatility: {
    rangeUp: 0.5,
    rangeDown: 0.25,
    leastShockedUp: 0.5,
    ...TERM,
  },
  skew: NO_SKEW,
  discounts: false,
  maintenanceFactor: 1,
  initialFactor: 1,
  short: UNDISCOUNTED,
  long: UNDISCOUNTED,
  basis: { spotUp: 1, spotDown: 1, addend: 0, multiple: 0 },
  pegThreshold: 0,
  pegFactor: 0,
  confidenceThreshold: 0,
  confidenceMargin: 0,
  maintenancePerp: 0,
  initialPerp: 0,
  maintenanceOption: 0.01,
  initialOption: 0,
};
