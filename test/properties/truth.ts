import { BPS, CENT, THETA_BITS } from "../../src/protocol/bounds.js";
import type { Book, Market, SleeveNumbers } from "../../src/protocol/types.js";
import type { Random } from "../support/cases.js";

/** Prices and funding, attodollars per quantum and UNIT: a price of the box need not be a whole number of attodollars. */
export interface PricePoint {
  readonly prices: readonly bigint[];
  readonly funding: readonly bigint[];
}

/** A price point is in 1/UNIT of an attodollar, so that low·(1 − e) and high·(1 + e) are exact. */
export const UNIT = BPS;
export const THETA_MAX = 2 ** THETA_BITS - 1;

/** Which price of its box an asset has: an end, anything, or so much of the way in basis points. */
export type Pick = (u: number, low: bigint, high: bigint) => bigint;

/**
 * The price point of the box low·(1 − e) … high·(1 + e) that `pick` chooses, after the funding index has moved by `drift` (of
 * each asset, attodollars): that takes as much of the envelope from the price.
 */
export function pointOf(
  market: Market,
  envelope: number,
  pick: Pick,
  drift: (u: number, room: bigint) => bigint = () => 0n,
): PricePoint {
  const e = BigInt(envelope);
  const drifts = market.low.map((low, u) => drift(u, (low * e) / BPS));
  return {
    prices: market.low.map((low, u) => {
      const used = size(drifts[u] ?? 0n) * UNIT;
      return pick(u, low * (BPS - e) + used, (market.high[u] ?? 0n) * (BPS + e) - used);
    }),
    funding: market.funding.map((funding, u) => (funding + (drifts[u] ?? 0n)) * UNIT),
  };
}

/** What a sleeve is in truth: its numbers, each by up to the slack better than they say. */
export interface TrueSleeve {
  readonly value: bigint;
  readonly gains: readonly bigint[];
  readonly charge: bigint;
}

/** Some true sleeve that the numbers admit; `better` says by how much, 0 to the slack. */
export function trueSleeve(sleeve: SleeveNumbers, better: () => bigint): TrueSleeve {
  return {
    value: sleeve.value + better(),
    gains: sleeve.gains.map((gain) => gain + better()),
    charge: sleeve.charge - better(),
  };
}

/** A health factor as a fraction, in one unit of its own. */
export interface Factor {
  readonly collateral: bigint;
  readonly requirement: bigint;
}

/**
 * The truth at one price vector, written out once more: the margin of a book at one price for each asset, without any spread,
 * envelope, slack or charge for them.
 */
export function factorAt(
  book: Book,
  market: Market,
  { prices, funding }: PricePoint,
  { sleeve, support = 0n }: { readonly sleeve?: TrueSleeve | undefined; readonly support?: bigint } = {},
): Factor {
  const at = (values: readonly bigint[], u: number) => values[u] as bigint;
  const sum = (of: (u: number) => bigint) => prices.reduce((total, _, u) => total + of(u), 0n);
  const [spot, perp] = [(u: number) => at(book.spot, u), (u: number) => at(book.perp, u)];
  const net = (u: number) => spot(u) + perp(u);
  const cents = (amount: bigint) => amount * CENT * UNIT;

  const profit =
    sum((u) => perp(u) * (at(prices, u) - at(funding, u))) + book.basis * UNIT + cents(sleeve?.value ?? 0n);
  const owned = sum((u) => positive(spot(u)) * at(prices, u) * at(market.collateralFactor, u));
  const owes = sum((u) => positive(-spot(u)) * at(prices, u) * at(market.debtFactor, u));
  const rates = sum(
    (u) =>
      (size(perp(u)) * at(market.perpMargin, u) + size(net(u)) * at(market.liquidity, u)) * at(prices, u),
  );
  const impact = sum((u) => net(u) * net(u) * at(market.impact, u)) * UNIT;
  const losses = market.shock.map(
    (row, s) => -sum((u) => net(u) * at(prices, u) * at(row, u)) - BPS * cents(sleeve?.gains[s] ?? 0n),
  );
  const worst = losses.reduce((most, loss) => (loss > most ? loss : most), 0n);
  return {
    collateral: BPS * (owned + positive(profit) * market.pnlFactor) + BPS * BPS * cents(positive(support)),
    requirement:
      BPS *
        (owes +
          rates +
          worst +
          BPS * (positive(-profit) + cents(positive(-support) + (sleeve?.charge ?? 0n)))) +
      impact,
  };
}

const positive = (x: bigint) => (x > 0n ? x : 0n);
const size = (x: bigint) => (x < 0n ? -x : x);

/** The largest θ above which a claim of health can be proven; 0 where none can. */
export function largestHealthy({ collateral, requirement }: Factor): number {
  if (requirement < 0n || (requirement === 0n && collateral > 0n)) return THETA_MAX;
  if (collateral === 0n) return 0;
  const theta = (collateral * BPS - 1n) / requirement;
  return Number(theta < BigInt(THETA_MAX) ? theta : THETA_MAX);
}

/** The smallest θ at which a claim of ill health can be proven; undefined where none can. */
export function smallestUnhealthy({ collateral, requirement }: Factor): number | undefined {
  const theta = largestHealthy({ collateral, requirement }) + 1;
  return theta > THETA_MAX ? undefined : theta;
}

/** Ways to choose a price point: all low, all high, each at an end, anywhere, or each between its ends. */
export function randomPick(random: Random): Pick {
  const style = random.pick(["low", "high", "ends", "ends", "any", "middle"]);
  return (_, low, high) => {
    if (style === "low") return low;
    if (style === "high") return high;
    if (style === "ends") return random.chance(0.5) ? low : high;
    if (style === "middle") return (low + high) / 2n;
    return random.spread(low, high);
  };
}
