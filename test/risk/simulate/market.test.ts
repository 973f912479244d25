import assert from "node:assert/strict";
import { SimulatedMarket } from "../../../src/risk/simulate/market.js";
import { drawPath, knotsOf, Random } from "../../../src/risk/simulate/prices.js";
import { parseScenario } from "../../../src/risk/simulate/scenario.js";
import { scenarioText } from "./scenes.js";

const flat = (price: number, minutes = 200) => new Float64Array(minutes).fill(price);
const near = (got: number, expected: number, within = 1e-9) =>
  assert.ok(Math.abs(got - expected) <= within * Math.max(1, Math.abs(expected)), `${got}, not ${expected}`);

describe("the market that is sold on", () => {
  const ROOT = { volume: 100_000_000, volatility: 500, halfLife: 30, stressed: 5_000 };

  it("falls by the volatility times the root of the share of the volume, and half is back after the half-life", () => {
    const market = new SimulatedMarket([flat(1), flat(100)], [null, ROOT]);
    market.step(0);
    // 10 000 coins of 1 000 000 a day: √0.01 = 0.1, times 5 % is 0.5 %.
    const dollars = market.sell(1, 10_000);
    near(market.prices[1] ?? 0, 100 / 1.005);
    near(dollars, (10_000 * (100 + 100 / 1.005)) / 2);
    for (let minute = 1; minute <= 30; minute++) market.step(minute);
    near(market.prices[1] ?? 0, 100 / (1 + 0.05 * Math.sqrt(0.005)));
    market.sell(1, -5_000);
    near(market.prices[1] ?? 0, 100);
  });

  it("rises by as much where it is bought from, and a round trip gains nothing", () => {
    const market = new SimulatedMarket([flat(1), flat(100)], [null, ROOT]);
    market.step(0);
    const paid = -market.sell(1, -10_000);
    near(market.prices[1] ?? 0, 100 * 1.005);
    assert.ok(market.sell(1, 10_000) <= paid + 1e-6);
  });

  it("has half its depth left after a fall of 10 % within an hour, where so stated", () => {
    const path = flat(100);
    path.fill(90, 10);
    const market = new SimulatedMarket([flat(1), path], [null, ROOT]);
    for (let minute = 0; minute <= 10; minute++) market.step(minute);
    near(market.fallOf(1), 0.1);
    near(market.leastDepth, 0.5);
    market.sell(1, 10_000);
    near(market.prices[1] ?? 0, 90 / (1 + 0.05 * Math.sqrt(0.02)));
    for (let minute = 11; minute <= 71; minute++) market.step(minute);
    near(market.fallOf(1), 0);
  });

  it("keeps a pool's product, and a concentrated one's range", () => {
    const pool = { pool: 1_000_000, concentration: 1, fee: 0, arbitrage: 1_000, stressed: 10_000 };
    const market = new SimulatedMarket([flat(1), flat(100)], [null, pool]);
    market.step(0);
    // 10 000 coins and $1 000 000: 1 000 more coins leave 1e10 / 11 000.
    near(market.sell(1, 1_000), 1_000_000 - 1e10 / 11_000);
    near(market.prices[1] ?? 0, 1e10 / 11_000 / 11_000);
    const before = market.prices[1] ?? 0;
    market.step(1);
    near(market.prices[1] ?? 0, before + (100 - before) / 10, 1e-6);
    const narrow = new SimulatedMarket([flat(1), flat(100)], [null, { ...pool, concentration: 10 }]);
    narrow.step(0);
    // The range ends where √price has fallen by a tenth: then all real cash is gone.
    const most = narrow.mostSold(1, 0, 1e12);
    near(narrow.proceeds(1, most), 1_000_000, 1e-6);
  });

  it("finds the most that can be sold or bought at a price", () => {
    for (const model of [
      ROOT,
      { pool: 1_000_000, concentration: 5, fee: 30, arbitrage: 1_000, stressed: 10_000 },
    ]) {
      const market = new SimulatedMarket([flat(1), flat(100)], [null, model]);
      market.step(0);
      const most = market.mostSold(1, 99.6, 1e9);
      near(market.proceeds(1, most) / most, 99.6, 1e-6);
      const bought = market.mostBought(1, 100.4, 1e9);
      near(market.proceeds(1, -bought) / -bought, 100.4, 1e-6);
      assert.equal(market.mostSold(1, 200, 1e9), 0);
    }
  });
});

describe("a path of prices", () => {
  const drawn = (path: unknown, seed = 1, minutes = 1_440) => {
    const file = parseScenario(scenarioText({ path, minutes }));
    return drawPath(file, knotsOf(file, null), new Random(seed, 1))[1] ?? new Float64Array();
  };

  it("goes through its knots whatever the noise", () => {
    const points = [0, 600, 1_440].map((minute, i) => ({
      minute,
      prices: { ETH: ["2000", "1500", "1800"][i] },
    }));
    for (const volatility of ["0%", "20%"]) {
      const path = drawn({ kind: "knots", points, volatility });
      assert.deepEqual([path[0], path[600], path[1_440]], [2_000, 1_500, 1_800]);
      assert.equal(path[300] === 1_750, volatility === "0%");
    }
  });

  it("jumps as stated, and comes back in part", () => {
    const jump = { kind: "jump", at: 60, over: 30, moves: { ETH: "-40%" }, recovers: "50%", within: 100 };
    const path = drawn(jump);
    for (const [minute, price] of [
      [0, 2_000],
      [60, 2_000],
      [75, 1_600],
      [90, 1_200],
      [190, 1_600],
      [1_440, 1_600],
    ] as const)
      near(path[minute] ?? 0, price);
  });

  it("has the variance that GARCH is held to", () => {
    const garch = { kind: "garch", volatility: { ETH: "5%" }, correlation: "0%", alpha: "5%", beta: "90%" };
    let [sum, count] = [0, 0];
    for (let seed = 0; seed < 20; seed++) {
      const path = drawn(garch, seed);
      for (let t = 1; t < path.length; t++) {
        const move = (path[t] ?? 0) / (path[t - 1] ?? 1) - 1;
        sum += move * move;
        count++;
      }
    }
    const daily = Math.sqrt((sum / count) * 1_440);
    assert.ok(daily > 0.046 && daily < 0.054, `${daily}`);
  });

  it("draws normal numbers with mean 0, variance 1 and no third moment", () => {
    const random = new Random(5, 0);
    let [mean, square, cube] = [0, 0, 0];
    const n = 50_000;
    for (let i = 0; i < n; i++) {
      const z = random.normal();
      mean += z / n;
      square += (z * z) / n;
      cube += (z * z * z) / n;
    }
    assert.ok(Math.abs(mean) < 0.02 && Math.abs(square - 1) < 0.02 && Math.abs(cube) < 0.06);
  });
});
