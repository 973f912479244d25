import { createHash } from "node:crypto";
import type { System } from "../engine/system.js";

/** A template whose outputs its inputs determine by an argument that the rules of propagation do not reach. */
export interface Lemma {
  readonly template: string;
  /** Signals of one component, by their names in it. */
  readonly given: RegExp;
  readonly determined: RegExp;
  /** What is told apart from every other template by: signals that the component has. */
  readonly signals: readonly string[];
  readonly why: string;
}

export const lemmas: readonly Lemma[] = [
  {
    template: "lib/NettedPair",
    given: /^[ab]$/,
    determined: /^(aPositive|bPositive|aMagnitude|bMagnitude|sumMagnitude)$/,
    signals: ["a", "b", "aIsLargest", "bIsLargest", "largestIsPositive", "p", "q"],
    why:
      "every row of its table is an identity of integers that do not wrap, so all rows that fit a and b have the same outputs: " +
      "tried exhaustively at 3 bits, test/circuits/lib/NettedPair.test.ts",
  },
  {
    template: "lib/Maximum",
    given: /^in\[\d+\]$/,
    determined: /^out$/,
    signals: ["in[0]", "out", "atLeastZero.in", "atLeast[0].in", "product[1]"],
    why:
      "of two outputs each would be 0 or an input, hence at least the other: " +
      "tried for every value at 6 bits, test/circuits/lib/Maximum.test.ts",
  },
  {
    template: "lib/NonZeroWhere",
    given: /^(where|in)$/,
    determined: /^inverse$/,
    signals: ["where", "in", "inverse"],
    why:
      "where the bit is set it is the one inverse of in, elsewhere 0: " +
      "tried in test/circuits/lib/NonZeroWhere.test.ts",
  },
  {
    template: "lib/OneHot",
    given: /^index$/,
    determined: /^at\[\d+\]$/,
    signals: ["index", "at[0]"],
    why: "bits whose sum is 1 are one-hot, and the index says where: tried in test/circuits/lib/OneHot.test.ts",
  },
  {
    template: "lib/KeyAgreement",
    given: /^(scalar|root\[[01]\]|key\[[01]\])$/,
    determined: /./,
    signals: ["scalar", "root[0]", "key[0]", "ephemeral[0]", "shared[0]", "digits[0]"],
    why:
      "each hint is a digit of the scalar or a quotient, whose divisor is 0 for no key of the prime subgroup: the headers of " +
      "circuits/lib/SignedLadder.circom and FixedMultiple.circom; tried at both ends of the scalar, test/circuits/lib/KeyAgreement.test.ts",
  },
];

/** A component to which a lemma applies, if its rules are those that the lemma was argued for. */
export interface Instance {
  readonly lemma: Lemma;
  readonly given: readonly number[];
  readonly determined: readonly number[];
  /** SHA-256 of all rules of the component, signals by their names in it. */
  readonly fingerprint: string;
}

export function instances({ rules, names, wireOf }: System): Instance[] {
  const components = new Set(names.slice(1).map((name) => name.replace(/\.[^.]*$/, "")));
  return [...components].flatMap((component) =>
    lemmas.flatMap((lemma): Instance[] => {
      if (!lemma.signals.every((signal) => wireOf.has(`${component}.${signal}`))) return [];
      const local = (wire: number) => {
        const name = names[wire] ?? "";
        return name.startsWith(`${component}.`) ? name.slice(component.length + 1) : undefined;
      };
      const own = rules.filter(
        ({ wires }) => wires.length > 0 && wires.every((wire) => local(wire) !== undefined),
      );
      const text = own.map(({ a, b, c }) =>
        [a, b, c]
          .map(({ wires, coefficients }) =>
            wires
              .map((wire, i) => `${coefficients[i]}*${wire === 0 ? "1" : local(wire)}`)
              .sort()
              .join("+"),
          )
          .join("|"),
      );
      const matching = (pattern: RegExp) =>
        names.flatMap((_, wire) => (pattern.test(local(wire) ?? "") ? [wire] : []));
      return [
        {
          lemma,
          given: matching(lemma.given),
          determined: matching(lemma.determined),
          fingerprint: createHash("sha256").update(text.sort().join("\n")).digest("hex"),
        },
      ];
    }),
  );
}
