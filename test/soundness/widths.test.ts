import assert from "node:assert/strict";
import { compileTemplate, compileText } from "../support/circuit.js";

/** The widest number each template takes, and the least that it must refuse: beyond it, numbers of the field alias. */
const WIDEST: readonly (readonly [file: string, before: readonly number[], widest: number])[] = [
  ["lib/RangeCheck", [], 251],
  ["lib/SignedSplit", [], 250],
  ["lib/NettedPair", [], 125],
  ["lib/Maximum", [1], 251],
  ["lib/SignedDigits", [], 248],
];

describe("a template does not compile beyond the width at which it is sound", () => {
  // shows: P5, T2
  for (const [file, before, widest] of WIDEST)
    it(`${file}: ${widest} bits and no more`, async () => {
      await compileTemplate(file, [...before, widest]);
      await assert.rejects(compileTemplate(file, [...before, widest + 1]), /False assert reached/);
    });
});

/** A main template that passes on its input `x` under these tags, to a template that demands them. */
function passing(include: string, tagged: string, uses: string): string {
  return `pragma circom 2.1.6;
include "../${include}.circom";
template Main() {
    signal input x;
    ${tagged}
    value <== x;
    ${uses}
}
component main = Main();
`;
}

describe("a template takes no input without the tag that its header demands", () => {
  const atMostOne = "component rule = AtMostOne(1);\n    rule.in[0] <== value;";
  const isolated =
    "component rule = IsolatedMargin(1);\n    rule.isolated <== value;\n    rule.spotPositive[0] <== bits;\n    rule.perpMagnitude[0] <== bits;";
  const healthy = "component asset = AssetRisk();\n    asset.healthy <== value;";
  const natural = (bits: number) => `signal {maxbit} value;\n    value.maxbit = ${bits};`;
  const loss =
    "component worst = ScenarioLoss(1, 1, 0);\n    worst.exposure[0] <== value;\n    worst.shock[0][0] <== 1;\n    worst.other[0] <== 0;";
  const signed = (bits: number) => `signal {maxbit_abs} value;\n    value.maxbit_abs = ${bits};`;
  const cases: readonly (readonly [
    include: string,
    good: string,
    bad: string,
    uses: string,
    error: RegExp,
  ])[] = [
    ["lib/AtMostOne", natural(65), natural(66), atMostOne, /False assert reached/],
    ["lib/AtMostOne", natural(65), "signal value;", atMostOne, /tag/],
    ["margin/ScenarioLoss", signed(129), signed(130), loss, /False assert reached/],
    ["margin/ScenarioLoss", signed(129), "signal value;", loss, /tag/],
    [
      "margin/IsolatedMargin",
      "signal {maxbit} bits;\n    bits.maxbit = 1;\n    bits <== x;\n    signal {binary} value;",
      "signal {maxbit} bits;\n    bits.maxbit = 1;\n    bits <== x;\n    signal value;",
      isolated,
      /tag/,
    ],
  ];
  for (const [i, [include, good, bad, uses, error]] of cases.entries())
    it(`${include}: ${bad.split("\n")[0]}`, async () => {
      await compileText(`tags-${i}`, passing(include, good, uses), undefined, true);
      await assert.rejects(compileText(`tags-${i}`, passing(include, bad, uses), undefined, true), error);
    });

  for (const [include, uses] of [
    ["margin/AssetRisk", healthy],
    ["margin/Sleeve", "component sleeve = Sleeve(16);\n    sleeve.present <== value;"],
    ["lib/NonZeroWhere", "NonZeroWhere()(value, x);"],
  ] as const)
    it(`${include}: signal value;`, () =>
      assert.rejects(
        compileText("tags-bit", passing(include, "signal value;", uses), undefined, true),
        /tag/,
      ));
});
