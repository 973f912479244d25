import assert from "node:assert/strict";
import { FIELD_R } from "../../../src/protocol/bounds.js";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import { field } from "../../support/field.js";
import { refuses, witnessOf } from "../../support/witness.js";

const BITS = 3;
const LIMIT = 1 << BITS;
/** What a prover may try where a bit is asked for. */
const SELECTORS = [0, 1, 2, -1];
const OUTPUTS = ["aPositive", "bPositive", "aMagnitude", "bMagnitude", "sumMagnitude"] as const;

describe("NettedPair", () => {
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTemplate("lib/NettedPair", [BITS], ["a", "b"]);
  });

  const expected = (a: number, b: number) =>
    [Math.max(a, 0), Math.max(b, 0), Math.abs(a), Math.abs(b), Math.abs(a + b)].map(BigInt);

  it("splits every pair within the bound, exhaustively", async () => {
    for (let a = 1 - LIMIT; a < LIMIT; a++)
      for (let b = 1 - LIMIT; b < LIMIT; b++) {
        const witness = await witnessOf(circuit, { a: [field(a)], b: [field(b)] });
        assert.deepEqual(
          OUTPUTS.map((name) => witness[circuit.constraints.wire(`main.${name}`)]),
          expected(a, b),
        );
      }
  });

  // shows: T5
  it("refuses a pair whose two smaller magnitudes are not both below the bound", async () => {
    for (const [a, b] of [
      [LIMIT, 0],
      [-LIMIT, 0],
      [0, LIMIT],
      [LIMIT, LIMIT],
      [2 * LIMIT, -LIMIT],
    ] as const)
      await refuses(circuit, { a: [field(a)], b: [field(b)] }, "Num2Bits");
  });

  // shows: P3, T3
  it("has one output for each pair, whatever row, sign and magnitudes a prover claims: exhaustively", async () => {
    // Start from the honest witness of (a, b) and put in every row × σ × p × q, with all that depends on them.
    const cs = circuit.constraints;
    let accepted = 0;
    for (const [a, b] of [
      [0, 0],
      [0, 3],
      [3, 0],
      [-3, 0],
      [0, -3],
      [3, -3],
      [5, 2],
      [5, -2],
      [-5, 2],
      [2, -5],
      [-7, -7],
      [7, -1],
    ] as const) {
      const witness = await witnessOf(circuit, { a: [field(a)], b: [field(b)] });
      for (const aL of SELECTORS)
        for (const bL of SELECTORS)
          for (const sigma of SELECTORS)
            for (let p = 0; p < LIMIT; p++)
              for (let q = 0; q < LIMIT; q++) {
                const qIfA = aL * q;
                const pIfSum = (1 - aL - bL) * p;
                const outputs = {
                  aMagnitude: p + qIfA,
                  bMagnitude: p + q - pIfSum - qIfA,
                  sumMagnitude: q + pIfSum,
                };
                const edits = new Map<number, bigint>();
                const set = (name: string, value: number) => {
                  const [wire] = cs.signals(new RegExp(`^main\\.${name.replace(/[.[\]]/g, "\\$&")}$`));
                  if (wire) edits.set(cs.wire(wire), field(value));
                };
                const values: Record<string, number> = {
                  aIsLargest: aL,
                  bIsLargest: bL,
                  largestIsPositive: sigma,
                  p,
                  q,
                  qIfA,
                  pIfSum,
                  ...outputs,
                  signOfA: (1 - 2 * bL) * (2 * sigma - 1),
                  signOfB: (1 - 2 * aL) * (2 * sigma - 1),
                };
                for (const [name, value] of Object.entries(values)) set(name, value);
                for (let i = 0; i < BITS; i++) {
                  set(`RangeCheck#0.decomposition.out[${i}]`, (p >> i) & 1);
                  set(`RangeCheck#1.decomposition.out[${i}]`, (q >> i) & 1);
                }
                edits.set(cs.wire("main.aPositive"), half(outputs.aMagnitude + a));
                edits.set(cs.wire("main.bPositive"), half(outputs.bMagnitude + b));
                const edited = witness.map((value, wire) => edits.get(wire) ?? value);
                if (cs.violations(edited).length > 0) continue;
                accepted++;
                assert.deepEqual(
                  OUTPUTS.map((name) => edited[cs.wire(`main.${name}`)]),
                  expected(a, b),
                );
              }
    }
    assert.ok(accepted >= 12, "the honest choice of every pair is among them");
  });

  // shows: T4
  it("has no product or sign that a prover may choose: whatever else is re-solved, each is held", async () => {
    // A product that is not tied to its factors leaves p and q to be chosen so that a and b still come out.
    const cs = circuit.constraints;
    let accepted = 0;
    for (const [a, b] of [
      [5, -2],
      [2, -5],
      [-3, -3],
      [3, -3],
    ] as const) {
      const witness = await witnessOf(circuit, { a: [field(a)], b: [field(b)] });
      for (const [aL, bL] of [
        [0, 0],
        [1, 0],
        [0, 1],
      ] as const)
        for (const sigma of [0, 1])
          for (let p = 0; p < LIMIT; p++)
            for (let q = 0; q < LIMIT; q++) {
              const truth = [
                aL * q,
                (1 - aL - bL) * p,
                (1 - 2 * bL) * (2 * sigma - 1),
                (1 - 2 * aL) * (2 * sigma - 1),
              ] as const;
              // Off by nothing it is the honest choice, or one that other constraints refuse.
              for (const [which, off] of [
                [0, 0],
                ...[0, 1, 2, 3].flatMap((w) => [-3, -2, -1, 1, 2, 3].map((o) => [w, o])),
              ]) {
                const [qIfA, pIfSum, signOfA, signOfB] = truth.map((x, i) =>
                  i === which ? x + Number(off) : x,
                ) as [number, number, number, number];
                const magnitudes = [p + qIfA, p + q - pIfSum - qIfA, q + pIfSum] as const;
                const edits = new Map<number, bigint>();
                const set = (name: string, value: bigint) => {
                  const [wire] = cs.signals(new RegExp(`^main\\.${name.replace(/[.[\]]/g, "\\$&")}$`));
                  if (wire) edits.set(cs.wire(wire), value);
                };
                const values = {
                  aIsLargest: aL,
                  bIsLargest: bL,
                  largestIsPositive: sigma,
                  p,
                  q,
                  qIfA,
                  pIfSum,
                };
                for (const [name, value] of Object.entries({ ...values, signOfA, signOfB }))
                  set(name, field(value));
                ["aMagnitude", "bMagnitude", "sumMagnitude"].forEach((name, i) => {
                  set(name, field(magnitudes[i] ?? 0));
                });
                for (let i = 0; i < BITS; i++) {
                  set(`RangeCheck#0.decomposition.out[${i}]`, BigInt((p >> i) & 1));
                  set(`RangeCheck#1.decomposition.out[${i}]`, BigInt((q >> i) & 1));
                }
                set("aPositive", half(magnitudes[0] + a));
                set("bPositive", half(magnitudes[1] + b));
                const held = cs.violationsOf(witness, edits).length > 0;
                if (off !== 0) assert.ok(held, `${a}, ${b}: ${[...truth]} but ${off}`);
                else if (!held) accepted++;
              }
            }
    }
    assert.ok(accepted >= 4, "the honest choice of every pair is among them");
  });
});

function half(x: number): bigint {
  return (field(x) * ((FIELD_R + 1n) / 2n)) % FIELD_R;
}
