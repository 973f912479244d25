import assert from "node:assert/strict";
import { CLEARING_CIRCUITS, TIERS } from "../../../src/protocol/tiers.js";
import { bases } from "./deletion/bases.js";
import { type ClearingBase, revealBases, transitionBases } from "./deletion/clearingBases.js";
import { clearingRecipes } from "./deletion/clearingRecipes.js";
import { deleteEach } from "./deletion/deleteEach.js";
import { recipes } from "./deletion/recipes.js";
import type { Part, Setting, TaskReport } from "./part.js";
import { bookTransition, revealBook, shippedClearing } from "./specimens/clearing.js";
import type { Specimen } from "./specimens/specimen.js";
import { tierStatement } from "./specimens/statement.js";

/**
 * Constraints without which no false statement can be forged, by the signals they mention, each with the reason why it may stay.
 * Each of the two follows from the other, and both are needed: one by Num2Bits, the other so that every signal is determined.
 */
export const REDUNDANT: readonly (readonly [signals: RegExp, why: string])[] = [
  [/main\.read\.sleeve$/, "the bit of a support's sign: NonZeroWhere lets nothing but 0 and 1 be where"],
  [/main\.read\.NonZeroWhere#0\.inverse$/, "(1 − where)·inverse = 0: determines the inverse of no support"],
];

/** The same of a transition: what the compiler folds into constants, and so is in no shipped circuit. */
const FOLDED = [/^main\.NonZeroWhere#0\.where main\.NonZeroWhere#0\.inverse$/];
/** Constants: where the multiples of the base begin, and some words of a permutation's first round. */
const CONSTANTS = /\.(state|square|third|fourth|fifth)\[0\]\[|\.fixed\.montgomery\./;
/** The insides of permutations, ladders and ranges: one rule in so many is taken away. */
const INNER = /\.(chain|sponge|hash|block|fixed|any)\b|\.decomposition\.|\.digits\[|\.halves\.|\.word\./;
const [INNER_SHARE, LONG_SHARE] = [19, 5];

interface ClearingShare {
  readonly specimen: Specimen;
  readonly bases: () => readonly ClearingBase[];
}
/** Small ones; of the long run, also those that are shipped. */
const clearing = (long: boolean): readonly ClearingShare[] => [
  { specimen: revealBook(3), bases: revealBases },
  { specimen: bookTransition(3), bases: transitionBases },
  ...(long ? CLEARING_CIRCUITS : []).map((circuit) => ({
    specimen: shippedClearing(circuit),
    bases: () => (circuit.statement === "transition" ? transitionBases : revealBases)(circuit.assets),
  })),
];

/** Each constraint of the first tier taken away in turn; of the long run, those of the second as well. */
export const deletion: Part = {
  name: "deletion",
  // shows: P3
  about: "without any one of its constraints, the circuit accepts a false statement",
  tasks: (long) => [
    ...clearing(long).map(({ specimen, bases: attacked }) => ({
      name: specimen.name,
      seconds: 40,
      run: (_: Setting, progress: (share: number) => void) =>
        clearingTask(specimen, attacked(), long, progress),
    })),
    ...TIERS.slice(0, long ? TIERS.length : 1).map((tier) => ({
      name: tier.name,
      seconds: 90,
      run: async (_: Setting, progress: (share: number) => void) => {
        const { constraints, forged, unforged } = await deleteEach(
          tierStatement(tier),
          { bases: bases(tier), recipes },
          progress,
        );
        const unexplained = [...unforged.values()].filter(
          (signals) => !REDUNDANT.some(([pattern]) => pattern.test(signals)),
        );
        assert.deepEqual(unexplained, [], "constraints that nothing was forged without");
        assert.equal(unforged.size, REDUNDANT.length, "constraints that are said to be redundant");
        const counts = new Map<string, number>();
        for (const falsehood of forged.values()) counts.set(falsehood, (counts.get(falsehood) ?? 0) + 1);
        const says = [...counts].map(([falsehood, count]) => `${count} forge ${falsehood}`);
        return { cases: constraints, says: [...says, `${unforged.size} are redundant`].join(", ") };
      },
    })),
  ],
};

async function clearingTask(
  specimen: Specimen,
  attacked: readonly ClearingBase[],
  long: boolean,
  progress: (share: number) => void,
): Promise<TaskReport> {
  const share = long ? LONG_SHARE : INNER_SHARE;
  const only = (signal: string, rule: number) =>
    !CONSTANTS.test(signal) && (!INNER.test(signal) || rule % share === 0);
  const attacks = { bases: attacked, recipes: clearingRecipes, only };
  const { tried, forged, open } = await deleteEach(specimen, attacks, progress);
  const unexplained = open.filter((signals) => !FOLDED.some((pattern) => pattern.test(signals)));
  assert.deepEqual(unexplained, [], "constraints that nothing was forged without");
  return { cases: tried, says: `${forged.size} forge a false statement` };
}
