import { poseidonChain, poseidonSponge } from "../../../../src/protocol/commitment.js";
import type { Random } from "../../../support/cases.js";
import { field } from "../../../support/field.js";
import { signed } from "../engine/field.js";
import { about, hostile, list } from "./hostile.js";
import { type Signals, template } from "./specimen.js";

const power = (bits: number) => 1n << BigInt(bits);
const size = (x: bigint) => (x < 0n ? -x : x);
const positive = (x: bigint) => (x > 0n ? x : 0n);
/** Sum of the products of every two. */
export const pairs = (values: readonly bigint[]) => {
  const sum = values.reduce((a, b) => a + b, 0n);
  return (sum * sum - values.reduce((a, b) => a + b * b, 0n)) / 2n;
};

/** The five outputs of NettedPair(bits), or undefined where it refuses: of three magnitudes two must be below 2^bits. */
export function netted(a: bigint, b: bigint, bits: number): Record<string, bigint> | undefined {
  const sizes = [size(a), size(b), size(a + b)];
  if (sizes.filter((x) => x < power(bits)).length < 2) return undefined;
  return {
    aPositive: positive(a),
    bPositive: positive(b),
    aMagnitude: size(a),
    bMagnitude: size(b),
    sumMagnitude: size(a + b),
  };
}

export function rangeCheck(bits: number) {
  return template("lib/RangeCheck", [bits], ["in"], {
    sample: (random) => ({ in: [about(random, bits)] }),
    meaning: ({ in: [x = 0n] = [] }) => (x < power(bits) ? {} : "refused"),
  });
}

export function signedSplit(bits: number) {
  return template("lib/SignedSplit", [bits], ["in"], {
    sample: (random) => ({ in: [about(random, bits)] }),
    meaning: ({ in: [word = 0n] = [] }) => {
      const x = signed(word);
      if (x < -power(bits) || x >= power(bits)) return "refused";
      return { positive: [positive(x)], negative: [positive(-x)] };
    },
  });
}

export function nettedPair(bits: number) {
  return template("lib/NettedPair", [bits], ["a", "b"], {
    sample: (random) => {
      const a = about(random, bits);
      const other = random.pick([a, field(-a), 0n, field(1n - a), field(power(bits) - a)]);
      return { a: [a], b: [random.chance(0.4) ? other : about(random, bits)] };
    },
    meaning: ({ a: [a = 0n] = [], b: [b = 0n] = [] }) => {
      const outputs = netted(signed(a), signed(b), bits);
      return outputs
        ? Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, [value]]))
        : "refused";
    },
  });
}

/** Only a bit may be where it is asked for: the caller holds that. */
export function nonZeroWhere() {
  return template("lib/NonZeroWhere", [], ["where", "in"], {
    sample: (random) => ({
      where: [random.chance(0.05) ? hostile(random) : random.bits(1)],
      in: [random.chance(0.3) ? 0n : hostile(random)],
    }),
    meaning: ({ where: [where = 0n] = [], in: [x = 0n] = [] }) => {
      if (where > 1n) return "unclaimed";
      return where === 1n && x === 0n ? "refused" : {};
    },
  });
}

export function maximum(n: number, bits: number) {
  return template("lib/Maximum", [n, bits], ["in"], {
    sample: (random) => {
      const negative = random.chance(0.3);
      const tie = about(random, bits - 1);
      const one = () => (random.chance(0.2) ? tie : about(random, random.chance(0.5) ? bits - 1 : 4));
      return { in: list(n, () => (negative ? field(-size(signed(one()))) : one())) };
    },
    meaning: ({ in: words = [] }) => {
      const values = words.map(signed);
      if (values.some((x) => size(x) >= power(bits - 1))) return "unclaimed";
      return { out: [values.reduce((a, b) => (b > a ? b : a), 0n)] };
    },
  });
}

export function atMostOne(n: number) {
  return template("lib/AtMostOne", [n], ["in"], {
    sample: (random) => ({ in: sparse(random, n) }),
    meaning: ({ in: values = [] }) => ({ pairs: [field(pairs(values))] }),
  });
}

/** Natural numbers below 2^65, few of them above 0. */
export function sparse(random: Random, n: number): bigint[] {
  const density = random.pick([0, 1 / n, 2 / n, 1]);
  return list(n, () => (random.chance(density) ? size(signed(about(random, 65))) : 0n));
}

export const poseidonChainOf = (n: number) => digestOf("lib/PoseidonChain", n);
export const permutationChainOf = (n: number) => digestOf("lib/PermutationChain", n);

function digestOf(file: string, n: number) {
  return template(file, [n], ["in"], {
    sample: (random) => ({ in: list(n, () => hostile(random)) }),
    meaning: ({ in: words = [] }: Signals) => ({ out: [poseidonChain(words)] }),
  });
}

export function permutation(n: number, outputs: number) {
  return template("lib/Permutation", [n, outputs], ["inputs"], {
    sample: (random) => ({ inputs: list(n, () => hostile(random)) }),
    meaning: ({ inputs = [] }: Signals) => ({
      out: [poseidonChain(inputs), ...poseidonSponge(inputs)].slice(0, outputs),
    }),
  });
}
