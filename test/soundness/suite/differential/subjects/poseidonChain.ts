import { poseidonChain as reference } from "../../../../../src/protocol/commitment.js";
import type { Subject } from "../subject.js";
import { hostileElement } from "../values.js";

/** The digest of the reference, over any elements. */
export function poseidonChain(n: number): Subject {
  return {
    file: "lib/PoseidonChain",
    parameters: [n],
    inputs: ["in"],
    cases: (random) => {
      const words = Array.from({ length: n }, () => hostileElement(random));
      return [{ inputs: { in: words }, verdict: { accepted: true, signals: { out: reference(words) } } }];
    },
  };
}
