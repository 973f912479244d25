import assert from "node:assert/strict";
import { compileTemplate } from "../support/circuit.js";

/** The widest number each template takes, and the least that it must refuse: beyond it, numbers of the field alias. */
const WIDEST: readonly (readonly [file: string, before: readonly number[], widest: number])[] = [
  ["lib/RangeCheck", [], 251],
  ["lib/SignedSplit", [], 250],
  ["lib/NettedPair", [], 125],
  ["lib/Maximum", [1], 251],
];

describe("a template does not compile beyond the width at which it is sound", () => {
  for (const [file, before, widest] of WIDEST)
    it(`${file}: ${widest} bits and no more`, async () => {
      await compileTemplate(file, [...before, widest]);
      await assert.rejects(compileTemplate(file, [...before, widest + 1]), /False assert reached/);
    });
});
