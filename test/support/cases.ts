import { SLACK_BITS, SLEEVE_BITS, SLEEVE_GAINS, SUPPORT_BITS } from "../../src/protocol/bounds.js";
import { assess, exceeds, type Leaning } from "../../src/protocol/statement.js";
import type { Tier } from "../../src/protocol/tiers.js";
import type { Book, Market, SleeveNumbers } from "../../src/protocol/types.js";

/** A small seeded generator (xorshift64*): every test prints its seed and can be run again. */
export class Random {
  private state: bigint;
  constructor(seed: number) {
    this.state = BigInt(seed) * 0x9e3779b97f4a7c15n + 1n;
    for (let i = 0; i < 8; i++) this.bits(64);
  }
  /** A natural number of at most n bits. */
  bits(n: number): bigint {
    let out = 0n;
    for (let have = 0; have < n; have += 32) {
      this.state ^= this.state >> 12n;
      this.state = (this.state ^ (this.state << 25n)) & 0xffffffffffffffffn;
      this.state ^= this.state >> 27n;
      out = (out << 32n) | (((this.state * 0x2545f4914f6cdd1dn) & 0xffffffffffffffffn) >> 32n);
    }
    return out & ((1n << BigInt(n)) - 1n);
  }
  /** A whole number in [low, high]. */
  integer(low: number, high: number): number {
    return low + Number(this.bits(48) % BigInt(high - low + 1));
  }
  chance(probability: number): boolean {
    return this.integer(0, 9_999) < probability * 10_000;
  }
  pick<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)] as T;
  }
  /** A number in [low, high], its size spread over all magnitudes and its ends favoured. */
  spread(low: bigint, high: bigint): bigint {
    if (this.chance(0.12))
      return this.pick([low, high, low + 1n > high ? low : low + 1n, high - 1n < low ? high : high - 1n]);
    const range = high - low + 1n;
    const value = this.bits(this.integer(1, range.toString(2).length));
    return low + (value % range);
  }
  signed(limit: bigint): bigint {
    const value = this.spread(0n, limit);
    return this.chance(0.5) ? -value : value;
  }
}

const MAX64 = (1n << 64n) - 1n;
const BASIS_MIN = -(1n << 127n);
const BASIS_MAX = (1n << 127n) - 1n;

/** A market anywhere within its bounds: most are odd, some are at every limit at once. */
export function randomMarket(random: Random, tier: Tier): Market {
  const each = (value: () => bigint) => Array.from({ length: tier.assets }, value);
  const extreme = random.chance(0.03);
  const price = () => (extreme ? MAX64 : random.spread(1n, MAX64));
  const low = each(price);
  const high = low.map((p) =>
    random.chance(0.4) ? p : random.spread(p, random.chance(0.8) ? minimum(p + p / 10n, MAX64) : MAX64),
  );
  const shockLimit = extreme ? 10_000n : random.spread(0n, 10_000n);
  const zeroOr = (high: bigint) => (random.chance(0.3) ? 0n : random.spread(0n, high));
  return {
    pnlFactor: random.spread(0n, 10_000n),
    low,
    high,
    funding: each(() => (random.chance(0.3) ? 0n : random.signed(MAX64))),
    collateralFactor: each(() => random.spread(0n, 10_000n)),
    debtFactor: each(() => random.spread(10_000n, 32_767n)),
    perpMargin: each(() => zeroOr(32_767n)),
    liquidity: each(() => zeroOr(32_767n)),
    impact: each(() => (extreme ? MAX64 : zeroOr(random.chance(0.8) ? 1n << 30n : MAX64))),
    shock: Array.from({ length: tier.scenarios }, () => each(() => random.signed(shockLimit))),
  };
}

const minimum = (a: bigint, b: bigint) => (a < b ? a : b);

