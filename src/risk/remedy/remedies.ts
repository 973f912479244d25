import { hedges } from "./hedge.js";
import { leastAmount } from "./leastAmount.js";
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
