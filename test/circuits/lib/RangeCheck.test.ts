import assert from "node:assert/strict";
import { FIELD_R } from "../../../src/protocol/bounds.js";
import { compileTemplate } from "../../support/circuit.js";
import { outcome, refuses, witnessOf } from "../../support/witness.js";

describe("RangeCheck", () => {
  for (const bits of [1, 64, 251]) {
    // shows: P5, T2
    it(`accepts 0 to 2^${bits} − 1 and nothing else`, async () => {
      const circuit = await compileTemplate("lib/RangeCheck", [bits], ["in"]);
      const limit = 1n << BigInt(bits);
      for (const value of [0n, 1n, limit - 1n])
        assert.equal(await outcome(circuit, { in: [value] }), "accepted", `${value}`);
      for (const value of [limit, limit + 1n, FIELD_R - 1n, FIELD_R - limit])
        await refuses(circuit, { in: [value] }, "Num2Bits");
    });
  }

  // shows: T3
  it("cannot be given bits that are not bits", async () => {
    const circuit = await compileTemplate("lib/RangeCheck", [8], ["in"]);
    const witness = await witnessOf(circuit, { in: [4n] });
    const [bit0, bit1] = [0, 1].map((i) => circuit.constraints.wire(`main.decomposition.out[${i}]`)) as [
      number,
      number,
    ];
    // 2·2 + 0·4 … : another "decomposition" of 4, with a digit that is 2.
    const bit2 = circuit.constraints.wire("main.decomposition.out[2]");
    const edits = new Map([
      [bit0, 0n],
      [bit1, 2n],
      [bit2, 0n],
    ]);
    assert.notEqual(circuit.constraints.violationsOf(witness, edits).length, 0);
  });
});
