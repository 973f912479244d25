/**
 * The lines "Tests:" of docs/PROPERTIES.md and docs/SECURITY.md: where tests show a property, or fail without a defence. A test
 * says so in a comment before it, `// shows: P5, T9`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const DOCUMENTS = ["docs/PROPERTIES.md", "docs/SECURITY.md"];
const TAG = /^\s*\/\/ shows: ((?:[PTA]\d+)(?:, [PTA]\d+)*)$/;
const ITEM = /^\* \*\*([PTA]\d+)\*\* /;
const TESTS = "  * Tests: ";

/** How many tests of which files show what: by its id, then by file. */
function testsById(): Map<string, Map<string, number>> {
  const shown = new Map<string, Map<string, number>>();
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .map((file) => `test/${file.replaceAll("\\", "/")}`)
    .filter((file) => /\.(ts|sol)$/.test(file))
    .sort();
  for (const file of files)
    for (const line of readFileSync(join(root, file), "utf8").split("\n"))
      for (const id of TAG.exec(line)?.[1]?.split(", ") ?? []) {
        const counts = shown.get(id) ?? new Map<string, number>();
        shown.set(id, counts.set(file, (counts.get(file) ?? 0) + 1));
      }
  return shown;
}

function words(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([file, count]) => `\`${file}\`${count === 1 ? "" : ` (${count})`}`).join(", ");
}

/**
 * The documents as the tests' tags have them, by path; and what is wrong: an entry without a test, a tag that names nothing.
 */
export function shownTests(): {
  readonly documents: Readonly<Record<string, string>>;
  readonly wrong: readonly string[];
} {
  const shown = testsById();
  const wrong: string[] = [];
  const documents = DOCUMENTS.map((document) => {
    let id = "";
    const lines = readFileSync(join(root, document), "utf8").split("\n");
    const text = lines.map((line) => {
      id = ITEM.exec(line)?.[1] ?? id;
      if (!line.startsWith(TESTS.trimEnd())) return line;
      const tests = shown.get(id);
      shown.delete(id);
      if (tests === undefined) wrong.push(`${document}: no test shows ${id}`);
      return TESTS + words(tests ?? new Map());
    });
    return [document, text.join("\n")];
  });
  for (const id of shown.keys()) wrong.push(`a test shows ${id}, which no document has`);
  return { documents: Object.fromEntries(documents), wrong };
}
