import assert from "node:assert/strict";
import {
  DuplicateAssetError,
  FormatError,
  MalformedError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
} from "../../src/errors.js";
import { parseDepths } from "../../src/market/assetTables.js";
import { assertFails } from "../support/failure.js";
import { PAIR } from "./fixtures.js";

const load = (...lines: string[]) => parseDepths(["asset,millions,spread", ...lines, ""].join("\n"), PAIR);

describe("parseDepths", () => {
  it("reads every listed asset in any order", () => {
    assert.deepEqual(load("BTC,400,50", "USDC,500,0"), [
      { asset: "USDC", millions: 500, spread: 0 },
      { asset: "BTC", millions: 400, spread: 50 },
    ]);
  });

  it("reads the least and the most of both", () => {
    for (const [millions, spread] of [
      [1, 0],
      [1_000_000, 10_000],
    ])
      assert.deepEqual(load("USDC,1,0", `BTC,${millions},${spread}`)[1], { asset: "BTC", millions, spread });
  });

  const cases: [name: string, lines: string[], Class: Parameters<typeof assertFails>[1], path: string][] = [
    ["a missing asset", ["BTC,400,50"], MissingFieldError, "depths"],
    ["an asset twice", ["BTC,400,50", "BTC,1,1"], DuplicateAssetError, "depths.line3.asset"],
    ["an asset that is not listed", ["ETH,400,50"], UnknownAssetError, "depths.line2.asset"],
    ["no depth", ["BTC,0,50"], OutOfRangeError, "depths.line2.millions"],
    ["a depth of more than all", ["BTC,1000001,50"], OutOfRangeError, "depths.line2.millions"],
    ["a negative depth", ["BTC,-4,50"], OutOfRangeError, "depths.line2.millions"],
    ["a fraction", ["BTC,0.5,50"], FormatError, "depths.line2.millions"],
    ["a spread of more than all", ["BTC,400,10001"], OutOfRangeError, "depths.line2.spread"],
    ["NaN", ["BTC,400,NaN"], FormatError, "depths.line2.spread"],
    ["a cell too few", ["BTC,400"], MalformedError, "depths.line2"],
  ];
  for (const [name, lines, Class, path] of cases) {
    it(`refuses ${name}`, () => {
      assertFails(() => load(...lines), Class, path);
    });
  }

  it("refuses other columns", () => {
    assertFails(() => parseDepths("asset,depth\nBTC,1", PAIR), FormatError, "depths.line1");
  });
});
