import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { denseRisk } from "../../../src/protocol/profile.js";
import { assess, exceeds } from "../../../src/protocol/statement.js";
import type { Book, Market } from "../../../src/protocol/types.js";
import { ENVELOPE_GRID, healthFactor, largestOfGrid } from "../../../src/protocol/whatIf.js";
import { DEPTHS } from "../../../src/risk/impact.js";
import { PRESETS } from "../../../src/risk/presets.js";
import { FastHealth } from "../../../src/risk/simulate/fastHealth.js";
import { SimulatedLedger } from "../../../src/risk/simulate/ledger.js";

const prices = DEPTHS.map(({ price }, u) => price / 10n ** BigInt(DEFAULT_LISTING[u]?.decimals ?? 0));
const PROFILES = PRESETS.filter(({ assets }) => assets.length === DEFAULT_LISTING.length);

/** A book of up to all assets, at prices apart from each other by up to 10 %. */
const cases = fc.record({
  profile: fc.integer({ min: 0, max: PROFILES.length - 1 }),
  spot: fc.array(fc.integer({ min: -100_000, max: 100_000 }), { minLength: 16, maxLength: 16 }),
  perp: fc.array(fc.integer({ min: -100_000, max: 100_000 }), { minLength: 16, maxLength: 16 }),
  held: fc.integer({ min: 1, max: 16 }),
  spread: fc.integer({ min: 0, max: 1_000 }),
  healthy: fc.boolean(),
  envelope: fc.constantFrom(...ENVELOPE_GRID),
  basis: fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }),
});

interface Drawn {
  readonly profile: number;
  readonly spot: readonly number[];
  readonly perp: readonly number[];
  readonly held: number;
  readonly spread: number;
  readonly basis: bigint;
}

function made({ profile, spot, perp, held, spread, basis }: Drawn): [Book, Market] {
  const of = PROFILES[profile];
  if (of === undefined) throw new Error("no profile");
  const risk = denseRisk(of, { assets: 16, scenarios: 16 });
  const quanta = (values: readonly number[]) =>
    values.map((value, u) => (u < held ? (BigInt(value) * 10n ** 16n) / (prices[u] ?? 1n) : 0n));
  const market = {
    ...risk,
    low: prices,
    high: prices.map((price) => price + (price * BigInt(spread)) / 10_000n),
    funding: prices.map((price, u) => (u % 3 === 0 ? price / 1_000n : 0n)),
  };
  return [{ spot: quanta(spot), perp: quanta(perp), basis }, market];
}

describe("fast health", () => {
  it("is the reference model's, for every book, leaning and envelope, at θ next to the health factor too", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const [book, market] = made(drawn);
        const leaning = { healthy: drawn.healthy, envelope: drawn.healthy ? drawn.envelope : 0 };
        const fast = new FastHealth(market).of(book);
        const assessment = assess(book, market, leaning);
        const factor = healthFactor(assessment);
        const near = factor === null ? [] : [-1n, 0n, 1n].map((d) => Number(factor + d));
        for (const theta of [10_000, 11_000, ...near.filter((theta) => theta > 0 && theta < 65_536)])
          assert.equal(fast.exceeds(theta, leaning), exceeds(assessment, theta));
        assert.equal(fast.widest(10_000), largestOfGrid(book, market, 10_000));
      }),
      { seed: 3, numRuns: 400 },
    );
  });

  it("leaves to the model what rounding could decide", () => {
    const market = {
      ...denseRisk(PROFILES[0] ?? PRESETS[0] ?? assert.fail(), { assets: 16, scenarios: 16 }),
      low: prices,
      high: prices,
      funding: prices.map(() => 0n),
    };
    // $8 500 of collateral at its factor against a debt of the same: equal to the last attodollar but for one.
    const spot = prices.map(() => 0n);
    const [owned, owed] = [
      10n ** 10n,
      (10n ** 10n * (market.collateralFactor[0] ?? 0n)) / (market.debtFactor[0] ?? 1n),
    ];
    const book = { spot: spot.map((_, u) => (u === 0 ? owned : 0n)), perp: spot, basis: 0n };
    const fast = new FastHealth(market).of({
      ...book,
      basis: -(owned * (prices[0] ?? 1n) * (market.collateralFactor[0] ?? 0n)) / 10_000n,
    });
    assert.equal(fast.exceeds(10_000, { healthy: true, envelope: 0 }), false);
    assert.equal(fast.exact, 1);
    assert.ok(owed > 0n);
  });
});

describe("the simulated ledger", () => {
  const timing = { twapWindow: 1_800, minInterval: 60, provingWindow: 1_800, maxRoundAge: 7_200 };
  const gate = { maxProofAge: 86_400, gracePeriod: 14_400, callPeriod: 43_200, callMargin: 11_000 };
  const risk = denseRisk(PRESETS[0] ?? assert.fail(), { assets: 16, scenarios: 0 });
  const ledger = () => new SimulatedLedger({ ...risk, shock: [] }, timing, gate, 10);
  const START = 1_600_000_000;
  const at = (price: bigint) => prices.map((p, u) => (u === 1 ? price : p));

  it("takes a round after a move of 1 %, or after half the proving window", () => {
    const simulated = ledger();
    const taken = Array.from({ length: 61 }, (_, minute) =>
      simulated.poke(
        START + minute * 60,
        at(minute === 5 || minute > 5 ? 9_900n * 10n ** 8n : 10_000n * 10n ** 8n),
      )
        ? minute
        : -1,
    ).filter((minute) => minute >= 0);
    assert.deepEqual(taken, [0, 5, 20, 35, 50]);
  });

  it("spans the spot price and the average of the window, each with its confidence", () => {
    const simulated = ledger();
    for (let minute = 0; minute <= 45; minute += 15) simulated.poke(START + minute * 60, at(10_000n));
    simulated.poke(START + 46 * 60, at(9_000n));
    // The average reaches back to the round of minute 15: it is all of 10 000.
    assert.deepEqual([simulated.market.low[1], simulated.market.high[1]], [9_000n - 9n, 10_000n]);
    assert.equal(simulated.gate.ledger.newest?.odometer, 10_000_000n - 0n + 0n);
  });
});
