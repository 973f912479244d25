import assert from "node:assert/strict";
import { assertNamesSources, assertNamesTests, rowsUnder } from "../support/namedTests.js";

/** How many traps of real systems the table numbers; every other attack has no number. */
const TRAPS = 21;

describe("docs/SECURITY.md", () => {
  const rows = rowsUnder("SECURITY.md", ["attack", "defence", "test"]);

  it("has a row for every trap that this package meets, once", () => {
    const numbers = rows
      .flatMap(([attack = ""]) => /^\*\*(\d+)\*\* /.exec(attack)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
    assert.deepEqual(
      numbers,
      Array.from({ length: TRAPS }, (_, i) => i + 1),
    );
  });

  for (const [attack, defence = "", tests = "", ...more] of rows)
    it(`names files and tests that exist: ${attack}`, () => {
      assert.deepEqual(more, [], "three cells");
      assertNamesSources(defence);
      assertNamesTests(tests);
    });
});
