import assert from "node:assert/strict";
import { TIERS } from "../../../src/protocol/tiers.js";
import { deleteEach } from "./deletion/deleteEach.js";
import type { Part } from "./part.js";
import { tierStatement } from "./specimens/statement.js";

/**
 * Constraints without which no false statement can be forged, by the signals they mention, each with the reason why it may stay.
 * Each of the two follows from the other, and both are needed: one by Num2Bits, the other so that every signal is determined.
 */
export const REDUNDANT: readonly (readonly [signals: RegExp, why: string])[] = [
  [/main\.read\.sleeve$/, "the bit of a support's sign: NonZeroWhere lets nothing but 0 and 1 be where"],
  [/main\.read\.NonZeroWhere#0\.inverse$/, "(1 − where)·inverse = 0: determines the inverse of no support"],
];

/** Each constraint of the first tier taken away in turn; of the long run, those of the second as well. */
export const deletion: Part = {
  name: "deletion",
  // shows: P3
  about: "without any one of its constraints, the circuit accepts a false statement",
  tasks: (long) =>
    TIERS.slice(0, long ? TIERS.length : 1).map((tier) => ({
      name: tier.name,
      seconds: 90,
      run: async (_, progress) => {
        const { constraints, forged, unforged } = await deleteEach(tierStatement(tier), tier, progress);
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
};
