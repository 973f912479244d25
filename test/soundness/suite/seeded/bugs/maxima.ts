import { atMostOne } from "../../differential/subjects/atMostOne.js";
import { isolatedMargin } from "../../differential/subjects/isolatedMargin.js";
import { maximum } from "../../differential/subjects/maximum.js";
import { scenarioLoss } from "../../differential/subjects/scenarioLoss.js";
import type { Bug } from "../bug.js";

const MAXIMUM = { file: "lib/Maximum.circom", subject: maximum(3, 8) };
const PAIRS = { file: "lib/AtMostOne.circom", subject: atMostOne(3) };
const ISOLATED = { file: "margin/IsolatedMargin.circom", subject: isolatedMargin(3) };
const SCENARIO = { file: "margin/ScenarioLoss.circom", subject: scenarioLoss(2, 2, 1) };

export const MAXIMA: readonly Bug[] = [
  {
    ...MAXIMUM,
    id: "maximum-not-attained",
    kind: "unconstrained hint",
    passage: "product[n] === 0;\n",
    replacement: "",
    effect: "a loss larger than any scenario's: ill health that is none can be proven",
  },
  {
    ...MAXIMUM,
    id: "maximum-below-zero",
    kind: "missing range check",
    passage: "atLeastZero.in <== out;",
    replacement: "atLeastZero.in <== 0;",
    effect: "a worst scenario that gains lowers the margin",
  },
  {
    ...MAXIMUM,
    id: "maximum-looks-at-one",
    kind: "loop that skips",
    passage: "atLeast[i].in <== out - in[i];",
    replacement: "atLeast[i].in <== out - in[0];",
    effect: "any scenario that is worse than the first will do",
  },
  {
    ...MAXIMUM,
    id: "maximum-difference-reversed",
    kind: "wrong sign",
    passage: "atLeast[i].in <== out - in[i];",
    replacement: "atLeast[i].in <== in[i] - out;",
    effect: "the best scenario instead of the worst",
  },
  {
    ...MAXIMUM,
    id: "maximum-difference-wide",
    kind: "wrong width",
    passage: "atLeast[i] = RangeCheck(bits);",
    replacement: "atLeast[i] = RangeCheck(bits + 4);",
    effect: "differences beyond the bit budget",
  },
  {
    ...MAXIMUM,
    id: "maximum-never-zero",
    kind: "wrong translation",
    passage: "product[0] <== out;",
    replacement: "product[0] <== 1;",
    effect: "an account that gains in every scenario can prove nothing",
  },
  {
    ...MAXIMUM,
    id: "maximum-product-not-tied",
    kind: "unconstrained hint",
    passage: "product[i + 1] <== product[i] * (out - in[i]);",
    replacement: "product[i + 1] <-- product[i] * (out - in[i]); // HINT: product of what is held",
    effect: "as if no scenario had to attain it",
  },
  {
    ...PAIRS,
    id: "pairs-of-neighbours-only",
    kind: "loop that skips",
    passage: "before += in[i];",
    replacement: "before = in[i];",
    effect: "an isolated book with two perpetuals that are no neighbours",
  },
  {
    ...PAIRS,
    id: "pairs-product-not-tied",
    kind: "unconstrained hint",
    passage: "product[i] <== before * in[i];",
    replacement: "product[i] <-- before * in[i]; // HINT: product of what is held",
    effect: "every book is isolated",
  },
  {
    ...PAIRS,
    id: "pairs-last-left-out",
    kind: "loop that skips",
    passage: "for (var i = 0; i < n; i++) {\n        product",
    replacement: "product[n - 1] <== 0;\n    for (var i = 0; i < n - 1; i++) {\n        product",
    effect: "the last asset may be held besides another",
  },
  {
    ...ISOLATED,
    id: "isolated-cancels",
    kind: "wrong sign",
    passage: "(collaterals.pairs + perpetuals.pairs)",
    replacement: "(collaterals.pairs - perpetuals.pairs)",
    effect: "two collaterals and two perpetuals of the same sizes are isolated",
  },
  {
    ...ISOLATED,
    id: "isolated-perpetuals-only",
    kind: "unused signal",
    passage: "(collaterals.pairs + perpetuals.pairs)",
    replacement: "(perpetuals.pairs + perpetuals.pairs)",
    effect: "any number of collaterals",
  },
  {
    ...SCENARIO,
    id: "scenario-gain-is-loss",
    kind: "wrong sign",
    passage: "worst.in[s] <== -sum;",
    replacement: "worst.in[s] <== sum;",
    effect: "the largest gain is margined",
  },
  {
    ...SCENARIO,
    id: "scenario-first-skipped",
    kind: "loop that skips",
    passage: "worst.in[s] <== -sum;",
    replacement: "worst.in[s] <== s == 0 ? 0 : -sum;",
    effect: "the first scenario costs nothing",
  },
  {
    ...SCENARIO,
    id: "scenario-sum-not-reset",
    kind: "double-counted asset",
    passage: "for (var s = 0; s < S; s++) {\n        var sum = 0;",
    replacement: "var sum = 0;\n    for (var s = 0; s < S; s++) {",
    effect: "every scenario adds those before it",
  },
  {
    ...SCENARIO,
    id: "scenario-shocks-transposed",
    kind: "wrong translation",
    passage: "exposure[u] * shock[s][u];",
    replacement: "exposure[u] * shock[u][s];",
    effect: "an asset is shocked by another one's move",
  },
  {
    ...SCENARIO,
    id: "scenario-gain-not-tied",
    kind: "unconstrained hint",
    passage: "gain[s][u] <== exposure[u] * shock[s][u];",
    replacement: "gain[s][u] <-- exposure[u] * shock[s][u]; // HINT: product of what is held",
    effect: "no scenario loses anything",
  },
  {
    ...SCENARIO,
    id: "scenario-narrow",
    kind: "wrong width",
    passage: "PRICE_BITS() + 14 + assetBits + 1",
    replacement: "PRICE_BITS() + assetBits + 1",
    effect: "large accounts can prove nothing",
  },
];
