import type { SleeveArrays } from "../../src/book/sleeveFile.js";
import type { MarketFile } from "../../src/market/file.js";
import { parseInstrument } from "../../src/risk/options/instrument.js";
import { type SleeveRequest, sleeveArrays } from "../../src/risk/options/sleeveArrays.js";
import { calibratedRule } from "../../src/risk/options/sleeveRules.js";
import type { Surface } from "../../src/risk/options/surface.js";
import type { benchStatement } from "./statement.js";

const DAYS = ["28MAY21", "25JUN21", "30JUL21", "24SEP21", "31DEC21"];
const OPTIONS = 500;
const HOURS = 4;

/** Arrays of 500 options in sixteen scenarios and three volatilities, over a band of 1 % and four hours. */
export function benchSleeve({ market }: ReturnType<typeof benchStatement>): () => SleeveArrays {
  const shocks = Array.from({ length: 16 }, (_, s) => Math.round((s - 7.5) * 500));
  const scenarios = shocks.map((shock, s) => ({
    name: `move ${s}`,
    shocks: Object.fromEntries(market.listing.map(({ symbol }) => [symbol, shock])),
  }));
  const request = requestOf({ ...market, profile: { ...market.profile, scenarios } });
  return () => sleeveArrays(request);
}

/** A sleeve for {@link benchStatement} that leaves no number of a proof at 0: the same options, in the market's own scenarios. */
export function fullSleeve(market: MarketFile): SleeveArrays {
  return sleeveArrays(requestOf(market));
}

function requestOf(market: MarketFile): SleeveRequest {
  const slot = market.listing.findIndex(({ symbol }) => symbol === "BTC");
  const decimals = market.listing[slot]?.decimals ?? 0;
  const spot = Number(market.prices[slot]?.low ?? 0n) / 10 ** (18 - decimals);
  const time = Date.UTC(2021, 4, 20) / 1000;
  const expiries = DAYS.map((day, i) => ({
    expiry: parseInstrument(`BTC-${day}`).expiry,
    forward: spot * (1 + 0.002 * i),
    rate: 0,
    smile: {
      points: [0.5, 0.8, 1, 1.25, 2].map((m) => ({
        strike: spot * m,
        volatility: 0.9 + Math.abs(m - 1) / 4,
      })),
    },
  }));
  const surface: Surface = { time, underlyings: new Map([["BTC", { spot, expiries }]]) };
  const positions = Array.from({ length: OPTIONS }, (_, i) => {
    const strike = Math.round((spot * (0.6 + (0.8 * i) / OPTIONS)) / 10) * 10;
    const name = `BTC-${DAYS[i % DAYS.length]}-${strike}-${i % 2 === 0 ? "C" : "P"}`;
    return { instrument: parseInstrument(name), amount: i % 3 === 0 ? 2 : -1, entry: null };
  });
  return {
    sleeve: { positions, payoffs: [] },
    surface,
    market,
    rule: calibratedRule(),
    band: { price: 100, volatility: 0, smile: 0, basis: 0, fundingWeight: 10, until: time + HOURS * 3600 },
  };
}
