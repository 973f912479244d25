import assert from "node:assert/strict";
import type { SleeveArrays, SleeveBand } from "../../../src/book/sleeveFile.js";
import { YEAR_SECONDS } from "../../../src/risk/options/black76.js";
import { haircutOf } from "../../../src/risk/options/optionMargin.js";
import { DERIVE_PMRM_1, DERIVE_PMRM_2 } from "../../../src/risk/options/regimes.js";
import type { Sleeve } from "../../../src/risk/options/sleeve.js";
import { sleeveArrays } from "../../../src/risk/options/sleeveArrays.js";
import {
  calibratedRule,
  ruleScenarios,
  SLEEVE_RULES,
  type SleeveRule,
  spanRule,
} from "../../../src/risk/options/sleeveRules.js";
import type { Surface } from "../../../src/risk/options/surface.js";
import {
  AS_IT_IS,
  type Moved,
  marketOf,
  type Place,
  randomSleeve,
  SPOT,
  seeded,
  surfaceOf,
  TIME,
  valuesAt,
} from "./sleeveBooks.js";

const LISTING = [
  { symbol: "USDC", decimals: 6 },
  { symbol: "BTC", decimals: 8 },
];
const WIDE: SleeveBand = {
  price: 150,
  volatility: 300,
  smile: 50,
  basis: 20,
  fundingWeight: 10,
  until: TIME + 8 * 3600,
};
const scenariosOf = (shocks: readonly number[]) =>
  shocks.map((shock, s) => ({ name: `s${s}`, shocks: { USDC: 0, BTC: shock } }));
const SHOCKS = [-4200, -2500, -1200, -30, 0, 25, 800, 2200, 4500];
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
const CENT = 0.01;

/** A place in the band, often at an end of it. */
function placeIn(
  random: () => number,
  band: SleeveBand,
  low: number,
  high: number,
): Place & { funding: number } {
  const end = () => (random() < 0.4 ? Math.sign(random() - 0.5) : 2 * random() - 1);
  const share = (bps: number) => 1 + (bps / 10_000) * end();
  const [least, most] = [low * (1 - band.price / 10_000), high * (1 + band.price / 10_000)];
  const price = random() < 0.3 ? (random() < 0.5 ? least : most) : least + (most - least) * random();
  const used = price < low ? 1 - price / low : price > high ? price / high - 1 : 0;
  const left = Math.max(0, band.price / 10_000 - used);
  const smiles = Array.from({ length: 200 }, () => share(band.smile));
  const bases = new Map<number, number>();
  return {
    price,
    volatility: share(band.volatility),
    smile: (i) => smiles[i] ?? 1,
    basis: (expiry) => {
      const known = bases.get(expiry) ?? share(band.basis);
      bases.set(expiry, known);
      return known;
    },
    elapsed: random() < 0.3 ? band.until - TIME : (band.until - TIME) * random(),
    funding: band.fundingWeight === null ? 0 : (left / band.fundingWeight) * low * end(),
  };
}

/** The tangent's value at a price, in dollars, as a book of perpetuals has it. */
function tangentAt(arrays: SleeveArrays, price: number, funding: number): number {
  const [tangent] = arrays.tangents;
  const coins = Number(tangent?.perp ?? 0n) / 1e8;
  return coins * (price - 5e9 / 1e10 - funding) + Number(tangent?.basis ?? 0n) / 1e18;
}

/** Holds value and gains to what they bound, at places of the band; `change` is the rule's own change of value. */
function holds(
  {
    sleeve,
    surface,
    arrays,
    band,
    low,
    high,
  }: { sleeve: Sleeve; surface: Surface; arrays: SleeveArrays; band: SleeveBand; low: number; high: number },
  shocks: readonly number[],
  change: (place: Place, s: number) => number,
  random: () => number,
  places: number,
): void {
  const slack = Number(arrays.slack) / 100;
  const coins = Number(arrays.tangents[0]?.perp ?? 0n) / 1e8;
  for (let n = 0; n < places; n++) {
    const place = placeIn(random, band, low, high);
    const value = sum(valuesAt(sleeve, surface, place));
    const remainder = value - tangentAt(arrays, place.price, place.funding);
    const least = Number(arrays.value) / 100;
    assert.ok(remainder >= least, `a value of ${remainder} below ${least}`);
    assert.ok(remainder <= least + slack, `a value of ${remainder} above ${least} and ${slack}`);
    const s = Math.floor(random() * shocks.length);
    const gained = change(place, s) - (coins * place.price * (shocks[s] ?? 0)) / 10_000;
    const gain = Number(arrays.gains[s] ?? 0n) / 100;
    assert.ok(gained >= gain, `scenario ${s}: a gain of ${gained} below ${gain}`);
    assert.ok(gained <= gain + slack + CENT, `scenario ${s}: a gain of ${gained} above ${gain} and ${slack}`);
  }
}

