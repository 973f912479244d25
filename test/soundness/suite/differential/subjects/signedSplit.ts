import { centred } from "../judge.js";
import type { Subject } from "../subject.js";
import { aboutBound, element, hostileElement } from "../values.js";

/** Accepted exactly where −2^bits ≤ in < 2^bits; its parts are then max(±in, 0). */
export function signedSplit(bits: number): Subject {
  const limit = 1n << BigInt(bits);
  return {
    file: "lib/SignedSplit",
    parameters: [bits],
    inputs: ["in"],
    cases: (random) => {
      const value = random.chance(0.7) ? element(aboutBound(random, bits)) : hostileElement(random);
      const signed = centred(value);
      const inputs = { in: [value] };
      if (signed < -limit || signed >= limit) return [{ inputs, verdict: { accepted: false } }];
      const signals = { positive: signed > 0n ? signed : 0n, negative: signed < 0n ? -signed : 0n };
      return [{ inputs, verdict: { accepted: true, signals } }];
    },
  };
}
