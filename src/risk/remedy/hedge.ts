import { perpetualLever } from "./perpetual.js";
import type { Lever, Situation } from "./situation.js";

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
