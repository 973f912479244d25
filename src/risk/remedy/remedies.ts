import { leastAmount } from "./leastAmount.js";
import { perpetualLever } from "./perpetual.js";
import { closings, sales } from "./reduce.js";
import { excess, type Lever, type Remedy, type RemedyKind, type Situation, verified } from "./situation.js";
import { topUps } from "./topUp.js";

const ORDER: readonly RemedyKind[] = ["close", "sell", "hedge", "repay", "deposit"];

/**
 * The single steps that bring a book above a target, the cheapest first: for every asset the least of it to bring in or
 * pay back, the least of every perpetual to close, of every asset held to sell against what is owed, and of a perpetual
 * to trade against every exposure. Each is held to the reference model: the book after it, trading costs paid, is within
 * bounds and above the target, and with one quantum less it is not. None where the book is above already.
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
