import { OutOfRangeError } from "../errors.js";
import { BPS, CLEARED_BITS, PRICE_BITS } from "./bounds.js";

/**
 * The last step of a default: prices at which the assets of a book in default are torn up, for every account. As TearUps.sol,
 * to the unit.
 */

/** A line of a book in default. */
export interface TornLine {
  /** Quanta, signed, −2^63 ≤ q < 2^63; 0 has no line. */
  readonly quantity: bigint;
  /** Attodollars per quantum, 0 < p < 2^64, of the round that the tear-up names. */
  readonly price: bigint;
  /** The asset's largest move in the profile's scenarios, basis points, at most 10 000. */
  readonly cap: bigint;
}

/** What the lines close at. */
export interface TornPrices {
  /** Attodollars per quantum before funding, above 0; 0 for a quantity of 0. A transition's tear-up price is this less funding. */
  readonly prices: readonly bigint[];
  /** The share of each cap by which prices move, units of 10^-18, rounded up. */
  readonly lambda: bigint;
  /** What the book gains, attodollars: its deficit, and less than one attodollar for each quantum. */
  readonly gain: bigint;
}

/** Net prices by slot of a tear-up, as a contract has it; undefined for an asset that it leaves. */
export function readTearUp({
  assets,
  netPrice,
}: {
  /** Bit u is set if slot u is torn up. */
  readonly assets: bigint;
  readonly netPrice: readonly bigint[];
}): (bigint | undefined)[] {
  return netPrice.map((price, u) => ((assets >> BigInt(u)) & 1n ? price : undefined));
}

/** A price at or above this has no word in a transition. */
const PRICE_LIMIT = 1n << 66n;
const LAMBDA_UNIT = 10n ** 18n;

/**
 * The prices p* = p·(1 ± λ·cap) that bring a book its deficit, with one λ for all lines, in the book's favour and rounded so.
 * Null if there are none above 0 and below 2^66: the market ends.
 * @param deficit attodollars that the book lacks at these prices and nobody has paid, 0 ≤ d < 2^128
 * @throws OutOfRangeError for a line or a deficit out of bounds
 *
 * @example
 * ```ts
 * import { tearUpPrices } from "zkmargin/protocol";
 *
 * const long = { quantity: 100n, price: 10n ** 18n, cap: 2_000n };
 * console.log(tearUpPrices([long], 10n ** 19n)?.prices.join()); // 1100000000000000000
 * ```
 */
export function tearUpPrices(lines: readonly TornLine[], deficit: bigint): TornPrices | null {
  if (deficit < 0n || deficit >> 128n !== 0n) throw new OutOfRangeError("deficit", "below 2^128", "another");
  lines.forEach(checkLine);
  const weight = lines.reduce((sum, { quantity, price, cap }) => sum + magnitude(quantity) * price * cap, 0n);
  if (weight === 0n && deficit !== 0n) return null;
  let gain = 0n;
  const prices: bigint[] = [];
  for (const { quantity, price, cap } of lines) {
    const move = deficit === 0n ? 0n : ceilDiv(price * cap * deficit, weight);
    const torn = quantity > 0n ? price + move : price - move;
    if (quantity !== 0n && (torn <= 0n || torn >= PRICE_LIMIT)) return null;
    prices.push(quantity === 0n ? 0n : torn);
    gain += magnitude(quantity) * move;
  }
  return { prices, lambda: deficit === 0n ? 0n : ceilDiv(deficit * BPS * LAMBDA_UNIT, weight), gain };
}

function checkLine({ quantity, price, cap }: TornLine, u: number): void {
  const limit = 1n << BigInt(CLEARED_BITS);
  if (quantity < -limit || quantity >= limit)
    throw new OutOfRangeError(`lines[${u}].quantity`, `an int64`, "another number");
  if (price <= 0n || price >> BigInt(PRICE_BITS) !== 0n)
    throw new OutOfRangeError(`lines[${u}].price`, `above 0 and below 2^${PRICE_BITS}`, price.toString());
  if (cap < 0n || cap > BPS) throw new OutOfRangeError(`lines[${u}].cap`, `0 to ${BPS}`, cap.toString());
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function ceilDiv(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}
