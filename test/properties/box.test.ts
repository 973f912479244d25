import assert from "node:assert/strict";
import { BPS } from "../../src/protocol/bounds.js";
import { assess, claimHolds, exceeds, largestShocks } from "../../src/protocol/statement.js";
import { TIERS } from "../../src/protocol/tiers.js";
import type { Book, Market, SleeveNumbers } from "../../src/protocol/types.js";
import { Random, randomSleeve, thresholdCases } from "../support/cases.js";
import {
  type Factor,
  factorAt,
  largestHealthy,
  type PricePoint,
  pointOf,
  randomPick,
  smallestUnhealthy,
  THETA_MAX,
  trueSleeve,
} from "./truth.js";

const tier = TIERS[0];
const size = (x: bigint) => (x < 0n ? -x : x);

/** The spread's own part of N: what version 1 of the statement did not charge. */
function spreadOf({ spot, perp }: Book, market: Market, healthy: boolean): bigint {
  const [owned, owed] = healthy ? [market.low, market.high] : [market.high, market.low];
  return largestShocks(market).reduce((sum, cap, u) => {
    const net = size((spot[u] as bigint) + (perp[u] as bigint));
    return sum + net * ((owed[u] as bigint) - (owned[u] as bigint)) * BPS * cap;
  }, 0n);
}

/** A claim's fraction: by the statement, or without the charge for the spread. */
type Rule = (
  book: Book,
  market: Market,
  leaning: { healthy: boolean; envelope: number; support?: bigint },
) => Factor;
const statement: Rule = assess;
const uncharged: Rule = (book, market, leaning) => {
  const { collateral, requirement } = assess(book, market, leaning);
  return { collateral, requirement: requirement - spreadOf(book, market, leaning.healthy) };
};

/** The first verdict that the rule lets be proven and that is false at the point, if there is one: of all θ, the extreme one. */
function contradiction(
  rule: Rule,
  { book, market, envelope, support = 0n }: Situation,
  point: PricePoint,
  better: () => bigint = () => 0n,
): string | undefined {
  const sleeve = book.sleeve && trueSleeve(book.sleeve, better);
  const truth = factorAt(book, market, point, { sleeve, support });
  const theta = largestHealthy(rule(book, market, { healthy: true, envelope, support }));
  if (theta > 0 && !exceeds(truth, theta)) return `healthy above ${theta}`;
  if (envelope > 0) return undefined;
  const most = smallestUnhealthy(rule(book, market, { healthy: false, envelope: 0, support }));
  return most !== undefined && exceeds(truth, most) ? `unhealthy at ${most}` : undefined;
}

interface Situation {
  readonly book: Book;
  readonly market: Market;
  /** Of the claim of health; one of ill health has none, and is asked about where this is 0. */
  readonly envelope: number;
  readonly support?: bigint;
}

describe("what is proven is true at every price vector of the box", () => {
  const SEED = 20_250_101;

  // shows: P1, P2
  it(`for every θ and both verdicts, of books at the threshold to one attodollar (seed ${SEED})`, () => {
    const random = new Random(SEED);
    const tried = { healthy: 0, unhealthy: 0, sleeve: 0, support: 0 };
    while (tried.healthy + tried.unhealthy < 24_000) {
      const options = { sleeves: 0.4, supports: 0.4 };
      for (const { book, market, leaning, theta, above } of thresholdCases(random, tier, options)) {
        if (above !== leaning.healthy) continue;
        const { envelope, healthy, support = 0n } = leaning;
        assert.ok(claimHolds(book, market, { ...leaning, theta }));
        const better = () => random.spread(0n, book.sleeve?.slack ?? 0n);
        for (let i = 0; i < 6; i++) {
          const point = pointOf(market, envelope, randomPick(random));
          const sleeve = book.sleeve && trueSleeve(book.sleeve, better);
          const truth = factorAt(book, market, point, { sleeve, support });
          assert.equal(exceeds(truth, theta), healthy, `case ${tried.healthy + tried.unhealthy}`);
          tried[healthy ? "healthy" : "unhealthy"]++;
          if (book.sleeve) tried.sleeve++;
          if (support !== 0n) tried.support++;
        }
        const point = pointOf(market, envelope, randomPick(random));
        assert.equal(contradiction(statement, { book, market, envelope, support }, point, better), undefined);
      }
    }
    for (const [what, count] of Object.entries(tried)) assert.ok(count > 3_000, `${count} of ${what}`);
  });

  // shows: P1, P2
  it("of books that a search makes as contradictory as it can", () => {
    const found: string[] = [];
    let near = 0;
    for (let seed = 1; seed <= SEARCHES; seed++) {
      const { closest, contradictions } = search(statement, seed);
      found.push(...contradictions);
      if (closest > -1e-3) near++;
    }
    assert.deepEqual(found, []);
    // It comes as close to a contradiction as there can be without one: within 1 part in 1 000.
    assert.ok(near > (SEARCHES * 9) / 10, `${near} searches`);
  });

  it("which the same search refutes in most of its runs where the spread is not charged", () => {
    let refuted = 0;
    for (let seed = 1; seed <= SEARCHES; seed++)
      if (search(uncharged, seed).contradictions.length > 0) refuted++;
    assert.ok(refuted > SEARCHES / 2, `${refuted} of ${SEARCHES}`);
  });
});

const SEARCHES = 100;
const STEPS = 600;
/** Assets of the books that are searched: contradictions need two or three. */
const ASSETS = 3;

