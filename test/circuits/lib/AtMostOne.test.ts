import assert from "node:assert/strict";
import { compileTemplate } from "../../support/circuit.js";
import { witnessOf } from "../../support/witness.js";

describe("AtMostOne", () => {
  it("counts pairs: 0 exactly where at most one number is not 0", async () => {
    const circuit = await compileTemplate("lib/AtMostOne", [4], ["in"]);
    const cases: [bigint[], bigint][] = [
      [[0n, 0n, 0n, 0n], 0n],
      [[7n, 0n, 0n, 0n], 0n],
      [[0n, 0n, 0n, (1n << 65n) - 1n], 0n],
      [[1n, 0n, 0n, 1n], 1n],
      [[1n, 2n, 3n, 4n], 35n],
    ];
    for (const [inputs, pairs] of cases) {
      const witness = await witnessOf(circuit, { in: inputs });
      assert.equal(witness[circuit.constraints.wire("main.pairs")], pairs);
    }
  });
});
