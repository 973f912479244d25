import assert from "node:assert/strict";
import { type Black76Option, black76, greeks } from "../../../src/risk/options/black76.js";
import { exactBlack76 } from "./exactBlack76.js";

const DAY = 1 / 365;
const option = (
  forward: number,
  strike: number,
  years: number,
  volatility: number,
  discount = 1,
): Omit<Black76Option, "call"> => ({ forward, strike, years, volatility, discount });
const close = (got: number, want: number, tolerance: number, what = "") =>
  assert.ok(Math.abs(got - want) <= tolerance, `${what} expected ${want}, got ${got}`);

describe("Black-76", () => {
  it("agrees with Derive's published values", () => {
    // github.com/derivexyz/lyra-utils, test/math/Black76.t.sol
    const published = [
      [option(1500, 1500, 7 * DAY, 1), 82.805080668634559515, 82.805080668634559515],
      [option(1000, 1200, 30 * DAY, 0.25, 0.9991784198737006), 0.137082128426579297, 199.972766103166719631],
      [option(1000, 700, 2 * DAY, 0.75, 0.9998904169635637), 299.967125089526177817, 4.5708468e-10],
    ] as const;
    for (const [each, call, put] of published) {
      close(black76({ ...each, call: true }), call, 1e-10);
      close(black76({ ...each, call: false }), put, 1e-10);
    }
  });

  it("agrees with Haug's table", () => {
    // E. G. Haug, Option Pricing Formulas (1998), by way of QuantLib's test-suite: four decimals.
    const table = [
      [19, 19, 0.75, 0.28, 1.7011, 1.7011],
      [90, 100, 0.5, 0.25, 2.7026, 12.2149],
      [100, 100, 0.5, 0.25, 6.6997, 6.6997],
      [110, 100, 0.5, 0.25, 12.7857, 3.2734],
    ] as const;
    for (const [forward, strike, years, volatility, call, put] of table) {
      const each = option(forward, strike, years, volatility, Math.exp(-0.1 * years));
      close(black76({ ...each, call: true }), call, 5e-5);
      close(black76({ ...each, call: false }), put, 5e-5);
    }
  });

  it("is within 1e-10 of itself, from minutes to years and to far out of the money", () => {
    let worst = 0;
    for (const minutes of [5, 30, 300, 1440, 20_000, 200_000, 1_500_000])
      for (const volatility of [0.02, 0.3, 0.9, 2.5])
        for (const moneyness of [0.05, 0.5, 0.9, 0.99, 0.9999, 1, 1.0001, 1.02, 1.3, 2.7, 30]) {
          const each = option(43_217.25, 43_217.25 * moneyness, minutes / 525_600, volatility, 0.97);
          const outOfTheMoney = { ...each, call: moneyness >= 1 };
          const exact = exactBlack76(outOfTheMoney);
          if (exact < 1e-100) continue;
          worst = Math.max(worst, Math.abs(black76(outOfTheMoney) / exact - 1));
        }
    assert.ok(worst < 1e-10, `worst relative error ${worst}`);
  });

  it("keeps put–call parity to the last digits", () => {
    for (const moneyness of [0.2, 0.8, 1, 1.1, 5]) {
      const each = option(1000, 1000 * moneyness, 0.3, 0.8, 0.98);
      const parity = black76({ ...each, call: true }) - black76({ ...each, call: false });
      close(parity, 0.98 * (each.forward - each.strike), 1e-9);
    }
  });

  it("is the payoff at expiry, and without volatility", () => {
    for (const [years, volatility] of [
      [0, 0.8],
      [0.5, 0],
    ] as const)
      for (const call of [true, false]) {
        assert.equal(black76({ ...option(1100, 1000, years, volatility), call }), call ? 100 : 0);
        assert.equal(black76({ ...option(900, 1000, years, volatility), call }), call ? 0 : 100);
      }
  });

  it("approaches the forward, and the strike, as volatility grows", () => {
    const each = option(1000, 1200, 1, 40);
    close(black76({ ...each, call: true }), 1000, 1e-9);
    close(black76({ ...each, call: false }), 1200, 1e-9);
  });

  it("has greeks that are its differences", () => {
    const each = { ...option(1000, 1040, 0.2, 0.6, 0.99), call: false };
    const { delta, gamma, vega, theta } = greeks(each);
    const value = (changed: Partial<Black76Option>) => black76({ ...each, ...changed });
    close(delta, (value({ forward: 1000.01 }) - value({ forward: 999.99 })) / 0.02, 1e-7, "delta");
    const second = value({ forward: 1000.1 }) - 2 * value({}) + value({ forward: 999.9 });
    close(gamma, second / 0.01, 1e-7, "gamma");
    close(vega, (value({ volatility: 0.60001 }) - value({ volatility: 0.59999 })) / 0.00002, 1e-5, "vega");
    const rate = -Math.log(0.99) / 0.2;
    const later = (years: number) => value({ years, discount: Math.exp(-rate * years) });
    close(theta, (later(0.19999) - later(0.20001)) / 0.00002, 1e-4, "theta");
  });

  it("has a delta of a half at the money at expiry", () => {
    assert.equal(greeks({ ...option(1000, 1000, 0, 0.5), call: true }).delta, 0.5);
    assert.equal(greeks({ ...option(1000, 1000, 0, 0.5), call: false }).delta, -0.5);
  });

  it("refuses what is no price, time or volatility", () => {
    const good = { ...option(1000, 1000, 0.1, 0.5), call: true };
    for (const bad of [
      { forward: 0 },
      { strike: -1 },
      { discount: 0 },
      { years: -1 },
      { volatility: Number.NaN },
      { forward: Number.POSITIVE_INFINITY },
    ])
      assert.throws(() => black76({ ...good, ...bad }), RangeError);
  });
});
