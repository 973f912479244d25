import type { Subject } from "../subject.js";
import { aboutBound, element, hostileElement } from "../values.js";

/** Accepted exactly where 0 ≤ in < 2^bits. */
export function rangeCheck(bits: number): Subject {
  return {
    file: "lib/RangeCheck",
    parameters: [bits],
    inputs: ["in"],
    cases: (random) => {
      const value = random.chance(0.7) ? element(aboutBound(random, bits)) : hostileElement(random);
      const accepted = value >> BigInt(bits) === 0n;
      return [
        { inputs: { in: [value] }, verdict: accepted ? { accepted, signals: { in: value } } : { accepted } },
      ];
    },
  };
}
