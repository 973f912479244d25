import { QUANTITY_BITS } from "../../protocol/bounds.js";
import { SCALE } from "../../protocol/statement.js";
import { type Applied, changed, type Lever, type Situation } from "./situation.js";

const QUANTITY_LIMIT = 1n << BigInt(QUANTITY_BITS);

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
