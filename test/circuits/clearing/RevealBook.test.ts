import assert from "node:assert/strict";
import { FIELD_R } from "../../../src/protocol/bounds.js";
import { bindWords } from "../../../src/protocol/boundWords.js";
import { scalarOf } from "../../../src/protocol/sealedBook.js";
import type { CircuitInputs } from "../../../src/protocol/signals.js";
import { makeReveal, makeTransition } from "../../../src/protocol/transition.js";
import { Random } from "../../support/cases.js";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import { randomOpening, randomTerms, randomTransition } from "../../support/clearing.js";
import { field } from "../../support/field.js";
import { accepts, refuses } from "../../support/witness.js";

const ASSETS = 3;

describe("RevealBook", () => {
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTemplate("clearing/RevealBook", [ASSETS], ["hash", "challenge", "sum"]);
  });
  const random = new Random(31);
  const terms = randomTerms(random);

  // shows: P63
  it("opens what a transition has committed to, and says that and nothing else", async () => {
    for (let i = 0; i < 20; i++) {
      const { opening, commitment } = randomTransition(random, ASSETS);
      const other = makeTransition(opening, {}, terms, {
        salt: opening.salt + 1n,
        scalar: () => scalarOf(3n),
      });
      assert.equal(makeReveal(opening, terms).commitment, other.words[5]);
      assert.notEqual(commitment, other.commitment);
      const reveal = makeReveal(opening, terms);
      assert.ok(accepts(circuit, reveal.inputs));
    }
    const opening = randomOpening(random, ASSETS, 60);
    const { words, inputs, commitment } = makeReveal(opening, terms);
    // Public words that say one amount less or more are not those of the circuit.
    for (const [place, value] of [
      [3, commitment],
      [5, opening.basis],
      ...opening.perp.map((quantity, u) => [6 + u, quantity]),
    ] as [number, bigint][]) {
      const said = bindWords(words.with(place, field(value + 1n)));
      const signals = { hash: [said.hash], challenge: [said.challenge], sum: [said.sum] };
      await refuses(circuit, { ...inputs, ...signals }, "RevealBook");
    }
  });

  // shows: P63
  it("takes no quantity beyond an int64, and no basis beyond an int128", async () => {
    const limits = { perp: [(1n << 63n) - 1n, -(1n << 63n), 0n], basis: -(1n << 127n), salt: 1n };
    const { inputs } = makeReveal(limits, terms);
    assert.ok(accepts(circuit, inputs));
    const out: CircuitInputs[] = [
      { perp: [1n << 63n, 0n, 0n] },
      { perp: [0n, field(-(1n << 63n) - 1n), 0n] },
      { basis: [field(-(1n << 127n) - 1n)] },
      { basis: [1n << 127n] },
      { perp: [FIELD_R >> 1n, 0n, 0n] },
    ];
    for (const change of out) await refuses(circuit, { ...inputs, ...change }, "Num2Bits");
  });
});
