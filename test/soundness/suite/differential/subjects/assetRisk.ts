import assert from "node:assert/strict";
import { BPS } from "../../../../../src/protocol/bounds.js";
import { assess, largestShocks, SCALE } from "../../../../../src/protocol/statement.js";
import type { Market } from "../../../../../src/protocol/types.js";
import { type Random, randomMarket } from "../../../../support/cases.js";
import { centred } from "../judge.js";
import type { Subject, Verdict } from "../subject.js";
import { aboutBound, element, hostileElement } from "../values.js";
import { netsWithin } from "./nettedPair.js";

const ONE = { name: "", assets: 1, scenarios: 1, power: 0 };
const BITS = 64;
const positive = (x: bigint) => (x > 0n ? x : 0n);
const magnitude = (x: bigint) => (x < 0n ? -x : x);

/** One asset's figures, as the reference model has them; in markets beyond their bounds, as elements of the field. */
export const assetRisk: Subject = {
  file: "margin/AssetRisk",
  parameters: [],
  inputs: [
    ...["healthy", "envelope", "spot", "perp", "low", "high", "funding"],
    ...["collateralFactor", "debtFactor", "perpMargin", "liquidity", "impact", "shockCap"],
  ],
  cases: (random) => {
    const market = randomMarket(random, ONE);
    const spot = quantity(random);
    const perp = random.chance(0.3) ? -spot + BigInt(random.integer(-1, 1)) : quantity(random);
    const wild = random.chance(0.15);
    const word = (values: readonly bigint[]) => (wild ? hostileElement(random) : (values[0] as bigint));
    const figures = {
      low: word(market.low),
      high: word(market.high),
      funding: word(market.funding),
      collateralFactor: word(market.collateralFactor),
      debtFactor: word(market.debtFactor),
      perpMargin: word(market.perpMargin),
      liquidity: word(market.liquidity),
      impact: word(market.impact),
      shockCap: word(largestShocks(market)),
    };
    return [true, false].map((healthy) => {
      const envelope = wild
        ? hostileElement(random)
        : healthy
          ? BigInt(random.pick([0, 1, 10_000, random.integer(0, 10_000)]))
          : 0n;
      const all = { healthy: healthy ? 1n : 0n, envelope, spot, perp, ...figures };
      const inputs = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [element(value)]]));
      const verdict = verdictOf(
        { healthy, envelope },
        centred(element(spot)),
        centred(element(perp)),
        figures,
      );
      if (!wild && verdict.accepted)
        equalsReference(verdict.signals, spot, perp, market, { healthy, envelope: Number(envelope) });
      return { inputs, verdict };
    });
  },
};

function quantity(random: Random): bigint {
  if (random.chance(0.1)) return centred(hostileElement(random));
  return random.chance(0.5) ? aboutBound(random, BITS) : random.signed((1n << 64n) - 1n);
}

type Figures = Readonly<
  Record<
    | "low"
    | "high"
    | "funding"
    | "collateralFactor"
    | "debtFactor"
    | "perpMargin"
    | "liquidity"
    | "impact"
    | "shockCap",
    bigint
  >
>;

/** The formulas of the template's header. */
function verdictOf(
  { healthy, envelope }: { readonly healthy: boolean; readonly envelope: bigint },
  spot: bigint,
  perp: bigint,
  market: Figures,
): Verdict {
  if (!netsWithin(BITS, spot, perp)) return { accepted: false };
  const [owned, owed] = healthy ? [market.low, market.high] : [market.high, market.low];
  const net = spot + perp;
  const signals = {
    collateral: positive(spot) * owned * market.collateralFactor,
    debt: positive(-spot) * owed * market.debtFactor,
    perpOwned: positive(perp) * owned,
    perpOwed: positive(-perp) * owed,
    perpFunding: perp * market.funding,
    rateMargin: (magnitude(perp) * market.perpMargin + magnitude(net) * market.liquidity) * owed,
    exposure: net * owed,
    spreadCharge: magnitude(net) * (owed * envelope + BPS * (owed - owned)) * market.shockCap,
    impactCharge: net * net * market.impact,
    spotPositive: positive(spot),
    perpMagnitude: magnitude(perp),
  };
  return {
    accepted: true,
    signals: Object.fromEntries(Object.entries(signals).map(([name, value]) => [name, element(value)])),
  };
}

/** The same figures out of the reference model: all but the spread charge without an envelope, which others apply. */
function equalsReference(
  signals: Readonly<Record<string, bigint>>,
  spot: bigint,
  perp: bigint,
  market: Market,
  leaning: { readonly healthy: boolean; readonly envelope: number },
): void {
  const book = { spot: [spot], perp: [perp], basis: 0n };
  const { assets, scenarioLosses } = assess(book, market, { ...leaning, envelope: 0 });
  const [one] = assets;
  const get = (name: string) => centred(signals[name] as bigint);
  assert.deepEqual(
    [one?.collateral, one?.debt, one?.pnl, (one?.perpMargin ?? 0n) + (one?.liquidity ?? 0n), one?.impact],
    [
      get("collateral") * BPS,
      get("debt") * BPS,
      (get("perpOwned") - get("perpOwed") - get("perpFunding")) * SCALE,
      get("rateMargin") * BPS,
      get("impactCharge"),
    ],
    "the specification of AssetRisk is the reference model's",
  );
  assert.equal(assess(book, market, leaning).assets[0]?.spreadCharge, get("spreadCharge"));
  assert.equal(scenarioLosses[0], -get("exposure") * (market.shock[0]?.[0] ?? 0n) * BPS);
}
