import { FIELD_R } from "../../../../../src/protocol/bounds.js";
import type { Random } from "../../../../support/cases.js";
import { centred } from "../judge.js";
import type { Attack, Subject, Verdict } from "../subject.js";
import { aboutBound, element, hostileElement } from "../values.js";

const magnitude = (x: bigint) => (x < 0n ? -x : x);
const positive = (x: bigint) => (x > 0n ? x : 0n);

/** The template's own bound: of |a|, |b| and |a + b| the two smaller are below 2^bits. */
export function netsWithin(bits: number, a: bigint, b: bigint): boolean {
  const limit = 1n << BigInt(bits);
  return [a, b, centred(element(a + b))].filter((x) => magnitude(x) >= limit).length <= 1;
}

function verdictOf(bits: number, a: bigint, b: bigint): Verdict {
  if (!netsWithin(bits, a, b)) return { accepted: false };
  const signals = {
    aPositive: positive(a),
    bPositive: positive(b),
    aMagnitude: magnitude(a),
    bMagnitude: magnitude(b),
    sumMagnitude: magnitude(a + b),
  };
  return { accepted: true, signals };
}

/** Signs and magnitudes of two numbers and of their sum. */
export function nettedPair(bits: number): Subject {
  const hostile = (random: Random) =>
    centred(random.chance(0.85) ? element(aboutBound(random, bits)) : hostileElement(random));
  const inputs = (a: bigint, b: bigint) => ({ a: [element(a)], b: [element(b)] });
  return {
    file: "lib/NettedPair",
    parameters: [bits],
    inputs: ["a", "b"],
    cases: (random) => {
      const a = hostile(random);
      const b = random.chance(0.4) ? -a + BigInt(random.integer(-1, 1)) : hostile(random);
      return [{ inputs: inputs(a, b), verdict: verdictOf(bits, a, centred(element(b))) }];
    },
    // A prover begins at the end: some row, sign and magnitudes, a selector that need be no bit; and the a and b for
    // which the last two constraints hold with them. So nothing but the bits and the ranges is left to stop it.
    attacks: (random) => {
      const selector = () => BigInt(random.pick([0, 0, 1, 1, 1, 2, -1, 3]));
      const aIsLargest = selector();
      const bIsLargest = random.chance(0.3) ? 0n : selector();
      const largestIsPositive = selector();
      const size = () =>
        random.chance(0.7) ? random.spread(0n, (1n << BigInt(bits)) - 1n) : aboutBound(random, bits);
      const [p, q] = [size(), size()];
      // Or a product that is not the product of its factors.
      const deviation = () => (random.chance(0.1) ? BigInt(random.integer(-3, 3)) : 0n);
      const sign = 2n * largestIsPositive - 1n;
      const qIfA = aIsLargest * q + deviation();
      const pIfSum = (1n - aIsLargest - bIsLargest) * p + deviation();
      const signOfA = (1n - 2n * bIsLargest) * sign + deviation();
      const signOfB = (1n - 2n * aIsLargest) * sign + deviation();
      const a = signOfA * (p + qIfA);
      const b = signOfB * (p + q - pIfSum - qIfA);
      const said = { aIsLargest, bIsLargest, largestIsPositive, p, q, qIfA, pIfSum, signOfA, signOfB };
      return [attack(a, b, said), scaledSign(random)];
    },
  };

  function attack(a: bigint, b: bigint, hints: Readonly<Record<string, bigint>>): Attack {
    const choices = Object.fromEntries(Object.entries(hints).map(([name, value]) => [name, element(value)]));
    return { inputs: inputs(a, b), verdict: verdictOf(bits, a, b), choices };
  }

  /** A sign that is no sign but a fraction: magnitudes that are multiples of the true ones. */
  function scaledSign(random: Random): Attack {
    const factor = BigInt(random.integer(2, 5));
    const a = BigInt(random.integer(1, 1000));
    const b = BigInt(random.integer(1, 1000));
    // 2σ − 1 = 1 / factor
    const sigma = ((inverse(factor) + 1n) * inverse(2n)) % FIELD_R;
    const hints = { aIsLargest: 0n, bIsLargest: 0n, largestIsPositive: sigma, p: factor * a, q: factor * b };
    return attack(a, b, hints);
  }
}

function inverse(x: bigint): bigint {
  let [result, base] = [1n, x];
  for (let exponent = FIELD_R - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % FIELD_R;
    base = (base * base) % FIELD_R;
  }
  return result;
}
