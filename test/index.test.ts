import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import * as library from "../src/index.js";

const snapshot = new URL("./snapshots/exports.json", import.meta.url);

/** The names that src/index.ts exports as types, which leave no trace at run time. */
function exportedTypes(): string[] {
  const source = readFileSync(new URL("../src/index.ts", import.meta.url), "utf8");
  return [...source.matchAll(/export (type )?\{([^}]*)\}/g)]
    .flatMap(([, allTypes, names = ""]) =>
      names
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "" && (allTypes !== undefined || name.startsWith("type ")))
        .map((name) => name.replace(/^type /, "")),
    )
    .sort();
}

describe("the library", () => {
  it("exports what the snapshot lists (UPDATE_SNAPSHOTS=1 to accept a change)", () => {
    const exported = { values: Object.keys(library).sort(), types: exportedTypes() };
    if (process.env.UPDATE_SNAPSHOTS) writeFileSync(snapshot, `${JSON.stringify(exported, null, 2)}\n`);
    assert.deepEqual(exported, JSON.parse(readFileSync(snapshot, "utf8")));
  });
});
