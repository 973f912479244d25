import assert from "node:assert/strict";
import { TIERS } from "../../../src/protocol/tiers.js";
import { deleteEach } from "./deletion/deleteEach.js";
import type { Part } from "./part.js";
import { tierStatement } from "./specimens/statement.js";

/**
 * Constraints without which no false statement can be forged, by the signals they mention, each with the reason why it may stay.
 * There is none.
 */
const REDUNDANT: readonly (readonly [signals: string, why: string])[] = [];

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
        const expected = REDUNDANT.map(([signals]) => signals).sort();
        assert.deepEqual(
          [...unforged.values()].sort(),
          expected,
          "constraints that nothing was forged without",
        );
        const counts = new Map<string, number>();
        for (const falsehood of forged.values()) counts.set(falsehood, (counts.get(falsehood) ?? 0) + 1);
        const says = [...counts].map(([falsehood, count]) => `${count} forge ${falsehood}`);
        return { cases: constraints, says: [...says, `${expected.length} are redundant`].join(", ") };
      },
    })),
};
