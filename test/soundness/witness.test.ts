import assert from "node:assert/strict";
import { FIELD_R } from "../../src/protocol/bounds.js";
import { signalCount } from "../../src/protocol/signals.js";
import { claimHolds } from "../../src/protocol/statement.js";
import { TIERS } from "../../src/protocol/tiers.js";
import { Random, randomBook, randomMarket, randomSleeve } from "../support/cases.js";
import { compileTier, type TestCircuit } from "../support/circuit.js";
import { statementInputs } from "../support/statement.js";
import { witnessOf } from "../support/witness.js";

for (const tier of TIERS) {
  describe(`a ${tier.name} witness cannot be edited`, () => {
    const SEED = 7;
    let circuit: TestCircuit;
    const witnesses: bigint[][] = [];
    before(async () => {
      circuit = await compileTier(tier.name);
      const random = new Random(SEED);
      // Plain; with dollars added; with a sleeve and dollars taken.
      for (const support of [0n, 12_345n, -12_345n]) {
        const market = randomMarket(random, tier);
        const sleeve = support < 0n ? { sleeve: randomSleeve(random) } : {};
        const book = { ...randomBook(random, tier), ...sleeve };
        const claim = { theta: 10_000, healthy: true, envelope: 0, support, sleeve: support < 0n };
        const healthy = claimHolds(book, market, claim);
        witnesses.push(await witnessOf(circuit, statementInputs(book, market, { ...claim, healthy })));
      }
    });

    it("is accepted as it is", () => {
      for (const witness of witnesses) assert.deepEqual(circuit.constraints.violations(witness), []);
    });

    // shows: P4, T8
    it("has every public signal in a constraint, and as many as the specification says", () => {
      assert.equal(circuit.constraints.publicSignals, signalCount(tier));
      for (let wire = 1; wire <= signalCount(tier); wire++)
        assert.ok(circuit.constraints.isUsed(wire), `public signal ${wire - 1} is in no constraint`);
    });

    // Alone, no private wire may take another value: not a bit, a hint, nor a product. (A public one may, where what it
    // is multiplied with is 0: that is another true statement.)
    for (const [name, edit] of [
      ["one more", (x: bigint) => (x + 1n) % FIELD_R],
      ["its negative, or p/2 for 0", (x: bigint) => (x === 0n ? (FIELD_R + 1n) / 2n : FIELD_R - x)],
      ["2^64 more", (x: bigint) => (x + (1n << 64n)) % FIELD_R],
    ] as const) {
      // shows: P3, T4
      it(`of which any one private wire is ${name}`, () => {
        for (const witness of witnesses)
          for (let wire = signalCount(tier) + 1; wire < circuit.constraints.wires; wire++) {
            const edits = new Map([[wire, edit(witness[wire] ?? 0n)]]);
            assert.notEqual(
              circuit.constraints.violationsOf(witness, edits).length,
              0,
              `wire ${wire} is free`,
            );
          }
      });
    }
  });
}
