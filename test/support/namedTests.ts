import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A row of a table of Markdown, without its heading. */
export type Row = readonly string[];

/** The rows of the tables of a document whose heading has these cells, in order. */
export function rowsUnder(document: string, heading: readonly string[]): Row[] {
  const lines = readFileSync(join(root, "docs", document), "utf8").split("\n");
  const rows: Row[] = [];
  let inside = false;
  for (const line of lines) {
    if (!line.startsWith("| ")) inside = false;
    else if (line === heading.map((cell) => `| ${cell}${cell && " "}`).join("") + "|") inside = true;
    else if (inside && !line.startsWith("| ---")) rows.push(line.replace(/^\| | \|$/g, "").split(" | "));
  }
  return rows;
}

/**
 * The titles of a test file as its source has them, a template's `${…}` included; of a contract the names of its test
 * functions. In what is no mocha file any text in quotes may be a title.
 */
function titles(file: string): string[] {
  const source = readFileSync(join(root, file), "utf8");
  if (file.endsWith(".sol"))
    return [...source.matchAll(/\bfunction ((?:test|invariant)_\w+)\(/g)].map(([, name = ""]) => name);
  const call = file.endsWith(".test.ts") ? /\bit\(\s*/.source : "";
  const quoted = /(?:"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/.source;
  return [...source.matchAll(new RegExp(call + quoted, "g"))].map(
    ([, plain, template]) => plain ?? template ?? "",
  );
}

/** Asserts that a cell names tests, as `file` "title"; `file` "title", and that each is there. */
export function assertNamesTests(cell: string): void {
  for (const one of cell.split("; ")) {
    const [, file, title = ""] = /^`((?:test|contracts\/test)\/[^`]*\.(?:ts|sol))` "(.*)"$/.exec(one) ?? [];
    assert.ok(file !== undefined && existsSync(join(root, file)), `no file: ${one}`);
    assert.ok(titles(file).includes(title), `${file} has no test "${title}"`);
  }
}

/** Asserts that a text names at least one file of the sources, and that each is there. */
export function assertNamesSources(cell: string): void {
  const files = [...cell.matchAll(/`((?:src|circuits|contracts|scripts|web)\/[^`]*)`/g)].map(
    ([, file = ""]) => file,
  );
  assert.ok(files.length > 0, "a defence is somewhere");
  for (const file of files) assert.ok(existsSync(join(root, file)), file);
}
