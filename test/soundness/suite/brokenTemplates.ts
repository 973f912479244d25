import * as lib from "./specimens/lib.js";
import * as margin from "./specimens/margin.js";
import type { Specimen } from "./specimens/specimen.js";

/** Templates with one line taken out, or weakened: what must be noticed. */
export const brokenTemplates: readonly (readonly [
  what: string,
  specimen: Specimen,
  passage: string,
  replacement: string,
])[] = [
  ["a row that is no bit", lib.nettedPair(8), "aIsLargest * (aIsLargest - 1) === 0;", ""],
  ["another row that is no bit", lib.nettedPair(8), "bIsLargest * (bIsLargest - 1) === 0;", ""],
  ["a sign that is no bit", lib.nettedPair(8), "largestIsPositive * (largestIsPositive - 1) === 0;", ""],
  ["two rows at once", lib.nettedPair(8), "aIsLargest * bIsLargest === 0;", ""],
  [
    "a magnitude without range",
    lib.nettedPair(8),
    "component pRange = Num2Bits(bits);\n    pRange.in <== p;",
    "",
  ],
  [
    "another magnitude without range",
    lib.nettedPair(8),
    "component qRange = Num2Bits(bits);\n    qRange.in <== q;",
    "",
  ],
  [
    "a product that is hinted",
    lib.nettedPair(8),
    "signal qIfA <== aIsLargest * q",
    "signal qIfA <-- aIsLargest * q",
  ],
  ["a product that is hinted", lib.nettedPair(8), "signal pIfSum <== (1", "signal pIfSum <-- (1"],
  ["a sign that is hinted", lib.nettedPair(8), "signal signOfA <== (1", "signal signOfA <-- (1"],
  ["a sign that is hinted", lib.nettedPair(8), "signal signOfB <== (1", "signal signOfB <-- (1"],
  ["a magnitude that is not tied", lib.nettedPair(8), "signOfA * aMagnitude === a;", ""],
  ["a magnitude that is not tied", lib.nettedPair(8), "signOfB * bMagnitude === b;", ""],
  ["a maximum that is not attained", lib.maximum(3, 20), "product[n] === 0;", ""],
  ["a maximum below 0", lib.maximum(3, 20), "atLeastZero.in <== out;", "atLeastZero.in <== 0;"],
  ["a maximum below an input", lib.maximum(3, 20), "atLeast[i].in <== out - in[i];", "atLeast[i].in <== 0;"],
  [
    "a product that is hinted",
    lib.maximum(3, 20),
    "product[i + 1] <== product",
    "product[i + 1] <-- product",
  ],
  ["a part that is hinted", lib.signedSplit(16), "positive <== in", "positive <-- in"],
  ["a wide range", lib.rangeCheck(16), "Num2Bits(bits)", "Num2Bits(bits + 1)"],
  ["a product that is hinted", lib.atMostOne(4), "product[i] <== before", "product[i] <-- before"],
  [
    "a rule that is not held",
    margin.isolatedMargin(4),
    "isolated * (collaterals.pairs + perpetuals.pairs) === 0;",
    "",
  ],
  [
    "a part of a rule",
    margin.isolatedMargin(4),
    "(collaterals.pairs + perpetuals.pairs)",
    "collaterals.pairs",
  ],
  ["θ of 0", margin.readClaim(), "thetaAboveZero.in <== theta - 1;", "thetaAboveZero.in <== theta;"],
  [
    "an envelope above 1",
    margin.readClaim(),
    "envelopeAtMostOne.in <== BPS() - envelope;",
    "envelopeAtMostOne.in <== 0;",
  ],
  ["an envelope of ill health", margin.readClaim(), "(1 - healthy) * envelope === 0;", ""],
  ["a verdict that is hinted", margin.readClaim(), "healthy <== word", "healthy <-- word"],
  ["the wrong price", margin.assetRisk(), "low + high - owned;", "high;"],
  ["a charge that is hinted", margin.assetRisk(), "signal square <== quantity", "signal square <-- quantity"],
  [
    "a sum of only one",
    margin.assetRisk(),
    "rateMargin <== perpCharge + liquidityCharge;",
    "rateMargin <== perpCharge;",
  ],
  [
    "a basis without range",
    margin.commitBook(1),
    "basisRange.in <== basis + 2 ** BASIS_BITS();",
    "basisRange.in <== 0;",
  ],
  [
    "a scenario left out",
    margin.scenarioLoss(2, 2, 1),
    "worst.in[s] <== -sum;",
    "worst.in[s] <== s == 0 ? -sum : 0;",
  ],
];
