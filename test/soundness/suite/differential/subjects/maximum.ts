import { FIELD_R } from "../../../../../src/protocol/bounds.js";
import type { Random } from "../../../../support/cases.js";
import { centred } from "../judge.js";
import type { Subject, Verdict } from "../subject.js";
import { aboutBound, element, hostileElement } from "../values.js";

/**
 * The largest input or 0. Every list within the precondition, |in| < 2^(bits − 1), is accepted; beyond it the template
 * refuses what its widths cannot hold.
 */
export function maximum(n: number, bits: number): Subject {
  const verdictOf = (values: readonly bigint[]): Verdict => {
    const out = values.reduce((largest, value) => (value > largest ? value : largest), 0n);
    const fits = values.every((value) => out - value < 1n << BigInt(bits));
    return out >> BigInt(bits - 1) === 0n && fits
      ? { accepted: true, signals: { out } }
      : { accepted: false };
  };
  const list = (random: Random): bigint[] => {
    const within = random.chance(0.6);
    const limit = (1n << BigInt(bits - 1)) - 1n;
    const values = Array.from({ length: n }, () => {
      if (within) return random.signed(limit);
      return centred(random.chance(0.9) ? element(aboutBound(random, bits - 1)) : hostileElement(random));
    });
    // Ties, and neighbours.
    if (n > 1 && random.chance(0.4))
      values[random.integer(0, n - 1)] = (values[0] as bigint) + BigInt(random.integer(-1, 1));
    if (random.chance(0.3)) return values.map((value) => (value > 0n ? -value : value));
    return values;
  };
  return {
    file: "lib/Maximum",
    parameters: [n, bits],
    inputs: ["in"],
    cases: (random) => {
      const values = list(random);
      return [
        { inputs: { in: values.map(element) }, verdict: verdictOf(values.map((v) => centred(element(v)))) },
      ];
    },
    // Another value for the maximum: an input that is not the largest, one more than it, a negative number, 0.
    attacks: (random) => {
      const values = list(random).map((v) => centred(element(v)));
      const out = random.pick([...values, 0n, ...values.map((v) => v + 1n), FIELD_R - 1n]);
      return [
        { inputs: { in: values.map(element) }, verdict: verdictOf(values), choices: { out: element(out) } },
      ];
    },
  };
}
