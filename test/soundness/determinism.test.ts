import assert from "node:assert/strict";
import { compileText } from "../support/circuit.js";
import { broken } from "./suite/broken.js";
import { compare } from "./suite/determinism/equivalence.js";
import { unlisted } from "./suite/determinism/unlisted.js";
import { systemOf } from "./suite/engine/system.js";
import { nettedPair, signedSplit } from "./suite/specimens/lib.js";
import { readClaim } from "./suite/specimens/margin.js";
import type { Specimen } from "./suite/specimens/specimen.js";

/** A circuit of its own, whose body the text is. */
function circuit(body: string, inputs: readonly string[]): Specimen {
  const text = `pragma circom 2.1.6;\ntemplate T() {\n${body}\n}\ncomponent main {public [${inputs.join(", ")}]} = T();\n`;
  return {
    name: "T",
    compile: (flags) => compileText("T", text, flags),
    inputs,
    open: inputs,
    sample: () => Object.fromEntries(inputs.map((name) => [name, [1n]])),
    meaning: () => "unclaimed",
  };
}

const TWO_BITS = (weight: number, second = "y * (y - 1) === 0;") =>
  circuit(
    `signal input in; signal x; signal y;
     x <-- in & 1; y <-- in >> 1;
     x * (x - 1) === 0; ${second}
     x + ${weight} * y === in;`,
    ["in"],
  );

describe("the determinism check", () => {
  const undetermined = async (specimen: Specimen) => (await unlisted(specimen)).undetermined;

  it("determines the bits of a number, and what is made of them", async () => {
    assert.deepEqual(await undetermined(TWO_BITS(2)), []);
    assert.deepEqual(await undetermined(signedSplit(16)), []);
  });

  it("reports bits that are none, and bits whose weights say one number in two ways", async () => {
    assert.deepEqual(await undetermined(TWO_BITS(2, "")), ["main.x", "main.y"]);
    assert.deepEqual(await undetermined(TWO_BITS(1)), ["main.x", "main.y"]);
  });

  it("reports a quotient, whose divisor may be 0", async () => {
    const quotient = circuit("signal input a; signal input b; signal output q; q <-- a / b; q * b === a;", [
      "a",
      "b",
    ]);
    assert.deepEqual(await undetermined(quotient), ["main.q"]);
  });

  it("reports a hint that nothing pins, and all that is made of it", async () => {
    const split = broken(signedSplit(16), "positive <== in", "positive <-- in");
    assert.deepEqual(await undetermined(split), ["main.positive", "main.negative"]);
    const claim = broken(readClaim(), "healthy <== word", "healthy <-- word");
    assert.deepEqual(await undetermined(claim), ["main.healthy"]);
  });

  it("takes no lemma for a template that lacks a line", async () => {
    const whole = await unlisted(nettedPair(64));
    assert.deepEqual([whole.undetermined, whole.stale, whole.foreign], [[], [], []]);
    const pair = await unlisted(broken(nettedPair(64), "aIsLargest * bIsLargest === 0;", ""));
    assert.equal(pair.foreign.length, 1);
    assert.ok(pair.undetermined.includes("main.sumMagnitude"));
  });

  it("sees what a simplification loses, and what it adds", async () => {
    const rule = "(1 - healthy) * envelope === 0;";
    const systems = async (specimen: Specimen) =>
      Promise.all(
        ["--O0", "--O2"].map(async (flag) => systemOf((await specimen.compile([flag])).constraints)),
      );
    const [full, kept] = await systems(readClaim());
    const [fullWithout, keptWithout] = await systems(broken(readClaim(), rule, ""));
    assert.ok(full && kept && fullWithout && keptWithout);
    assert.deepEqual(compare(full, kept, 1), { lost: [], added: [] });
    const { lost, added } = compare(full, keptWithout, 1);
    assert.equal(lost.length, 1);
    assert.ok(full.rules[lost[0] ?? -1]?.wires.includes(full.wireOf.get("main.healthy") ?? -1));
    assert.deepEqual(added, []);
    assert.equal(compare(fullWithout, kept, 1).added.length, 1);
  });
});
