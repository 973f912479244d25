import { rangeCheck } from "../../differential/subjects/rangeCheck.js";
import { signedSplit } from "../../differential/subjects/signedSplit.js";
import type { Bug } from "../bug.js";

const RANGE = { file: "lib/RangeCheck.circom", subject: rangeCheck(8) };
const SPLIT = { file: "lib/SignedSplit.circom", subject: signedSplit(8) };

export const RANGES: readonly Bug[] = [
  {
    ...RANGE,
    id: "range-not-tied",
    kind: "missing range check",
    passage: "decomposition.in <== in;",
    replacement: "decomposition.in <-- in; // HINT: decomposed below",
    effect: "every element of the field is in range",
  },
  {
    ...RANGE,
    id: "range-one-bit-wide",
    kind: "wrong width",
    passage: "Num2Bits(bits)",
    replacement: "Num2Bits(bits + 1)",
    effect: "numbers up to twice the bound are in range",
  },
  {
    ...RANGE,
    id: "range-one-bit-narrow",
    kind: "wrong width",
    passage: "Num2Bits(bits)",
    replacement: "Num2Bits(bits - 1)",
    effect: "honest numbers are refused",
  },
  {
    ...RANGE,
    id: "range-aliases",
    kind: "field alias",
    passage: "assert(bits <= 251);",
    replacement: "assert(bits <= 254);",
    effect: "a range of 254 bits holds nothing: every element has a decomposition, and many have two",
    tooWide: rangeCheck(252),
  },
  {
    ...RANGE,
    id: "range-bits-need-be-none",
    kind: "selector that is no bit",
    passage: "component decomposition = Num2Bits(bits);\n    decomposition.in <== in;",
    replacement:
      "signal bit[bits];\n    var sum = 0;\n    for (var i = 0; i < bits; i++) {\n" +
      "        bit[i] <-- (in >> i) & 1; // HINT: pinned by their sum\n        sum += bit[i] * 2 ** i;\n    }\n    sum === in;",
    effect: "the lowest `bit` may be the number itself, whatever it is",
  },
  {
    ...SPLIT,
    id: "split-sign-of-half",
    kind: "off by one",
    passage: "in + 2 ** bits;",
    replacement: "in + 2 ** (bits - 1);",
    effect: "small positive numbers count as negative",
  },
  {
    ...SPLIT,
    id: "split-sign-of-wrong-bit",
    kind: "wrong wire",
    passage: "in * offset.out[bits];",
    replacement: "in * offset.out[bits - 1];",
    effect: "the sign is another bit's",
  },
  {
    ...SPLIT,
    id: "split-offset-not-tied",
    kind: "unconstrained hint",
    passage: "offset.in <== in + 2 ** bits;",
    replacement: "offset.in <-- in + 2 ** bits; // HINT: decomposed by the component",
    effect: "a loss is a gain: the sign is the prover's choice",
  },
  {
    ...SPLIT,
    id: "split-negative-not-tied",
    kind: "unconstrained hint",
    passage: "negative <== positive - in;",
    replacement: "negative <-- positive - in; // HINT: follows from positive",
    effect: "a loss of any size",
  },
  {
    ...SPLIT,
    id: "split-sign-reversed",
    kind: "wrong sign",
    passage: "in * offset.out[bits];",
    replacement: "in * (1 - offset.out[bits]);",
    effect: "gains and losses change places",
  },
  {
    ...SPLIT,
    id: "split-one-bit-wide",
    kind: "wrong width",
    passage: "Num2Bits(bits + 1)",
    replacement: "Num2Bits(bits + 2)",
    effect: "numbers beyond the bound are accepted, with the sign of a negative one",
  },
];
