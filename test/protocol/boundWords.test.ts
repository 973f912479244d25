import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { FIELD_R } from "../../src/protocol/bounds.js";
import { bindWords } from "../../src/protocol/boundWords.js";
import { Random } from "../support/cases.js";

const file = new URL("../vectors/boundWords.json", import.meta.url);

/** test/contracts/WordsVerifier.t.sol reads the same file. */
describe("the vectors of bound words", () => {
  // shows: P61
  it("are what the library makes of their words (UPDATE_SNAPSHOTS=1 writes them, seed 30)", () => {
    const random = new Random(30);
    const lists = [1, 2, 3, 22, 72, 125].map((count) =>
      Array.from({ length: count }, () => random.pick([0n, 1n, FIELD_R - 1n, random.bits(253)])),
    );
    const vectors = lists.map((words) => ({ words, ...bindWords(words) }));
    const text = `${JSON.stringify({ vectors }, (_, value) => (typeof value === "bigint" ? `0x${value.toString(16)}` : value), 1)}\n`;
    if (process.env.UPDATE_SNAPSHOTS) writeFileSync(file, text);
    assert.equal(readFileSync(file, "utf8"), text);
  });
});
