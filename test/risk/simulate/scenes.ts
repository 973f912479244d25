import { knotsOf } from "../../../src/risk/simulate/prices.js";
import type { Simulation } from "../../../src/risk/simulate/runs.js";
import { parseScenario } from "../../../src/risk/simulate/scenario.js";

/** A scenario file's text: a few borrowers against ether that falls, with parts replaced. */
export function scenarioText(change: Record<string, unknown> = {}): string {
  return JSON.stringify({
    format: "zkmargin/simulation@1",
    name: "a small fall",
    description: "For tests.",
    minutes: 600,
    assets: [
      { symbol: "USDC" },
      {
        symbol: "ETH",
        price: "2000",
        collateralFactor: "80%",
        market: { volume: 50_000_000, volatility: "6%", halfLife: 30, stressed: "30%" },
      },
    ],
    path: {
      kind: "jump",
      at: 30,
      over: 60,
      moves: { ETH: "-45%" },
      recovers: "30%",
      within: 200,
      volatility: "8%",
    },
    accounts: [
      {
        type: "borrower",
        count: 40,
        assets: { ETH: "100%" },
        size: ["1000", "50000", "500000"],
        health: ["1.05", "1.3", "2"],
        owners: { answer: "20%", after: 30, health: "1.3" },
      },
    ],
    bidders: { count: 4, capital: 300_000, participation: "70%", discount: "2%", resale: 20 },
    venue: { engine: "attester", fund: 20_000, confidence: "0.1%" },
    ...change,
  });
}

/** The same, ready to run. */
export function scene(change: Record<string, unknown> = {}): Simulation {
  const file = parseScenario(scenarioText(change));
  return { file, knots: knotsOf(file, null), own: [] };
}

/** Longs and shorts of perpetuals, for a venue with a small fund. */
export const PERPETUALS = {
  assets: [
    { symbol: "USDC" },
    {
      symbol: "ETH",
      price: "2000",
      perpMargin: "3%",
      market: { volume: 20_000_000, volatility: "6%", halfLife: 30, stressed: "30%" },
    },
  ],
  accounts: [
    { type: "long", count: 30, assets: { ETH: "100%" }, size: ["10000", "500000"], leverage: ["3", "20"] },
    { type: "short", count: 20, assets: { ETH: "100%" }, size: ["10000", "700000"], leverage: ["2", "5"] },
  ],
  venue: { engine: "adl", fund: 10_000, pace: "100%" },
};
