import assert from "node:assert/strict";
import { buildPoseidon } from "circomlibjs";
import { compileTemplate } from "../../support/circuit.js";
import { witnessOf } from "../../support/witness.js";

describe("PoseidonChain", () => {
  let poseidon: Awaited<ReturnType<typeof buildPoseidon>>;
  before(async () => {
    poseidon = await buildPoseidon();
  });

  // 16 words fill one block, 17 spill one word into a second, 31 fill it.
  for (const words of [1, 16, 17, 31]) {
    it(`equals an independent Poseidon over ${words} words`, async () => {
      const input = Array.from({ length: words }, (_, i) => BigInt(i) ** 5n + 3n);
      let digest = poseidon(input.slice(0, 16));
      for (let i = 16; i < words; i += 15)
        digest = poseidon([poseidon.F.toObject(digest), ...input.slice(i, i + 15)]);
      const circuit = await compileTemplate("lib/PoseidonChain", [words], ["in"]);
      const witness = await witnessOf(circuit, { in: input });
      assert.equal(witness[circuit.constraints.wire("main.out")], poseidon.F.toObject(digest));
    });
  }
});
