import { USD_DECIMALS } from "../../protocol/bounds.js";

/** What somebody has: whole quanta by asset, perpetuals, and attodollars of profit that is not paid out. It may be changed. */
export interface Holder {
  readonly spot: bigint[];
  readonly perp: bigint[];
  basis: bigint;
}

/** A holder of nothing. */
export function nobody(assets: number): Holder {
  return { spot: Array(assets).fill(0n), perp: Array(assets).fill(0n), basis: 0n };
}

/** Moves quanta from one holder to another: the only way in which anything is paid. */
export function pay(from: Holder, to: Holder, asset: number, quanta: bigint): void {
  from.spot[asset] = (from.spot[asset] ?? 0n) - quanta;
  to.spot[asset] = (to.spot[asset] ?? 0n) + quanta;
}

/** Trades a perpetual: `buyer` gets so many quanta from `seller` at a price, attodollars per quantum. */
export function trade(seller: Holder, buyer: Holder, asset: number, quanta: bigint, price: bigint): void {
  seller.perp[asset] = (seller.perp[asset] ?? 0n) - quanta;
  buyer.perp[asset] = (buyer.perp[asset] ?? 0n) + quanta;
  seller.basis += quanta * price;
  buyer.basis -= quanta * price;
}

/** What a holder has at prices, attodollars per quantum; exact. */
export function worthOf({ spot, perp, basis }: Holder, prices: readonly bigint[]): bigint {
  return prices.reduce((sum, price, u) => sum + ((spot[u] ?? 0n) + (perp[u] ?? 0n)) * price, basis);
}

/** Those who hold something, besides the accounts. */
export const HOLDERS = ["creditors", "fund", "bidders", "keepers", "market", "outside"] as const;
/** A holder's name. */
export type HolderName = (typeof HOLDERS)[number];

/**
 * What everybody gained over having kept what they began with, attodollars at `prices`. It adds up to 0.
 * @param underwater what accounts have below zero: a loss of the creditors and not of the owners
 */
export function gains(
  before: Readonly<Record<string, Holder>>,
  after: Readonly<Record<string, Holder>>,
  prices: readonly bigint[],
  underwater = 0n,
): Record<string, bigint> {
  const gain = (name: string) =>
    worthOf(after[name] ?? nobody(prices.length), prices) -
    worthOf(before[name] ?? nobody(prices.length), prices);
  const { outside: _, ...named } = after;
  const gained = (name: string) => {
    // What an owner brings in from outside comes out of the same pocket.
    if (name === "owners") return gain(name) + gain("outside") + underwater;
    return name === "creditors" ? gain(name) - underwater : gain(name);
  };
  return Object.fromEntries(Object.keys(named).map((name) => [name, gained(name)]));
}

/** A price in dollars a unit as attodollars per quantum, at least 1. */
export function attodollars(dollars: number, decimals: number): bigint {
  const price = BigInt(Math.round(dollars * Number(10n ** BigInt(USD_DECIMALS - decimals))));
  return price > 0n ? price : 1n;
}
