import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { bn254 } from "@noble/curves/bn254";
import * as bounds from "../../src/protocol/bounds.js";

/** Numbers by name in the text of a generated file. */
function numbersOf(file: string, pattern: RegExp): ReadonlyMap<string, bigint> {
  const text = readFileSync(file, "utf8");
  return new Map([...text.matchAll(pattern)].map(([, name = "", value = ""]) => [name, BigInt(value)]));
}

describe("bounds", () => {
  it("has the fields of BN254", () => {
    assert.equal(bounds.FIELD_R, bn254.fields.Fr.ORDER);
    assert.equal(bounds.FIELD_Q, bn254.fields.Fp.ORDER);
  });

  it("has the numbers that the circuits and the contracts were built with", () => {
    const circom = numbersOf("circuits/lib/Spec.circom", /function (\w+)\(\) \{\n {4}return (\d+);/g);
    const solidity = numbersOf("contracts/generated/Spec.sol", /constant (\w+) = (\d+);/g);
    const shared = Object.entries(bounds).filter(([name]) => circom.has(name) || solidity.has(name));
    assert.ok(shared.length >= 12);
    for (const [name, value] of shared) {
      assert.ok([BigInt(value), undefined].includes(circom.get(name)), `${name} of the circuits`);
      assert.ok([BigInt(value), undefined].includes(solidity.get(name)), `${name} of the contracts`);
    }
  });
});
