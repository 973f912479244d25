import assert from "node:assert/strict";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import { field } from "../../support/field.js";
import { refuses, witnessOf } from "../../support/witness.js";

describe("OneHot", () => {
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTemplate("lib/OneHot", [4], ["index"]);
  });
  const places = () => [0, 1, 2, 3].map((i) => circuit.constraints.wire(`main.at[${i}]`));

  it("sets the slot of each index, and takes no other index", async () => {
    for (const index of [0, 1, 2, 3]) {
      const witness = await witnessOf(circuit, { index: [BigInt(index)] });
      assert.deepEqual(
        places().map((wire) => Number(witness[wire])),
        [0, 1, 2, 3].map((i) => Number(i === index)),
      );
    }
    for (const index of [4, 5, -1]) await refuses(circuit, { index: [field(index)] }, "OneHot");
  });

  // shows: T3
  it("accepts one set of slots for an index: of all slots from −2 to 3, and every index up to 7", () => {
    const cs = circuit.constraints;
    const numbers = [-2, -1, 0, 1, 2, 3];
    const accepted: number[][] = [];
    for (let index = 0; index < 8; index++)
      for (let code = 0; code < numbers.length ** 4; code++) {
        const said = [0, 1, 2, 3].map(
          (i) => numbers[Math.floor(code / numbers.length ** i) % numbers.length] ?? 0,
        );
        const witness = new Array<bigint>(cs.wires).fill(0n).with(0, 1n);
        witness[cs.wire("main.index")] = BigInt(index);
        places().forEach((wire, i) => {
          witness[wire] = field(said[i] ?? 0);
        });
        if (cs.violations(witness).length === 0) accepted.push([index, ...said]);
      }
    assert.deepEqual(accepted, [
      [0, 1, 0, 0, 0],
      [1, 0, 1, 0, 0],
      [2, 0, 0, 1, 0],
      [3, 0, 0, 0, 1],
    ]);
  });
});
