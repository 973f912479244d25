import assert from "node:assert/strict";
import { choosingProver, unconstrained } from "./suite/differential/proverText.js";

const TEMPLATE = `
/** A header: a <== b; */
template Square(n) {
    signal input in;
    signal output out;
    signal root;
    root <-- in / 2; // HINT: pinned below
    component range = Num2Bits(n);
    range.in <== root;
    2 * root === in;
    for (var i = 0; i < n; i++) {
        cell[i].in <== range.out[i];
        all[i] <== list;
    }
    signal square <== root * root;
    square ==> out;
}
`;

describe("a prover made of a circuit's source", () => {
  it("computes what the circuit computes, and holds nothing", () => {
    const text = unconstrained(TEMPLATE);
    assert.doesNotMatch(text, /===|<==|==>|header/);
    for (const kept of [
      "root <-- in / 2;",
      "range.in <-- root;",
      "signal square <-- root * root;",
      "square --> out;",
    ])
      assert.ok(text.includes(kept), kept);
  });

  it("keeps what the compiler asks for where a component has no name", () => {
    const anonymous = "signal hash <== Poseidon(WORDS(n))([a, b]);";
    assert.equal(unconstrained(anonymous), anonymous);
  });

  it("lets its caller overrule every assignment of a single value, and no other", () => {
    const { text, choices } = choosingProver(TEMPLATE, "Square", ["all[i]"]);
    assert.deepEqual(choices, ["root", "range.in", "cell[i].in", "square"]);
    assert.ok(text.includes("signal input choose[4];"));
    assert.ok(text.includes("cell[i].in <-- choose[2] == 1 ? chosen[2] : (range.out[i]);"));
    assert.ok(text.includes("signal square <-- choose[3] == 1 ? chosen[3] : (root * root);"));
    assert.ok(text.includes("all[i] <-- list;"));
  });

  it("is of the template that it was asked for", () => {
    assert.throws(() => choosingProver(TEMPLATE, "Cube"), /expected template Cube/);
  });
});
