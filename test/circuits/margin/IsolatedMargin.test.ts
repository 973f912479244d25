import assert from "node:assert/strict";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import { outcome, refuses } from "../../support/witness.js";

describe("IsolatedMargin", () => {
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTemplate("margin/IsolatedMargin", [3]);
  });
  const inputs = (isolated: bigint, spotPositive: bigint[], perpMagnitude: bigint[]) => ({
    isolated: [isolated],
    spotPositive,
    perpMagnitude,
  });

  it("asks nothing of a cross-margin book", async () => {
    assert.equal(await outcome(circuit, inputs(0n, [1n, 2n, 3n], [4n, 5n, 6n])), "accepted");
  });

  // shows: P6
  it("accepts one perpetual and one collateral, of any two assets", async () => {
    assert.equal(await outcome(circuit, inputs(1n, [0n, 2n, 0n], [4n, 0n, 0n])), "accepted");
    assert.equal(await outcome(circuit, inputs(1n, [0n, 0n, 0n], [0n, 0n, 0n])), "accepted");
  });

  // shows: P6, T8
  it("refuses a second perpetual or a second collateral", async () => {
    await refuses(circuit, inputs(1n, [0n, 2n, 1n], [4n, 0n, 0n]), "IsolatedMargin");
    await refuses(circuit, inputs(1n, [0n, 2n, 0n], [4n, 0n, 1n]), "IsolatedMargin");
  });
});
