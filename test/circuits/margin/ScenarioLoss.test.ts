import assert from "node:assert/strict";
import { compileTemplate } from "../../support/circuit.js";
import { field } from "../../support/field.js";
import { witnessOf } from "../../support/witness.js";

describe("ScenarioLoss", () => {
  it("is the largest loss over joint scenarios, and 0 where every scenario gains", async () => {
    const circuit = await compileTemplate("margin/ScenarioLoss", [2, 2, 1], ["exposure", "shock"]);
    const cases: [number[], number[], number][] = [
      // exposure, shock row-major, loss: long 100 and short 60, both fall or both rise
      [[100, -60], [-1000, -1000, 1000, 1000], 40_000],
      [[100, -60], [-1000, -2000, 1000, 2000], 20_000],
      [[100, 0], [1000, 1000, 2000, -10_000], 0],
      [[-1, -1], [10_000, 10_000, 0, 0], 20_000],
    ];
    for (const [exposure, shock, loss] of cases) {
      const witness = await witnessOf(circuit, { exposure: exposure.map(field), shock: shock.map(field) });
      assert.equal(witness[circuit.constraints.wire("main.loss")], BigInt(loss));
    }
  });
});
