import assert from "node:assert/strict";
import { parseRecord } from "../src/audit/archive/record.js";
import { isPrintable } from "../src/encoding/shape.js";
import type { JsonValue } from "../src/encoding/strictJson.js";
import { FormatError, withoutUnprintable, ZkMarginError } from "../src/errors.js";
import { checkName, checkPrintable } from "../src/groth16/ceremony/signedRecords.js";
import { profileToJson, readProfile } from "../src/market/profile.js";
import { DEFAULT_LISTING } from "../src/protocol/listing.js";
import { PORTFOLIO_MARGIN } from "../src/risk/portfolioMargin.js";
import { readShocks } from "../src/risk/shocks.js";
import { zk } from "./cli/support.js";
import { readers } from "./faults/parsers/readers.js";

describe("texts from elsewhere", () => {
  const deep = (count: number) => [
    `${"[".repeat(count)}${"]".repeat(count)}`,
    `{"format":${"[".repeat(count)}${"]".repeat(count)}}`,
    `${'{"a":'.repeat(count)}1${"}".repeat(count)}`,
    "[".repeat(count),
  ];
  for (const { name, kind, read } of readers())
    if (kind === "json")
      // shows: A50
      it(`are refused by name however deep they nest: ${name}`, async () => {
        for (const text of deep(200_000))
          await assert.rejects(
            async () => read(text),
            (error) => error instanceof ZkMarginError,
          );
      });

  it("are no record of an archive however deep they nest", () => {
    for (const text of deep(200_000)) assert.equal(parseRecord(Buffer.from(text)), undefined);
  });

  /** Bidirectional, zero-width, line-separating, private, unpaired. */
  const HIDDEN = [
    "\u202e",
    "\u2066",
    "\u200f",
    "\u200b",
    "\ufeff",
    "\u2028",
    "\u2029",
    "\u0085",
    "\ue000",
    "\ud800",
  ];
  const profile = profileToJson(PORTFOLIO_MARGIN) as { readonly scenarios: readonly object[] } & Record<
    string,
    JsonValue
  >;
  const named: [name: string, read: (text: string) => unknown][] = [
    ["the name of a profile", (name) => readProfile({ ...profile, name } as JsonValue, "p", DEFAULT_LISTING)],
    [
      "the description of one",
      (description) => readProfile({ ...profile, description } as JsonValue, "p", DEFAULT_LISTING),
    ],
    [
      "the name of a scenario",
      (name) =>
        readProfile(
          {
            ...profile,
            scenarios: [{ ...profile.scenarios[0], name }, ...profile.scenarios.slice(1)],
          } as JsonValue,
          "p",
          DEFAULT_LISTING,
        ),
    ],
    [
      "the name of shocks",
      (name) => readShocks({ format: "zkmargin/shocks@1", name, shocks: { BTC: 1 } }, DEFAULT_LISTING),
    ],
    ["a contributor's name", (name) => checkName(name, "name")],
    ["the source of a beacon", (source) => checkPrintable(source, 200, "source")],
  ];
  // shows: A51
  for (const [name, read] of named)
    it(`hide nothing in ${name}`, () => {
      read("a plain name, 名前, déjà vu");
      for (const hidden of HIDDEN)
        assert.throws(() => read(`up${hidden}to 5`), FormatError, JSON.stringify(hidden));
    });

  it("hide nothing in the name that a profile is given, nor in a deadline", async () => {
    for (const args of [
      ["risk", "calibrate", "--out", "nowhere.json", "--name"],
      ["health", "nowhere.json", "--market", "nowhere.json", "--fix", "--by"],
    ])
      for (const hidden of HIDDEN.slice(0, 6)) {
        const ran = await zk([...args, `a${hidden}b`, "--json"]);
        assert.equal(ran.code, 2, ran.err);
      }
  });

  it("are shown without what hides, by the same rule", () => {
    for (const hidden of HIDDEN) {
      assert.ok(!isPrintable(`a${hidden}`));
      assert.equal(
        withoutUnprintable(`a${hidden}b`, () => "?"),
        "a?b",
      );
      assert.ok(!new FormatError(`a${hidden}b`, "x", "y").message.includes(hidden));
    }
    assert.ok(isPrintable("é名 🙂") && !isPrintable(""));
  });
});
