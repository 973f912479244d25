import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(join(root, "docs", "SOUNDNESS.md"), "utf8");
const rows = text.split("\n").filter((line) => /^\| \*\*\d+\*\* /.test(line));

/** The titles of a test file as its source has them, a template's `${…}` included; of a contract's the function names. */
function titles(file: string): string[] {
  const source = readFileSync(join(root, file), "utf8");
  if (file.endsWith(".sol"))
    return [...source.matchAll(/\bfunction ((?:test|testFuzz|invariant)_\w+)\(/g)].map(
      ([, name = ""]) => name,
    );
  return [...source.matchAll(/\bit\(\s*(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g)].map(
    ([, plain, template]) => plain ?? template ?? "",
  );
}

describe("docs/SOUNDNESS.md", () => {
  it("has a row for every trap that this package meets, in order", () => {
    const numbers = rows.map((row) => Number(/\d+/.exec(row)?.[0]));
    assert.deepEqual(
      numbers,
      Array.from({ length: 21 }, (_, i) => i + 1),
    );
  });

  for (const row of rows) {
    const [trap = "", defence = "", tests = "", ...more] = row.replace(/^\| | \|$/g, "").split(" | ");
    it(`names files and tests that exist: ${trap}`, () => {
      assert.deepEqual(more, [], "three cells");
      const files = [...defence.matchAll(/`((?:src|circuits|contracts)\/[^`]*)`/g)].map(
        ([, file = ""]) => file,
      );
      assert.ok(files.length > 0, "a defence is somewhere");
      for (const file of files) assert.ok(existsSync(join(root, file)), file);
      for (const one of tests.split("; ")) {
        const [, file, title = ""] =
          /^`((?:test\/[^`]*\.test\.ts)|(?:contracts\/test\/[^`]*\.sol))` "(.*)"$/.exec(one) ?? [];
        assert.ok(file !== undefined && existsSync(join(root, file)), one);
        assert.ok(titles(file).includes(title), `${file} has no test "${title}"`);
      }
    });
  }
});
