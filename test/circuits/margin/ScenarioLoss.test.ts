import assert from "node:assert/strict";
import { compileTemplate } from "../../support/circuit.js";
import { field } from "../../support/field.js";
import { witnessOf } from "../../support/witness.js";

describe("ScenarioLoss", () => {
  const inputs = (exposure: number[], shock: number[], other: number[]) => ({
    exposure: exposure.map(field),
    shock: shock.map(field),
    other: other.map(field),
  });

  it("is the largest loss over joint scenarios, and 0 where every scenario gains", async () => {
    const circuit = await compileTemplate("margin/ScenarioLoss", [2, 2, 1], ["exposure", "shock", "other"]);
    const cases: [number[], number[], number[], number][] = [
      // exposure, shock row-major, what else is gained, loss: long 100 and short 60, both fall or both rise
      [[100, -60], [-1000, -1000, 1000, 1000], [0, 0], 40_000],
      [[100, -60], [-1000, -2000, 1000, 2000], [0, 0], 20_000],
      [[100, 0], [1000, 1000, 2000, -10_000], [0, 0], 0],
      [[-1, -1], [10_000, 10_000, 0, 0], [0, 0], 20_000],
      // a gain in the worst scenario alone, and one that makes another the worst; a loss where nothing else is held
      [[100, -60], [-1000, -1000, 1000, 1000], [30_000, 0], 10_000],
      [[100, -60], [-1000, -1000, 1000, 1000], [50_000, 0], 0],
      [[100, -60], [-1000, -1000, 1000, 1000], [15_000, -70_000], 30_000],
      [[0, 0], [1000, 1000, 1000, 1000], [5, -7], 7],
    ];
    for (const [exposure, shock, other, loss] of cases) {
      const witness = await witnessOf(circuit, inputs(exposure, shock, other));
      assert.equal(witness[circuit.constraints.wire("main.loss")], BigInt(loss));
    }
  });
});
