import { QUANTITY_BITS } from "../../protocol/bounds.js";
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
function perpetualLever(
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
function lastWith(most: bigint, holds: (amount: bigint) => boolean): bigint {
  let [yes, no] = [0n, most + 1n];
  while (no - yes > 1n) {
    const middle = (yes + no) >> 1n;
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

/** Closing a part of each perpetual. */
export function closings(situation: Situation): Lever[] {
  return situation.book.perp.slice(0, situation.listed).flatMap((held, slot) => {
    if (held === 0n) return [];
    const [direction, most] = held > 0n ? ([-1n, held] as const) : ([1n, -held] as const);
    return [perpetualLever(situation, slot, direction, most, () => "close")];
  });
}

/** Selling a part of each asset held, to pay back each asset owed, or for cash. */
export function sales(situation: Situation): Lever[] {
  const { book, listed, cash, isolated } = situation;
  const slots = Array.from({ length: listed }, (_, u) => u);
  const bought = slots.filter((u) => (book.spot[u] ?? 0n) < 0n || (u === cash && !isolated));
  return slots
    .filter((u) => (book.spot[u] ?? 0n) > 0n)
    .flatMap((sold) => bought.filter((u) => u !== sold).map((u) => saleLever(situation, sold, u)));
}

function saleLever(situation: Situation, sold: number, bought: number): Lever {
  const { book, market, cash, isolated } = situation;
  const price = market.low[sold] ?? 0n;
  const held = book.spot[bought] ?? 0n;
  const owed = held < 0n ? -held : 0n;
  // Only cash is taken beyond what is owed; of an isolated book it would be a second collateral asset.
  const limit = bought === cash && !isolated ? null : owed;
  const apply = (amount: bigint): Applied => {
    const selling = tradingCost(situation, sold, amount, price);
    const quanta = purchase(situation, bought, amount * price * SCALE - selling, limit);
    const changes = [
      { slot: sold, part: "spot", quanta: -amount },
      { slot: bought, part: "spot", quanta },
    ] as const;
    const cost = selling + tradingCost(situation, bought, quanta, market.high[bought] ?? 0n);
    return { changes, cost, book: changed(book, changes) };
  };
  const most = book.spot[sold] ?? 0n;
  const repaid = lastWith(most, (amount) => (apply(amount).changes[1]?.quanta ?? 0n) <= owed);
  return { kindOf: () => "sell", most, kinks: [repaid], apply };
}

/** The most quanta that `budget` (attodollars × SCALE) buys at the high price, the cost of trading included. */
function purchase(situation: Situation, slot: number, budget: bigint, limit: bigint | null): bigint {
  const price = situation.market.high[slot] ?? 0n;
  if (budget <= 0n || price === 0n) return 0n;
  const most = budget / (price * SCALE);
  const affordable = (quanta: bigint) =>
    quanta * price * SCALE + tradingCost(situation, slot, quanta, price) <= budget;
  return lastWith(limit !== null && limit < most ? limit : most, affordable);
}

const QUANTITY_LIMIT = 1n << BigInt(QUANTITY_BITS);

/**
 * Trading a perpetual against each net exposure, up to all of it; not against cash. Up to the size of a perpetual of the
 * exposure's sign that is a closing, beyond it a hedge. An isolated book that has a perpetual is given no second one.
 */
export function hedges(situation: Situation): Lever[] {
  const { book, isolated, listed, cash } = situation;
  return book.spot.slice(0, listed).flatMap((spot, slot): Lever[] => {
    const perp = book.perp[slot] ?? 0n;
    const exposure = spot + perp;
    if (exposure === 0n || slot === cash) return [];
    if (isolated && book.perp.some((held, u) => held !== 0n && u !== slot)) return [];
    const [direction, most] = exposure > 0n ? ([-1n, exposure] as const) : ([1n, -exposure] as const);
    const closing = perp * direction < 0n ? -perp * direction : 0n;
    if (most <= closing) return [];
    return [
      perpetualLever(situation, slot, direction, most, (amount) => (amount > closing ? "hedge" : "close")),
    ];
  });
}

/**
 * Bringing an asset in from outside: what is owed of it is paid back first, the rest is collateral. It costs what it is
 * worth at the high price. An isolated book that has a collateral asset is given no second one.
 */
export function topUps(situation: Situation): Lever[] {
  const { book, market, isolated, listed } = situation;
  const collateral = book.spot.findIndex((quantity) => quantity > 0n);
  return book.spot.slice(0, listed).flatMap((held, slot): Lever[] => {
    const owed = held < 0n ? -held : 0n;
    const repayOnly = isolated && collateral !== -1 && collateral !== slot;
    const most = repayOnly ? owed : QUANTITY_LIMIT - 1n - held;
    if (most === 0n) return [];
    const price = market.high[slot] ?? 0n;
    return [
      {
        kindOf: (amount) => (amount <= owed ? "repay" : "deposit"),
        most,
        kinks: [owed],
        apply: (amount): Applied => {
          const changes = [{ slot, part: "spot", quanta: amount }] as const;
          return { changes, cost: amount * price * SCALE, book: changed(book, changes) };
        },
      },
    ];
  });
}
