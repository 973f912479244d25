import { BPS } from "./bounds.js";

/** What the lines of a clearing house's books are worth, and what the estate of an account in default costs. As Estates.sol. */

/** Parts that an estate is sold in. */
export const ESTATE_PARTS = 100;

/** Prices of a round by slot, attodollars a quantum. */
export interface RoundMarks {
  /** See {@link middlePrices}. */
  readonly price: readonly bigint[];
  /** Cumulative. */
  readonly funding: readonly bigint[];
}

/** The parts of an estate that its price depends on. */
export interface PricedEstate {
  /** Quanta that are not sold, with all tear-ups applied. */
  readonly perp: readonly bigint[];
  /** Attodollars, with all tear-ups applied. */
  readonly cash: bigint;
  /** Attodollars that the fund could pay at the reveal. */
  readonly funded: bigint;
}

/** Prices of all that is left of an estate, attodollars. */
export interface EstatePrices {
  readonly first: bigint;
  /** At most the first. */
  readonly last: bigint;
}

/** The middle of low and high, rounded down. */
export function middlePrices(low: readonly bigint[], high: readonly bigint[]): bigint[] {
  return low.map((price, u) => (price + (high[u] ?? 0n)) / 2n);
}

/** What quanta are worth at a round, net of its funding: attodollars, signed, and the sum of each line's amount without a sign. */
export function valueAt(
  perp: readonly bigint[],
  { price, funding }: RoundMarks,
): { readonly value: bigint; readonly gross: bigint } {
  let [value, gross] = [0n, 0n];
  perp.forEach((quantity, u) => {
    const [at, paid] = [price[u] ?? 0n, funding[u] ?? 0n];
    value += quantity * (at - paid);
    gross += quantity < 0n ? -quantity * at : quantity * at;
  });
  return { value, gross };
}

/** Between which prices the auction of an estate falls. @param terms basis points of the gross amount */
export function estatePrices(
  { perp, cash, funded }: PricedEstate,
  marks: RoundMarks,
  { premium, discount }: { readonly premium: bigint; readonly discount: bigint },
): EstatePrices {
  const { value, gross } = valueAt(perp, marks);
  const first = value + (gross * premium) / BPS;
  const floor = value - (gross * discount) / BPS;
  // No buyer is paid more than the estate has and the fund can pay.
  const payable = -(cash + funded);
  const last = floor < payable ? payable : floor;
  return { first: first > last ? first : last, last };
}

/** The price at a time: it falls in a straight line. @param elapsed seconds since the reveal @param period seconds, above 0 */
export function estatePriceAt({ first, last }: EstatePrices, elapsed: number, period: number): bigint {
  const passed = BigInt(Math.max(0, Math.min(elapsed, period)));
  return first - ((first - last) * passed) / BigInt(period);
}

/** What some of the parts that are left cost, rounded up. @param price of all that is left */
export function partsPrice(price: bigint, parts: bigint, left: bigint): bigint {
  const share = price * parts;
  return share > 0n ? (share + left - 1n) / left : share / left;
}