/**
 * Climbs from a random book and box towards a contradiction: the logarithm of what is proven over what is true, at the vector
 * that is worst for the claim. Above 0 is a contradiction. Half of the searches look for false health, half for false ill health.
 */
function search(rule: Rule, seed: number): { closest: number; contradictions: string[] } {
  const random = new Random(seed);
  const healthy = seed % 2 === 0;
  let best = start(random, healthy);
  let score = scoreOf(rule, best, healthy);
  while (score === Number.NEGATIVE_INFINITY) {
    best = start(random, healthy);
    score = scoreOf(rule, best, healthy);
  }
  const contradictions: string[] = [];
  for (let step = 0; step < STEPS; step++) {
    const next = moved(random, best);
    const after = scoreOf(rule, next, healthy);
    if (after < score) continue;
    [best, score] = [next, after];
    const said = contradiction(rule, best, pointOf(best.market, best.envelope, vertex(best)));
    if (said) contradictions.push(`seed ${seed}, step ${step}: ${said}`);
  }
  return { closest: score, contradictions };
}

interface Searched extends Situation {
  /** Whether each asset's price is the high one. */
  readonly high: readonly boolean[];
}

const vertex =
  ({ high }: Searched) =>
  (u: number, low: bigint, top: bigint) =>
    high[u] ? top : low;

function start(random: Random, healthy: boolean): Searched {
  const each = <T>(of: () => T) => Array.from({ length: ASSETS }, of);
  const low = each(() => random.spread(100_000n, 10_000_000n));
  const sleeve = random.chance(0.3) ? { ...randomSleeve(random), slack: 0n } : undefined;
  return {
    market: {
      low,
      high: low.map((price) => price + random.spread(0n, price / 5n)),
      funding: each(() => 0n),
      pnlFactor: random.pick([0n, 9_000n, 10_000n]),
      collateralFactor: each(() => random.pick([10_000n, 9_000n, random.spread(0n, 10_000n)])),
      debtFactor: each(() => 10_000n + random.spread(0n, 500n)),
      perpMargin: each(() => random.spread(0n, 300n)),
      liquidity: each(() => random.spread(0n, 200n)),
      impact: each(() => 0n),
      shock: Array.from({ length: 3 }, () => each(() => random.signed(10_000n))),
    },
    book: {
      spot: each(() => random.signed(10n ** 15n)),
      perp: each(() => random.signed(10n ** 15n)),
      basis: random.signed(10n ** 21n),
      ...(sleeve ? { sleeve: small(sleeve) } : {}),
    },
    envelope: healthy && random.chance(0.3) ? random.integer(1, 1_000) : 0,
    support: random.chance(0.3) ? random.signed(10_000n) : 0n,
    high: each(() => random.chance(0.5)),
  };
}

/** A sleeve of the size of the searched books. */
function small(sleeve: SleeveNumbers): SleeveNumbers {
  const less = (x: bigint) => x % 100_000n;
  return { ...sleeve, value: less(sleeve.value), gains: sleeve.gains.map(less), charge: less(sleeve.charge) };
}

/** One thing changed: a quantity, the basis, a price, a shock, or the vertex. */
function moved(random: Random, from: Searched): Searched {
  const u = random.integer(0, ASSETS - 1);
  const scaled = (x: bigint) =>
    random.chance(0.2)
      ? -x
      : random.chance(0.2)
        ? random.signed(10n ** 15n)
        : (x * BigInt(random.integer(50, 200))) / 100n;
  const { book, market } = from;
  const { low, high, shock } = market;
  switch (random.integer(0, 6)) {
    case 0:
      return { ...from, book: { ...book, spot: book.spot.with(u, scaled(book.spot[u] as bigint)) } };
    case 1:
      return { ...from, book: { ...book, perp: book.perp.with(u, scaled(book.perp[u] as bigint)) } };
    case 2:
      return { ...from, book: { ...book, basis: (book.basis * BigInt(random.integer(-150, 200))) / 100n } };
    case 3: {
      const price = low[u] as bigint;
      return { ...from, market: { ...market, high: high.with(u, price + random.spread(0n, price / 5n)) } };
    }
    case 4: {
      const s = random.integer(0, shock.length - 1);
      const row = (shock[s] as bigint[]).with(
        u,
        random.pick([0n, 10_000n, -10_000n, random.signed(10_000n)]),
      );
      return { ...from, market: { ...market, shock: shock.with(s, row) } };
    }
    default:
      return { ...from, high: from.high.with(u, !from.high[u]) };
  }
}

/** ln(proven/true) for health, ln(true/proven) for ill health; −∞ where the extreme θ would say nothing. */
function scoreOf(rule: Rule, searched: Searched, healthy: boolean): number {
  const { book, market, envelope, support = 0n } = searched;
  const said = rule(book, market, { healthy, envelope: healthy ? envelope : 0, support });
  const sleeve = book.sleeve && trueSleeve(book.sleeve, () => 0n);
  const truth = factorAt(book, market, pointOf(market, envelope, vertex(searched)), { sleeve, support });
  const factor = ({ collateral, requirement }: Factor) => Number(collateral) / Number(requirement);
  const [proven, real] = [factor(said), factor(truth)];
  const limit = THETA_MAX / Number(BPS);
  if (!(proven > 0.01 && proven < limit && real > 0 && real < 2 * limit)) return Number.NEGATIVE_INFINITY;
  return healthy ? Math.log(proven / real) : Math.log(real / proven);
}
