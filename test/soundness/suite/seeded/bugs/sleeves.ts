import { nonZeroWhere } from "../../differential/subjects/nonZeroWhere.js";
import { sleeve } from "../../differential/subjects/sleeve.js";
import type { Bug } from "../bug.js";

const SLEEVE = { file: "margin/Sleeve.circom", subject: sleeve(7) };
const NON_ZERO = { file: "lib/NonZeroWhere.circom", subject: nonZeroWhere };

/** A sleeve's own numbers, and the template that holds a sign to a number. */
export const SLEEVE_NUMBERS: readonly Bug[] = [
  {
    ...SLEEVE,
    id: "sleeve-without-the-bit",
    kind: "missing verdict",
    passage: "(1 - present) * words[w] === 0;",
    replacement: "",
    effect: "a sleeve in a claim that says it has none: collateral out of nothing for who reads the bit",
  },
  {
    ...SLEEVE,
    id: "sleeve-first-word-alone-without-the-bit",
    kind: "loop that skips",
    passage: "(1 - present) * words[w] === 0;",
    replacement: "(1 - present) * words[0] === 0;",
    effect: "later gains, charge and slack in a claim that says it has no sleeve",
  },
  {
    ...SLEEVE,
    id: "sleeve-detail-without-the-bit",
    kind: "zero or sign not canonical",
    passage: "(1 - present) * detail === 0;\n",
    replacement: "",
    effect: "a book without a sleeve has a commitment that is another's",
  },
  {
    ...SLEEVE,
    id: "sleeve-gains-swapped",
    kind: "wrong wire",
    passage: "number = gain[(i + S - 1) % S];\n        } else if (i == S + 1)",
    replacement: "number = gain[(i + S) % S];\n        } else if (i == S + 1)",
    effect: "other scenarios' gains are committed than are valued",
  },
  {
    ...SLEEVE,
    id: "sleeve-gain-not-in-range",
    kind: "packing before range check",
    passage: "(i == 0 ? value : gain[(i + S - 1) % S]) + 2 ** SLEEVE_BITS();",
    replacement: "(i == 0 ? value : gain[0]) + 2 ** SLEEVE_BITS();",
    effect: "gains overflow into their neighbours: many sleeves behind one commitment",
  },
  {
    ...SLEEVE,
    id: "sleeve-value-not-in-range",
    kind: "packing before range check",
    passage: "(i == 0 ? value : gain",
    replacement: "(i == 0 ? 0 : gain",
    effect: "a value of any size",
  },
  {
    ...SLEEVE,
    id: "sleeve-charge-not-in-range",
    kind: "missing range check",
    passage: "RangeCheck(SLEEVE_BITS())(charge);\n",
    replacement: "",
    effect: "a negative charge pays for the rest of the book",
  },
  {
    ...SLEEVE,
    id: "sleeve-slack-not-in-range",
    kind: "missing range check",
    passage: "RangeCheck(SLACK_BITS())(slack);\n",
    replacement: "",
    effect: "a negative slack makes healthy accounts unhealthy",
  },
  {
    ...SLEEVE,
    id: "sleeve-slack-as-wide-as-a-value",
    kind: "wrong width",
    passage: "RangeCheck(SLACK_BITS())(slack);",
    replacement: "RangeCheck(SLEEVE_BITS())(slack);",
    effect: "a slack beyond what signers look for, so that ill health is never proven",
  },
  {
    ...SLEEVE,
    id: "sleeve-signed-range-one-bit-wide",
    kind: "wrong width",
    passage: "RangeCheck(SLEEVE_BITS() + 1);",
    replacement: "RangeCheck(SLEEVE_BITS() + 2);",
    effect: "digits beyond their base: two sleeves with one list of words",
  },
  {
    ...SLEEVE,
    id: "sleeve-packed-too-close",
    kind: "packing before range check",
    passage: "2 ** ((SLEEVE_BITS() + 1) * (i % SLEEVE_PER_WORD()))",
    replacement: "2 ** (SLEEVE_BITS() * (i % SLEEVE_PER_WORD()))",
    effect: "the same",
  },
  {
    ...SLEEVE,
    id: "sleeve-slack-not-packed",
    kind: "term left out",
    passage: "var number = slack;",
    replacement: "var number = 0;",
    effect: "the slack is the prover's choice",
  },
  {
    ...NON_ZERO,
    id: "non-zero-not-asked",
    kind: "unconstrained hint",
    passage: "in * inverse === where;\n",
    replacement: "",
    effect: "a sign of zero",
  },
  {
    ...NON_ZERO,
    id: "non-zero-of-the-inverse",
    kind: "wrong wire",
    passage: "in * inverse === where;",
    replacement: "where * inverse === where;",
    effect: "the same: an inverse of 1 does",
  },
];
