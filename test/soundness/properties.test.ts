import assert from "node:assert/strict";
import { assertNamesTests, rowsUnder } from "../support/namedTests.js";

describe("docs/PROPERTIES.md", () => {
  const rows = rowsUnder("PROPERTIES.md", ["", "property", "tests"]);

  it("numbers its properties in order", () => {
    assert.ok(rows.length > 0);
    assert.deepEqual(
      rows.map(([number]) => number),
      rows.map((_, i) => `**P${i + 1}**`),
    );
  });

  for (const [number, property, tests = "", ...more] of rows)
    it(`names tests that exist: ${number} ${property}`, () => {
      assert.deepEqual(more, [], "three cells");
      assertNamesTests(tests);
    });
});
