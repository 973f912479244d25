import assert from "node:assert/strict";
import { FIELD_R } from "../../../src/protocol/bounds.js";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import { field } from "../../support/field.js";
import { outcome, refuses } from "../../support/witness.js";

const HALF = (FIELD_R + 1n) / 2n;
const NUMBERS = [0n, 1n, 2n, 1n << 55n, (1n << 56n) - 1n, HALF, field(-1)];

describe("NonZeroWhere", () => {
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTemplate("lib/NonZeroWhere", [], ["where", "in"]);
  });

  it("refuses zero where the bit is set, and nothing else", async () => {
    for (const number of NUMBERS) {
      assert.equal(await outcome(circuit, { where: [0n], in: [number] }), "accepted");
      if (number === 0n) await refuses(circuit, { where: [1n], in: [number] }, "NonZeroWhere");
      else assert.equal(await outcome(circuit, { where: [1n], in: [number] }), "accepted");
    }
  });

  // shows: T4
  it("has one inverse for each bit and number, whatever a prover says: tried for small ones, halves and negatives", () => {
    const cs = circuit.constraints;
    const [where, number, inverse] = ["where", "in", "inverse"].map((name) => cs.wire(`main.${name}`));
    const inverses = [
      ...NUMBERS,
      field(-2),
      inverseOf(3n),
      inverseOf((1n << 56n) - 1n),
      inverseOf(1n << 55n),
    ];
    for (const bit of [0n, 1n])
      for (const value of NUMBERS) {
        const accepted = inverses.filter((said) => {
          const witness = new Array<bigint>(cs.wires).fill(0n).with(0, 1n);
          witness[where ?? 0] = bit;
          witness[number ?? 0] = value;
          witness[inverse ?? 0] = said;
          return cs.violations(witness).length === 0;
        });
        const expected = bit === 0n ? [0n] : value === 0n ? [] : [inverseOf(value)];
        assert.deepEqual([...new Set(accepted)], expected, `${bit}, ${value}`);
      }
  });
});

/** 1/x in the field. */
function inverseOf(x: bigint): bigint {
  let [result, base] = [1n, x];
  for (let exponent = FIELD_R - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % FIELD_R;
    base = (base * base) % FIELD_R;
  }
  return result;
}
