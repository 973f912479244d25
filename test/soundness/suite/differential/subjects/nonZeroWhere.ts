import type { Subject } from "../subject.js";
import { hostileElement } from "../values.js";

/** Refused where the bit is set and the number is zero; any inverse but the number's own is a lie. */
export const nonZeroWhere: Subject = {
  file: "lib/NonZeroWhere",
  parameters: [],
  inputs: ["where", "in"],
  cases: (random) => {
    const number = random.chance(0.4) ? 0n : hostileElement(random);
    return [0n, 1n].map((where) => {
      const accepted = where === 0n || number !== 0n;
      const inputs = { where: [where], in: [number] };
      return { inputs, verdict: accepted ? { accepted, signals: { in: number } } : { accepted } };
    });
  },
};
