import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** What IEEE 754 fixes to the last bit, or what involves no rounding at all. */
const EXACT = /^(abs|sqrt|min|max|floor|ceil|round|trunc|sign|SQRT1_2|fround|imul|clz32)$/;

/** The members of Math that a text uses, and "**" if it raises numbers to powers. */
function mathOf(code: string): string[] {
  const text = code.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  return [...text.matchAll(/\bMath\.(\w+)/g)].map(([, name = ""]) => name);
}

describe("the risk engine", () => {
  // shows: P53
  it("calculates with + − × ÷ and square roots alone", () => {
    const root = new URL("../../src/risk/", import.meta.url);
    const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    assert.ok(files.length > 20);
    for (const file of files) {
      const code = readFileSync(new URL(file, root), "utf8");
      for (const name of mathOf(code)) assert.match(name, EXACT, `${file}: Math.${name}`);
      // A power of bigints is exact; of numbers it is Math.pow.
      const powers = [...code.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "").matchAll(/(\S+)\s*\*\*/g)];
      for (const [, base = ""] of powers) assert.match(base, /n$|^power|^BPS$/, `${file}: ${base} **`);
    }
  });

  it("decomposes matrices with a library that does the same", () => {
    const library = readFileSync(createRequire(import.meta.url).resolve("ml-matrix"), "utf8");
    const part = (from: string, to: string) => library.slice(library.indexOf(from), library.indexOf(to));
    const hypotenuse = library.slice(library.indexOf("function hypotenuse")).split("\n}\n")[0] ?? "";
    const used = part("function tred2", "function orthes") + hypotenuse;
    assert.ok(used.includes("function tql2"));
    for (const name of mathOf(used)) assert.match(name, EXACT, `ml-matrix: Math.${name}`);
  });
});
