import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { TIERS } from "../../../src/protocol/tiers.js";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import { field } from "../../support/field.js";
import { outcome, refuses, witnessOf } from "../../support/witness.js";

interface Vector {
  name: string;
  tier: string;
  spot: string[];
  perp: string[];
  basis: string;
  sleeve?: { detail: string };
  words: string[];
  salt: string;
  listing: string;
  commitment: string;
}
const vectors: Vector[] = JSON.parse(readFileSync("test/vectors/commitment.json", "utf8")).vectors;

for (const tier of TIERS) {
  describe(`CommitBook of ${tier.assets} assets`, () => {
    let circuit: TestCircuit;
    before(async () => {
      circuit = await compileTemplate("margin/CommitBook", [tier.assets]);
    });
    const inputs = (vector: Vector) => ({
      listing: [BigInt(vector.listing)],
      spot: vector.spot.map((q) => field(BigInt(q))),
      perp: vector.perp.map((q) => field(BigInt(q))),
      basis: [field(BigInt(vector.basis))],
      sleeve: vector.words.slice(-6, -2).map(BigInt),
      detail: [BigInt(vector.sleeve?.detail ?? 0)],
      salt: [BigInt(vector.salt)],
    });

    for (const vector of vectors.filter((v) => v.tier === tier.name))
      it(`equals its vector: ${vector.name}`, async () => {
        const witness = await witnessOf(circuit, inputs(vector));
        assert.equal(witness[circuit.constraints.wire("main.commitment")], BigInt(vector.commitment));
      });

    it("holds the basis to an int128", async () => {
      const [vector] = vectors.filter((v) => v.tier === tier.name);
      assert.ok(vector);
      const limit = 1n << 127n;
      for (const basis of [-limit, limit - 1n])
        assert.equal(await outcome(circuit, { ...inputs(vector), basis: [field(basis)] }), "accepted");
      for (const basis of [-limit - 1n, limit])
        await refuses(circuit, { ...inputs(vector), basis: [field(basis)] }, "Num2Bits");
    });
  });
}
