import assert from "node:assert/strict";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import { field } from "../../support/field.js";
import { refuses, witnessOf } from "../../support/witness.js";

describe("Maximum", () => {
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTemplate("lib/Maximum", [3, 6], ["in"]);
  });

  it("is the largest input, or 0 if all are negative", async () => {
    for (const inputs of [
      [1, 2, 3],
      [3, 2, 1],
      [-1, -2, -3],
      [0, 0, 0],
      [-31, 31, 0],
      [7, 7, 7],
      [-1, 0, -1],
    ]) {
      const witness = await witnessOf(circuit, { in: inputs.map(field) });
      assert.equal(
        witness[circuit.constraints.wire("main.out")],
        BigInt(Math.max(0, ...inputs)),
        `${inputs}`,
      );
    }
  });

  // shows: T1
  it("refuses differences beyond its width", async () => {
    await refuses(circuit, { in: [field(-40), field(31), 0n] }, "Num2Bits");
  });

  // shows: P3, T4
  it("accepts no other value: neither above every input, nor below one, nor a negative one", async () => {
    const cs = circuit.constraints;
    for (const inputs of [
      [5, -3, 9],
      [-1, -2, -3],
      [-4, 0, 0],
    ]) {
      const witness = await witnessOf(circuit, { in: inputs.map(field) });
      for (let claimed = -32; claimed < 32; claimed++) {
        const edits = new Map<number, bigint>([[cs.wire("main.out"), field(claimed)]]);
        // Re-solve everything that depends on the output, as far as it can be solved.
        const ranges = [claimed, ...inputs.map((x) => claimed - x)];
        const names = ["atLeastZero", "atLeast[0]", "atLeast[1]", "atLeast[2]"];
        names.forEach((name, i) => {
          for (const signal of cs.signals(
            new RegExp(`^main\\.${name.replace(/[[\]]/g, "\\$&")}\\.decomposition\\.out`),
          )) {
            const bit = Number(/(\d+)\]$/.exec(signal)?.[1]);
            edits.set(cs.wire(signal), BigInt(((ranges[i] ?? 0) >> bit) & 1));
          }
        });
        let product = claimed;
        inputs.forEach((x, i) => {
          product *= claimed - x;
          for (const signal of cs.signals(new RegExp(`^main\\.product\\[${i + 1}\\]$`)))
            edits.set(cs.wire(signal), field(product));
        });
        const violations = cs.violationsOf(witness, edits).length;
        assert.equal(violations === 0, claimed === Math.max(0, ...inputs), `${inputs}: ${claimed}`);
      }
    }
  });
});