describe("sleeve bounds", () => {
  for (const [name, options] of [
    ["far", {}],
    ["near", { near: true }],
  ] as const)
    it(`hold through the band and on the way to every scenario, ${name} expiries`, () => {
      const random = seeded(name.length);
      const surface = surfaceOf();
      const rule = calibratedRule();
      for (let book = 0; book < 4; book++) {
        const sleeve: Sleeve = {
          ...randomSleeve(random, 4 + Math.floor(random() * 20), options),
          payoffs:
            book % 2 === 0
              ? []
              : [
                  {
                    name: "note",
                    underlying: "BTC",
                    amount: 3,
                    points: [
                      { price: 30_000, value: 0 },
                      { price: 43_000, value: 9000 },
                      { price: 44_000, value: 9500 },
                      { price: 60_000, value: 9500 },
                    ],
                  },
                ],
        };
        const [low, high] = [SPOT * (1 - 0.004 * random()), SPOT * (1 + 0.004 * random())];
        const band = { ...WIDE, until: TIME + Math.floor(random() * (name === "near" ? 43 : 12) * 3600) };
        const arrays = sleeveArrays({
          sleeve,
          surface,
          market: marketOf(low, high, scenariosOf(SHOCKS)),
          rule,
          band,
        });
        const moves = rule.onTheWay ?? [];
        holds(
          { sleeve, surface, arrays, band, low, high },
          SHOCKS,
          (place, s) => {
            const now = sum(valuesAt(sleeve, surface, place));
            // Every volatility at sixteen places of the way: no less than the bound.
            let least = Number.POSITIVE_INFINITY;
            const shock = (SHOCKS[s] ?? 0) / 10_000;
            const coins = Number(arrays.tangents[0]?.perp ?? 0n) / 1e8;
            for (let i = 0; i <= 16; i++)
              for (const move of moves) {
                const moved: Moved = {
                  factor: 1 + (shock * i) / 16,
                  volatility: (v, years, k) => move.at(years)(v, k),
                  discounted: true,
                };
                const left = coins * place.price * shock * (1 - i / 16);
                least = Math.min(least, sum(valuesAt(sleeve, surface, place, moved)) - now + left);
              }
            return least;
          },
          random,
          25,
        );
      }
    });

  const regimes = { "derive-pmrm-1": DERIVE_PMRM_1, "derive-pmrm-2": DERIVE_PMRM_2 } as const;
  const rules: readonly SleeveRule[] = [
    ...Object.entries(SLEEVE_RULES)
      .filter(([name]) => name !== "calibrated")
      .map(([, make]) => make()),
    spanRule({ priceScan: 0.12, volatilityScan: 0.15, extremeMultiple: 2, extremeShare: 0.35 }),
  ];
  for (const rule of rules)
    it(`hold through the band under ${rule.name}`, () => {
      const random = seeded(rule.name.length);
      const surface = surfaceOf();
      const scenarios = ruleScenarios(rule, LISTING);
      const shocks = scenarios.map(({ shocks }) => shocks["BTC"] ?? 0);
      for (let book = 0; book < 3; book++) {
        const sleeve = randomSleeve(random, 12, { near: book === 0, futures: true });
        const [low, high] = [SPOT * 0.998, SPOT * 1.001];
        const band = { ...WIDE, volatility: book === 1 ? 0 : 200 };
        const arrays = sleeveArrays({ sleeve, surface, market: marketOf(low, high, scenarios), rule, band });
        holds(
          { sleeve, surface, arrays, band, low, high },
          shocks,
          (place, s) => ruleChange(rule, s, sleeve, surface, place, regimes),
          random,
          40,
        );
      }
    });
});

/** Change of value under a rule, from scratch: haircuts by expiry and kind of payment, options apart from futures. */
function ruleChange(
  rule: SleeveRule,
  s: number,
  sleeve: Sleeve,
  surface: Surface,
  place: Place,
  regimes: Record<string, typeof DERIVE_PMRM_1>,
): number {
  const scenario = rule.scenarios?.[s];
  assert.ok(scenario);
  const keyed = sleeve.positions.map(
    ({ instrument }) => `${instrument.expiry} ${instrument.settlement} ${instrument.option !== null}`,
  );
  const sums = (values: readonly number[]) => {
    const groups = new Map<string, number>();
    keyed.forEach((key, i) => groups.set(key, (groups.get(key) ?? 0) + (values[i] ?? 0)));
    return groups;
  };
  const { discounted } = rule.values;
  const now = sums(valuesAt(sleeve, surface, place, { ...AS_IT_IS, discounted }));
  const regime = regimes[rule.name];
  const yearsOf = (key: string) => (Number(key.split(" ")[0]) - TIME - place.elapsed) / YEAR_SECONDS;
  const changes = scenario.moves.map(({ factor, volatility, share, either }) => {
    const then = sums(
      valuesAt(sleeve, surface, place, {
        factor,
        volatility: (v, years, k) => volatility.at(years)(v, k),
        discounted,
      }),
    );
    const change =
      sum(
        [...then].map(([key, value]) => {
          const before = now.get(key) ?? 0;
          if (regime === undefined || !key.endsWith("true")) return value - before;
          const cut = haircutOf(regime, yearsOf(key), 0.03);
          return value * (value >= 0 ? cut.held : cut.owed) - before;
        }),
      ) * share;
    return either ? -Math.abs(change) : change;
  });
  const { contingency } = scenario;
  if (contingency === undefined) return Math.min(...changes);
  const moved = contingency.factors.map((factor) =>
    sums(valuesAt(sleeve, surface, place, { ...AS_IT_IS, factor, discounted })),
  );
  const feared = sum(
    [...now]
      .filter(([key]) => key.endsWith("true"))
      .map(
        ([key, before]) =>
          Math.min(0, ...moved.map((then) => (then.get(key) ?? 0) - before)) *
          contingency.weight(yearsOf(key)),
      ),
  );
  return Math.min(...changes, feared);
}
