import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../circuits", import.meta.url));
const files = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".circom"))
    .map((file) => ({ name: join(folder, file), text: readFileSync(join(root, folder, file), "utf8") }));
const all = ["lib", "margin", "main"].flatMap(files);
const code = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");

describe("circuit sources", () => {
  it("hint only in circuits/lib, and say how each hint is pinned", () => {
    let hints = 0;
    for (const { name, text } of all)
      for (const line of text.split("\n")) {
        if (!/<--|-->/.test(code(line))) continue;
        hints++;
        assert.match(name, /^lib\//, name);
        assert.match(line, /\/\/ HINT: \w+/, `${name}: ${line.trim()}`);
      }
    assert.ok(hints > 0);
  });

  it("have one template to a file, at most 120 lines of code, of the file's name", () => {
    for (const { name, text } of all) {
      if (name.startsWith("main/") || name.endsWith("Spec.circom")) continue;
      const templates = [...code(text).matchAll(/template\s+(\w+)/g)].map((match) => match[1]);
      assert.deepEqual(templates, [basename(name, ".circom")], name);
      const lines = code(text)
        .split("\n")
        .filter((line) => line.trim() !== "");
      assert.ok(lines.length <= 120, `${name} has ${lines.length} lines of code`);
    }
  });

  it("assert nothing of a signal: an assertion is no constraint", () => {
    for (const { name, text } of all) {
      const signals = new Set(
        [...code(text).matchAll(/signal\s+(?:input\s+|output\s+)?(\w+)/g)].map((match) => match[1]),
      );
      for (const [, condition = ""] of code(text).matchAll(/assert\((.*)\);/g))
        for (const [word] of condition.matchAll(/[A-Za-z_]\w*/g))
          assert.ok(!signals.has(word), `${name}: ${condition}`);
    }
  });

  it("never divide by a signal and never compare with a comparator that does not bound its inputs", () => {
    for (const { name, text } of all)
      assert.doesNotMatch(
        code(text),
        /comparators\.circom|LessThan|GreaterThan|LessEqThan|GreaterEqThan|IsZero/,
        name,
      );
  });

  it("import downwards only: main, margin, lib, circomlib", () => {
    const layer = ["circomlib", "lib", "margin", "main"];
    for (const { name, text } of all) {
      const here = layer.indexOf(name.split("/")[0] ?? "");
      for (const [, path = ""] of text.matchAll(/include "(.*)"/g)) {
        const there = path.startsWith("circomlib/")
          ? 0
          : path.startsWith("../")
            ? layer.indexOf(path.split("/")[1] ?? "")
            : here;
        assert.ok(there >= 0 && there <= here, `${name} includes ${path}`);
        if (there === 0) assert.ok(here > 0);
      }
    }
  });
});
