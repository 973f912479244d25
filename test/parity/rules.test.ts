import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** What declares a name, by the end of its file's name. */
const DECLARES: Record<string, (name: string) => RegExp> = {
  ts: (name) => new RegExp(`^export (const|function) ${name}\\b`, "m"),
  circom: (name) => new RegExp(`^template ${name}\\(`, "m"),
  sol: (name) => new RegExp(`\\b(constant|contract|function|library) ${name}\\b`),
};

describe("the table of shared rules in CONTRIBUTING.md", () => {
  const rows = (read("CONTRIBUTING.md").split("### Where a rule lives")[1] ?? "")
    .split("\n## ")[0]
    ?.split("\n")
    .filter((line) => /^\| (?!rule|---)/.test(line));

  it("has the five rules that everybody looks for, and some more", () => {
    assert.ok((rows?.length ?? 0) >= 5);
  });

  for (const row of rows ?? [])
    it(`names where each language has it:${row.split("|")[1]}`, () => {
      const places = [...row.matchAll(/`(\w+)` in `([\w/.]+)`/g)];
      assert.ok(places.length > 0 && places.length <= 3);
      for (const [, name = "", file = ""] of places) {
        const declares = DECLARES[file.split(".").at(-1) ?? ""]?.(name) ?? assert.fail(file);
        assert.match(read(file), declares, `${name} in ${file}`);
      }
    });
});
