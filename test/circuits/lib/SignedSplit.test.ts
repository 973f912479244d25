import assert from "node:assert/strict";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import { field } from "../../support/field.js";
import { refuses, witnessOf } from "../../support/witness.js";

describe("SignedSplit", () => {
  const BITS = 4;
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTemplate("lib/SignedSplit", [BITS], ["in"]);
  });
  const parts = (witness: bigint[]) =>
    ["positive", "negative"].map((name) => witness[circuit.constraints.wire(`main.${name}`)]);

  it("splits every number in range, zero included", async () => {
    for (let x = -16; x < 16; x++)
      assert.deepEqual(parts(await witnessOf(circuit, { in: [field(x)] })), [
        BigInt(Math.max(x, 0)),
        BigInt(Math.max(-x, 0)),
      ]);
  });

  it("refuses what is out of range", async () => {
    for (const x of [16, -17, 1000, -1000]) await refuses(circuit, { in: [field(x)] }, "Num2Bits");
  });

  // shows: P3, T3
  it("accepts no other split of the same number, whatever bits are claimed for it", async () => {
    const cs = circuit.constraints;
    const bits = cs.signals(/^main\.offset\.out\[\d+\]$/);
    // One of BITS + 1 is the rest of the sum, and no wire of its own.
    assert.equal(bits.length, BITS);
    for (const x of [-16, -5, 0, 5, 15]) {
      const witness = await witnessOf(circuit, { in: [field(x)] });
      for (let claimed = -20; claimed <= 20; claimed++) {
        if (claimed === Math.max(x, 0)) continue;
        for (let pattern = 0; pattern < 2 << BITS; pattern++) {
          const edits = new Map([
            [cs.wire("main.positive"), field(claimed)],
            [cs.wire("main.negative"), field(claimed - x)],
          ]);
          for (const name of bits) {
            const bit = Number(/(\d+)\]$/.exec(name)?.[1]);
            edits.set(cs.wire(name), BigInt((pattern >> bit) & 1));
          }
          assert.notEqual(cs.violationsOf(witness, edits).length, 0, `${x} as ${claimed}`);
        }
      }
    }
  });
});
