import { SCALE } from "../../protocol/statement.js";
import { lastWith, perpetualLever } from "./perpetual.js";
import { type Applied, changed, type Lever, type Situation, tradingCost } from "./situation.js";

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
