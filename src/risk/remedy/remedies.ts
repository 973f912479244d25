import { closings, hedges, sales, topUps } from "./levers.js";
import { excess, type Lever, type Remedy, type RemedyKind, type Situation, verified } from "./situation.js";

const ORDER: readonly RemedyKind[] = ["close", "sell", "hedge", "repay", "deposit"];

/**
 * The single steps that bring a book above a target, the cheapest first. For every asset: the least to deposit or
 * repay, and of one held the least to sell against what is owed. For every perpetual: the least to close. For every
 * exposure: the least of a perpetual to trade against it. The reference model checks each: the book after it, trading
 * costs paid, is within bounds and above the target. With one quantum less it is not. None where the book is above
 * already.
 *
 * @example
 * ```ts
 * import { remedies } from "zkmargin/risk";
 *
 * const situation = { book: dense, market: prices, target: 30_000, isolated: false, listed: market.listing.length, cash: 0, tradingCost: 10 };
 * console.log(remedies(situation).length > 0); // true
 * ```
 */
export function remedies(situation: Situation): Remedy[] {
  if (excess(situation, situation.book) > 0n) return [];
  const least = (levers: readonly Lever[]) => levers.flatMap((lever) => leastRemedy(situation, lever) ?? []);
  const found = [
    ...least([...closings(situation), ...sales(situation), ...topUps(situation)]),
    // What a hedge would do by closing is among the closings.
    ...least(hedges(situation)).filter(({ kind }) => kind !== "close"),
  ];
  return found.sort((a, b) => {
    if (a.cost !== b.cost) return a.cost < b.cost ? -1 : 1;
    return ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind);
  });
}

/** The least amount of a lever that is enough. */
function leastRemedy(situation: Situation, lever: Lever): Remedy | undefined {
  const amount = leastAmount(lever.most, lever.kinks, (n) => excess(situation, lever.apply(n).book));
  return amount === null ? undefined : verified(situation, lever, amount);
}

/** Points at which a range is looked at in one go. */
const GRID = 32n;

/**
 * The least amount in [1, most] whose gain is above 0, and such that one less has none; null where there is none.
 *
 * `kinks` part the amounts in ranges on which the gain is concave. On each the amounts with a gain are an interval, so
 * it is enough to find any one of them. A grid is laid over the range. While nothing on it gains, a finer grid is laid
 * around its best point, beside which a concave gain has its peak. From there bisection is exact. Where roundings make
 * the gain concave only nearly, the answer still has a gain and one less has none.
 */
export function leastAmount(
  most: bigint,
  kinks: readonly bigint[],
  gain: (amount: bigint) => bigint,
): bigint | null {
  const ends = [...new Set([...kinks.filter((kink) => kink > 0n && kink < most), most])];
  let from = 1n;
  for (const to of ends) {
    if (from > to) continue;
    const found = withGain(from, to, gain);
    if (found !== null) return firstWithGain(from - 1n, found, gain);
    from = to + 1n;
  }
  return null;
}

/** The first amount with a gain on the first grid that has one. */
function withGain(first: bigint, last: bigint, gain: (amount: bigint) => bigint): bigint | null {
  let [from, to] = [first, last];
  for (;;) {
    const step = (to - from) / GRID + 1n;
    let best: { amount: bigint; gain: bigint } | null = null;
    for (let amount = from; ; amount = amount + step < to ? amount + step : to) {
      const value = gain(amount);
      if (value > 0n) return amount;
      if (best === null || value > best.gain) best = { amount, gain: value };
      if (amount === to) break;
    }
    if (step === 1n || best === null) return null;
    const { amount } = best;
    [from, to] = [amount - step < from ? from : amount - step, amount + step > to ? to : amount + step];
  }
}

/** Between an amount without a gain (or none at all) and one with it. */
function firstWithGain(without: bigint, having: bigint, gain: (amount: bigint) => bigint): bigint {
  let [no, yes] = [without, having];
  while (yes - no > 1n) {
    const middle = (yes + no) >> 1n;
    if (gain(middle) > 0n) yes = middle;
    else no = middle;
  }
  return yes;
}
