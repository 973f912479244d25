import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type Claim, packClaim, unpackClaim } from "../../../src/protocol/claim.js";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import { outcome, refuses, witnessOf } from "../../support/witness.js";

const pack = (theta: bigint, envelope: bigint, healthy: bigint, isolated: bigint) =>
  theta | (envelope << 16n) | (healthy << 30n) | (isolated << 31n);

describe("ReadClaim", () => {
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTemplate("margin/ReadClaim", [], ["claim"]);
  });

  it("unpacks what TypeScript packs, every bound included", async () => {
    for (const theta of [1, 2, 10_000, 65_535])
      for (const envelope of [0, 1, 500, 9_999, 10_000])
        for (const healthy of [true, false])
          for (const isolated of [true, false]) {
            if (!healthy && envelope !== 0) continue;
            const claim: Claim = { theta, envelope, healthy, isolated };
            const word = packClaim(claim);
            assert.deepEqual(unpackClaim(word), claim);
            const witness = await witnessOf(circuit, { claim: [word] });
            const read = (name: string) => witness[circuit.constraints.wire(`main.${name}`)];
            assert.deepEqual(
              ["theta", "envelope", "healthy", "isolated"].map(read),
              [theta, envelope, healthy ? 1 : 0, isolated ? 1 : 0].map(BigInt),
            );
          }
  });

  it("equals the claim vectors", async () => {
    const vectors = JSON.parse(readFileSync("test/vectors/claim.json", "utf8"));
    for (const { theta, envelope, healthy, isolated, word } of vectors.claims) {
      const witness = await witnessOf(circuit, { claim: [BigInt(word)] });
      const read = (name: string) => Number(witness[circuit.constraints.wire(`main.${name}`)]);
      assert.deepEqual(["theta", "envelope", "healthy", "isolated"].map(read), [
        theta,
        envelope,
        Number(healthy),
        Number(isolated),
      ]);
    }
    for (const word of vectors.refused)
      assert.notEqual(await outcome(circuit, { claim: [BigInt(word)] }), "accepted", word);
  });

  // shows: T8
  it("refuses a θ of 0, an envelope above 10 000, and a word of more than 32 bits", async () => {
    await refuses(circuit, { claim: [pack(0n, 0n, 1n, 0n)] }, "Num2Bits");
    await refuses(circuit, { claim: [pack(1n, 10_001n, 1n, 0n)] }, "Num2Bits");
    await refuses(circuit, { claim: [pack(1n, 16_383n, 1n, 0n)] }, "Num2Bits");
    for (const bit of [32n, 33n, 64n, 252n])
      await refuses(circuit, { claim: [pack(10_000n, 0n, 1n, 0n) + (1n << bit)] }, "Num2Bits");
    assert.equal(await outcome(circuit, { claim: [pack(1n, 10_000n, 1n, 1n)] }), "accepted");
  });

  // shows: T3
  it("reads no other claim out of a word: not one wire of it belongs to another word", async () => {
    const words = [pack(10_000n, 0n, 1n, 0n), pack(1n, 0n, 1n, 0n), pack(10_000n, 1n, 1n, 0n)];
    words.push(pack(10_000n, 0n, 0n, 0n), pack(10_000n, 0n, 1n, 1n));
    const claim = circuit.constraints.wire("main.claim");
    for (const word of words)
      for (const other of words) {
        const edited = (await witnessOf(circuit, { claim: [other] })).with(claim, word);
        assert.equal(circuit.constraints.violations(edited).length > 0, word !== other);
      }
  });

  // shows: P1, T8
  it("refuses an envelope in a claim of ill health", async () => {
    await refuses(circuit, { claim: [pack(1n, 1n, 0n, 0n)] }, "ReadClaim");
  });
});
