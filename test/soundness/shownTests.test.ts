import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { shownTests } from "../../scripts/shownTests.js";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
/** The identifiers of a document's entries with this letter, in order. */
const identifiers = (document: string, letter: string) =>
  [...read(document).matchAll(new RegExp(`^\\* \\*\\*${letter}([0-9]+)\\*\\* `, "gm"))].map(([, number]) =>
    Number(number),
  );
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

/** How many traps of real systems docs/SECURITY.md numbers. */
const TRAPS = 21;

describe("properties and defences", () => {
  it("have tests that say so, and no test shows what no document has (npm run docs)", () => {
    const { documents, wrong } = shownTests();
    assert.deepEqual(wrong, []);
    for (const [document, text] of Object.entries(documents)) assert.equal(read(document), text, document);
  });

  it("have one identifier each, and every trap has an entry", () => {
    const properties = identifiers("docs/PROPERTIES.md", "P");
    assert.deepEqual(
      properties.sort((a, b) => a - b),
      upTo(properties.length),
    );
    const attacks = identifiers("docs/SECURITY.md", "A");
    assert.deepEqual(
      attacks.sort((a, b) => a - b),
      upTo(attacks.length),
    );
    assert.deepEqual(
      identifiers("docs/SECURITY.md", "T").sort((a, b) => a - b),
      upTo(TRAPS),
    );
  });

  it("have defences in files that exist", () => {
    const defences = read("docs/SECURITY.md")
      .split("\n")
      .filter((line) => line.startsWith("  * Defence: "));
    assert.ok(defences.length >= TRAPS);
    for (const defence of defences) {
      const files = [...defence.matchAll(/`((?:src|circuits|contracts|scripts|web)\/[^`]*)`/g)].map(
        ([, file = ""]) => file,
      );
      assert.ok(files.length > 0, `a defence is somewhere: ${defence}`);
      for (const file of files) assert.ok(existsSync(new URL(`../../${file}`, import.meta.url)), file);
    }
  });
});
