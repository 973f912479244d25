import { assess, SCALE } from "../../protocol/statement.js";
import {
  type Applied,
  changed,
  type Lever,
  type RemedyKind,
  type Situation,
  tradingCost,
  upToAttodollars,
} from "./situation.js";

/**
 * Trading up to `most` quanta of a perpetual, long (1) or short (−1), at the price against the account and less the cost of
 * trading. What the trade realises stays in the account's profit until the venue settles it.
 */
export function perpetualLever(
  situation: Situation,
  slot: number,
  direction: 1n | -1n,
  most: bigint,
  kindOf: (amount: bigint) => RemedyKind,
): Lever {
  const { book, market } = situation;
  const price = (direction > 0n ? market.high : market.low)[slot] ?? 0n;
  const funding = market.funding[slot] ?? 0n;
  const held = book.perp[slot] ?? 0n;
  const apply = (amount: bigint): Applied => {
    const quanta = direction * amount;
    const changes = [{ slot, part: "perp", quanta }] as const;
    const cost = upToAttodollars(tradingCost(situation, slot, amount, price));
    return { changes, cost: cost * SCALE, book: changed(book, changes, -quanta * (price - funding) - cost) };
  };
  const gains = (amount: bigint) =>
    assess(apply(amount).book, market, { healthy: true, envelope: 0 }).unrealizedPnl >= 0n;
  const through = held * direction < 0n ? -held * direction : 0n;
  const kinks = [through, lastWith(most, gains)].sort((a, b) => (a < b ? -1 : 1));
  return { kindOf, most, kinks, apply };
}

/** The last amount of which a fact holds that never holds again once it fails; 0 where it fails from the start. */
export function lastWith(most: bigint, holds: (amount: bigint) => boolean): bigint {
  let [yes, no] = [0n, most + 1n];
  while (no - yes > 1n) {
    const middle = (yes + no) >> 1n;
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
