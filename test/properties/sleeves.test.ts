import assert from "node:assert/strict";
import type { SleeveBand } from "../../src/book/sleeveFile.js";
import { denseMarket } from "../../src/market/file.js";
import { commitBook } from "../../src/protocol/commitment.js";
import { publicSignals } from "../../src/protocol/signals.js";
import { claimHolds } from "../../src/protocol/statement.js";
import { TIERS } from "../../src/protocol/tiers.js";
import type { Book, Market, SleeveNumbers } from "../../src/protocol/types.js";
import { sleeveArrays } from "../../src/risk/options/sleeveArrays.js";
import { sleeveDetail, sleeveSalt } from "../../src/risk/options/sleeveDetail.js";
import { calibratedRule } from "../../src/risk/options/sleeveRules.js";
import { marketOf, SOLD_BUTTERFLY, SPOT, surfaceOf, TIME } from "../risk/options/sleeveBooks.js";
import { Random, randomSleeve } from "../support/cases.js";

const [TIER] = TIERS;
const BAND: SleeveBand = { price: 0, volatility: 0, smile: 0, basis: 0, fundingWeight: null, until: TIME };
const CLAIM = { theta: 10_000, healthy: true, envelope: 0, sleeve: true };

describe("a sleeve between the nodes of its scenarios", () => {
  const file = marketOf(SPOT, SPOT, [{ name: "up", shocks: { USDC: 0, BTC: 2000 } }]);
  const market: Market = denseMarket(file, TIER);
  /** Sold: worth nothing now and at the scenario, and 1 200 dollars each half-way to it. */
  const sleeve = {
    positions: [],
    payoffs: [SOLD_BUTTERFLY],
  };
  const dollars = (amount: number): Book => {
    const none = new Array<bigint>(TIER.assets).fill(0n);
    return { spot: none.with(0, BigInt(amount) * 10n ** 6n), perp: none, basis: 0n };
  };

  // shows: P1
  it("costs the worst of the way to each scenario, which the scenario itself hides", () => {
    const { value, gains, charge, slack } = sleeveArrays({
      sleeve,
      surface: surfaceOf(),
      market: file,
      rule: calibratedRule(),
      band: BAND,
    });
    const numbers: SleeveNumbers = {
      value,
      gains: Array.from({ length: 16 }, (_, s) => gains[s] ?? 0n),
      charge,
      slack,
      detail: 1n,
    };
    // 100 000 dollars are less than the 120 000 that are lost on the way.
    const poor = dollars(100_000);
    assert.ok(!claimHolds({ ...poor, sleeve: numbers }, market, CLAIM));
    assert.ok(claimHolds({ ...dollars(200_000), sleeve: numbers }, market, CLAIM));
    const atTheNode = { ...numbers, gains: numbers.gains.map(() => 0n) };
    assert.ok(claimHolds({ ...poor, sleeve: atTheNode }, market, CLAIM), "by the ends alone it would pass");
  });
});

describe("what a sleeve was computed from", () => {
  const file = marketOf(SPOT, SPOT, [{ name: "up", shocks: { USDC: 0, BTC: 2000 } }]);
  const secret = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
  const request = {
    sleeve: { positions: [], payoffs: [] },
    surface: surfaceOf(),
    market: file,
    rule: calibratedRule(),
    band: BAND,
  };
  const none = new Array<bigint>(TIER.assets).fill(0n);
  const numbers = randomSleeve(new Random(45));
  const committed = (detail: bigint, salt = 5n) =>
    commitBook({ spot: none, perp: none, basis: 0n, sleeve: { ...numbers, detail } }, salt, 6n);

  // shows: P9, T7
  it("is bound under two salts, so that one who guesses it cannot test the guess", () => {
    const salts = [1, 2].map((sequence) => sleeveSalt(secret, "desk-1", sequence));
    const details = salts.map((salt) => sleeveDetail(request, salt));
    assert.notEqual(details[0], details[1], "the same positions have another detail in the next book");
    const commitments = details.map((detail) => committed(detail));
    assert.equal(new Set([...commitments, committed(details[0] ?? 0n, 7n)]).size, 3);
  });

  // shows: P9, T7
  it("stands in no public signal, nor does any number of the sleeve", () => {
    const detail = sleeveDetail(request, sleeveSalt(secret, "desk-1", 1));
    const market = denseMarket(file, TIER);
    const claim = { ...CLAIM, isolated: false };
    const of = (other: bigint) => publicSignals({ commitment: committed(other), claim, listing: 6n, market });
    const [one, next] = [of(detail), of(detail + 1n)];
    const differing = one.flatMap((signal, i) => (signal === next[i] ? [] : [i]));
    assert.deepEqual(differing, [0], "the commitment alone");
    for (const hidden of [detail, ...numbers.gains, numbers.value, numbers.charge])
      assert.ok(hidden === 0n || !one.includes(hidden));
  });
});
