import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  assertNothingOfSignals,
  compareBoundedOnly,
  hints,
  hintsInLibOnly,
  importDownwards,
  oneTemplateToAFile,
  type SourceRule,
} from "./sourceRules.js";

const root = fileURLToPath(new URL("../../circuits", import.meta.url));
const files = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".circom"))
    .map((file) => ({ name: `${folder}/${file}`, text: readFileSync(join(root, folder, file), "utf8") }));
const all = ["lib", "margin", "clearing", "main"].flatMap(files);

describe("circuit sources", () => {
  const keep = (rule: SourceRule) => assert.deepEqual(all.flatMap(rule), []);

  // shows: T4
  it("hint only in circuits/lib, and say how each hint is pinned", () => {
    assert.ok(all.some((source) => hints(source).length > 0));
    keep(hintsInLibOnly);
  });

  it("have one template to a file, at most 130 lines of code, of the file's name", () =>
    keep(oneTemplateToAFile));

  // shows: T4
  it("assert nothing of a signal: an assertion is no constraint", () => keep(assertNothingOfSignals));

  // shows: T1
  it("never divide by a signal and never compare with a comparator that does not bound its inputs", () =>
    keep(compareBoundedOnly));

  it("import downwards only: main, clearing, margin, lib, circomlib", () => keep(importDownwards));

  it("are refused where they break a rule", () => {
    const broken: [SourceRule, string, string][] = [
      [hintsInLibOnly, "margin/A.circom", "x <-- y; // HINT: pinned below"],
      [hintsInLibOnly, "lib/A.circom", "x <-- y;"],
      [oneTemplateToAFile, "lib/A.circom", "template B() {}"],
      [oneTemplateToAFile, "lib/A.circom", `template A() {\n${"x;\n".repeat(130)}}`],
      [assertNothingOfSignals, "lib/A.circom", "signal input x;\nassert(x < 2);"],
      [assertNothingOfSignals, "lib/A.circom", "signal input {maxbit} x;\nassert(x.maxbit < 2 && x < 2);"],
      [compareBoundedOnly, "lib/A.circom", "component less = LessThan(8);"],
      [importDownwards, "lib/A.circom", 'include "../margin/B.circom";'],
      [importDownwards, "circomlib/A.circom", 'include "circomlib/circuits/bitify.circom";'],
    ];
    for (const [rule, name, text] of broken) assert.equal(rule({ name, text }).length, 1, text);
  });
});
