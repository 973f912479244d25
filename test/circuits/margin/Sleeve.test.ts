import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { FIELD_R } from "../../../src/protocol/bounds.js";
import type { CircuitInputs } from "../../../src/protocol/signals.js";
import { Random, randomSleeve } from "../../support/cases.js";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import { field } from "../../support/field.js";
import { sleeveLayout } from "../../support/statement.js";
import { outcome, refuses, witnessOf } from "../../support/witness.js";

const GAINS = 16;
const LIMIT = 1n << 46n;
const INPUTS = ["present", "value", "gain", "charge", "slack", "detail"];

interface Numbers {
  readonly value: bigint;
  readonly gains: readonly bigint[];
  readonly charge: bigint;
  readonly slack: bigint;
  readonly detail: bigint;
}
const none: Numbers = {
  value: 0n,
  gains: new Array<bigint>(GAINS).fill(0n),
  charge: 0n,
  slack: 0n,
  detail: 0n,
};

const inputs = (present: bigint, { value, gains, charge, slack, detail }: Numbers): CircuitInputs => ({
  present: [present],
  value: [field(value)],
  gain: gains.map(field),
  charge: [field(charge)],
  slack: [field(slack)],
  detail: [field(detail)],
});
const wordsOf = ({ value, gains, charge, slack }: Numbers) =>
  sleeveLayout([value, ...gains, charge, slack]).map(field);

/** A sleeve with one of its 19 numbers and its detail replaced. */
const CHANGES: readonly (readonly [name: string, low: bigint, high: bigint, of: (x: bigint) => Numbers])[] = [
  ["value", -LIMIT, LIMIT - 1n, (value) => ({ ...none, value })],
  ...none.gains.map(
    (_, s) =>
      [`gain ${s}`, -LIMIT, LIMIT - 1n, (x: bigint) => ({ ...none, gains: none.gains.with(s, x) })] as const,
  ),
  ["charge", 0n, LIMIT - 1n, (charge) => ({ ...none, charge })],
  ["slack", 0n, (1n << 40n) - 1n, (slack) => ({ ...none, slack })],
];

describe("Sleeve", () => {
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTemplate("margin/Sleeve", [GAINS], INPUTS);
  });
  const words = async (numbers: Numbers) => {
    const witness = await witnessOf(circuit, inputs(1n, numbers));
    return [0, 1, 2, 3].map((w) => witness[circuit.constraints.wire(`main.words[${w}]`)]);
  };

  it("packs every number at both of its bounds, alone and all at once", async () => {
    for (const [name, low, high, of] of CHANGES)
      for (const number of [low, low + 1n, high - 1n, high])
        assert.deepEqual(await words(of(number)), wordsOf(of(number)), `${name} ${number}`);
    for (const [signed, charge, slack] of [
      [-LIMIT, 0n, 0n],
      [LIMIT - 1n, LIMIT - 1n, (1n << 40n) - 1n],
    ] as const) {
      const all = { value: signed, gains: none.gains.map(() => signed), charge, slack, detail: FIELD_R - 1n };
      assert.deepEqual(await words(all), wordsOf(all));
    }
  });

  it("packs as the commitment's vectors do", async () => {
    const { vectors } = JSON.parse(readFileSync("test/vectors/commitment.json", "utf8"));
    let compared = 0;
    for (const { tier, sleeve, words: all } of vectors) {
      if (!sleeve || tier !== "16x16") continue;
      const numbers = {
        value: BigInt(sleeve.value),
        gains: sleeve.gains.map(BigInt),
        charge: BigInt(sleeve.charge),
        slack: BigInt(sleeve.slack),
        detail: BigInt(sleeve.detail),
      };
      assert.deepEqual(await words(numbers), all.slice(-6, -2).map(BigInt));
      compared++;
    }
    assert.ok(compared >= 12);
  });

  // shows: T5
  it("refuses every number one beyond its bounds", async () => {
    for (const [, low, high, of] of CHANGES)
      for (const number of [low - 1n, high + 1n]) await refuses(circuit, inputs(1n, of(number)), "Num2Bits");
  });

  // shows: T5
  it("refuses numbers that overflow into their neighbours, and so have another sleeve's words", async () => {
    const numbers = randomSleeve(new Random(5));
    const all = (list: readonly bigint[]): Numbers => ({
      value: list[0] ?? 0n,
      gains: list.slice(1, 17),
      charge: list[17] ?? 0n,
      slack: list[18] ?? 0n,
      detail: 1n,
    });
    const list = [numbers.value, ...numbers.gains, numbers.charge, numbers.slack];
    assert.equal(await outcome(circuit, inputs(1n, all(list))), "accepted");
    for (let i = 0; i < 18; i++) {
      if (i % 5 === 4) continue; // the last of its word
      const forged = list.with(i, (list[i] ?? 0n) + (1n << 47n)).with(i + 1, (list[i + 1] ?? 0n) - 1n);
      assert.deepEqual(wordsOf(all(forged)), wordsOf(all(list)));
      await refuses(circuit, inputs(1n, all(forged)), "Num2Bits");
    }
  });

  it("refuses every number and any detail where the claim has no sleeve", async () => {
    assert.equal(await outcome(circuit, inputs(0n, none)), "accepted");
    assert.equal(await outcome(circuit, inputs(1n, none)), "accepted");
    for (const [, low, high, of] of CHANGES)
      for (const number of [low, 1n, high])
        if (number !== 0n) await refuses(circuit, inputs(0n, of(number)), "Sleeve");
    for (const detail of [1n, 1n << 247n, FIELD_R - 1n]) {
      await refuses(circuit, inputs(0n, { ...none, detail }), "Sleeve");
      assert.equal(await outcome(circuit, inputs(1n, { ...none, detail })), "accepted");
    }
  });

  // shows: T3
  it("has one list of words for each sleeve: no word and no number of an accepted witness may be another", async () => {
    const cs = circuit.constraints;
    const random = new Random(9);
    for (let i = 0; i < 5; i++) {
      const witness = await witnessOf(circuit, inputs(1n, randomSleeve(random)));
      for (const [name, wire] of cs.named) {
        if (/^main\.(present|detail)$/.test(name)) continue;
        for (const by of [1n, 1n << 47n, FIELD_R - (1n << 47n), FIELD_R >> 1n]) {
          const edits = new Map([[wire, ((witness[wire] ?? 0n) + by) % FIELD_R]]);
          assert.ok(cs.violationsOf(witness, edits).length > 0, name);
        }
      }
    }
  });

  // shows: T3
  it("lets no sleeve pass for none: with every bit and word of a witness kept, the claim's bit cannot be cleared", async () => {
    const cs = circuit.constraints;
    for (const [name, , , of] of CHANGES) {
      const witness = await witnessOf(circuit, inputs(1n, of(1n)));
      assert.ok(cs.violationsOf(witness, new Map([[cs.wire("main.present"), 0n]])).length > 0, name);
    }
  });
});