/** A book anywhere within its bounds: empty slots, hedges, exact offsets and limits are all frequent. */
export function randomBook(random: Random, tier: Tier, isolated = false): Book {
  const density = random.pick([0.1, 0.4, 1]);
  const largest = random.chance(0.1) ? MAX64 : 1n << BigInt(random.integer(1, 64));
  const limit = minimum(largest, MAX64);
  const spot: bigint[] = [];
  const perp: bigint[] = [];
  for (let u = 0; u < tier.assets; u++) {
    spot.push(random.chance(density) ? random.signed(limit) : 0n);
    const hedge = random.chance(0.3) ? -(spot[u] ?? 0n) : random.signed(limit);
    perp.push(random.chance(density) ? hedge : 0n);
  }
  if (isolated) {
    const kept = random.integer(0, tier.assets - 1);
    const collateral = random.integer(0, tier.assets - 1);
    perp.forEach((_, u) => {
      if (u !== kept) perp[u] = 0n;
    });
    spot.forEach((q, u) => {
      if (u !== collateral && q > 0n) spot[u] = -q;
    });
  }
  return {
    spot,
    perp,
    basis: random.chance(0.05) ? random.pick([BASIS_MIN, BASIS_MAX]) : random.signed(BASIS_MAX),
  };
}

/** A sleeve anywhere within its bounds, its ends favoured; some are all zero but for their detail. */
export function randomSleeve(random: Random): SleeveNumbers {
  const limit = 1n << BigInt(random.chance(0.2) ? SLEEVE_BITS : random.integer(0, SLEEVE_BITS));
  const signed = () => (random.chance(0.05) ? -limit : random.signed(limit - 1n));
  return {
    value: signed(),
    gains: Array.from({ length: SLEEVE_GAINS }, signed),
    charge: random.spread(0n, limit - 1n),
    slack: random.chance(0.3) ? 0n : random.spread(0n, (1n << BigInt(random.integer(0, SLACK_BITS))) - 1n),
    detail: random.bits(248),
  };
}

/** A claim's support, in cents: none, at its ends, or anything. */
export function randomSupport(random: Random): bigint {
  return random.chance(0.3) ? 0n : random.signed((1n << BigInt(SUPPORT_BITS)) - 1n);
}

export interface ThresholdCase {
  readonly book: Book;
  readonly market: Market;
  /** With the sleeve's bit where the book has a sleeve. */
  readonly leaning: Leaning & { readonly sleeve?: boolean };
  readonly theta: number;
  /** Whether HF > θ. */
  readonly above: boolean;
}

export interface ThresholdOptions {
  readonly isolated?: boolean;
  /** Share of books that have a sleeve, if they are not isolated. */
  readonly sleeves?: number;
  /** Share of claims that may have a support. */
  readonly supports?: number;
}

/**
 * Two books that differ by one attodollar of basis, the first of which has HF > θ and the second HF ≤ θ; or one
 * book, where no basis within its bound crosses the threshold. Health rises with the basis, so bisection finds
 * the crossing.
 */
export function thresholdCases(
  random: Random,
  tier: Tier,
  { isolated = false, sleeves = 0, supports = 0 }: ThresholdOptions = {},
): ThresholdCase[] {
  const market = randomMarket(random, tier);
  const sleeve = !isolated && random.chance(sleeves) ? randomSleeve(random) : undefined;
  const seed = { ...randomBook(random, tier, isolated), ...(sleeve ? { sleeve } : {}) };
  const healthy = random.chance(0.6);
  const envelope = healthy ? random.pick([0, 0, 1, 100, 500, 9_999, 10_000, random.integer(0, 10_000)]) : 0;
  const theta = random.pick([1, 9_999, 10_000, 10_001, 12_500, 65_535, random.integer(1, 65_535)]);
  const support = random.chance(supports) ? randomSupport(random) : 0n;
  const leaning = { healthy, envelope, support, ...(sleeve ? { sleeve: true } : {}) };
  const above = (basis: bigint) => exceeds(assess({ ...seed, basis }, market, leaning), theta);
  const at = (basis: bigint): ThresholdCase => ({
    book: { ...seed, basis },
    market,
    leaning,
    theta,
    above: above(basis),
  });
  let no = BASIS_MIN;
  let yes = BASIS_MAX;
  if (above(no) || !above(yes)) return [at(seed.basis)];
  while (yes - no > 1n) {
    const middle = (yes + no) >> 1n;
    if (above(middle)) yes = middle;
    else no = middle;
  }
  return [at(yes), at(no)];
}
