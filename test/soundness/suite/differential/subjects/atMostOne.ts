import type { Random } from "../../../../support/cases.js";
import type { Subject } from "../subject.js";
import { element, hostileElement } from "../values.js";

/** A sum of products of pairs, Σ_{i<j} in[i]·in[j]. */
export const pairsOf = (values: readonly bigint[]): bigint =>
  values.reduce((sum, a, i) => values.slice(i + 1).reduce((more, b) => more + a * b, sum), 0n);

/** Natural numbers of which mostly one or none is not 0. */
export function sparse(random: Random, n: number): bigint[] {
  const values = new Array<bigint>(n).fill(0n);
  for (let many = random.pick([0, 1, 1, 1, 2, n]); many > 0; many--)
    values[random.integer(0, n - 1)] = random.spread(0n, (1n << 65n) - 1n);
  return values;
}

/** 0 exactly where at most one number is not. */
export function atMostOne(n: number): Subject {
  return {
    file: "lib/AtMostOne",
    parameters: [n],
    inputs: ["in"],
    cases: (random) => {
      const natural = random.chance(0.8);
      const values = natural ? sparse(random, n) : Array.from({ length: n }, () => hostileElement(random));
      const pairs = element(pairsOf(values));
      const atMost = values.filter((value) => value !== 0n).length <= 1;
      // What the template is for, said apart from how it is reckoned.
      if (natural && (pairs === 0n) !== atMost) throw new Error("the specification contradicts itself");
      return [{ inputs: { in: values }, verdict: { accepted: true, signals: { pairs } } }];
    },
  };
}
