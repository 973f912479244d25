import { poseidonSponge, poseidonChain as reference } from "../../../../../src/protocol/commitment.js";
import type { Subject } from "../subject.js";
import { hostileElement } from "../values.js";

/** The digest of the reference, over any elements. */
export const poseidonChain = (n: number): Subject => digestOf("lib/PoseidonChain", n);
export const permutationChain = (n: number): Subject => digestOf("lib/PermutationChain", n);

/** Its first word is the digest, the others the rate, as the reference has them. */
export function permutation(n: number, outputs: number): Subject {
  return {
    file: "lib/Permutation",
    parameters: [n, outputs],
    inputs: ["inputs"],
    cases: (random) => {
      const inputs = Array.from({ length: n }, () => hostileElement(random));
      const said = [reference(inputs), ...poseidonSponge(inputs)].slice(0, outputs);
      const signals = Object.fromEntries(said.map((value, i) => [`out[${i}]`, value]));
      return [{ inputs: { inputs }, verdict: { accepted: true, signals } }];
    },
  };
}

function digestOf(file: string, n: number): Subject {
  return {
    file,
    parameters: [n],
    inputs: ["in"],
    cases: (random) => {
      const words = Array.from({ length: n }, () => hostileElement(random));
      return [{ inputs: { in: words }, verdict: { accepted: true, signals: { out: reference(words) } } }];
    },
  };
}
