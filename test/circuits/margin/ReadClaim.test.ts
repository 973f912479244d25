import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type Claim, packClaim, unpackClaim } from "../../../src/protocol/claim.js";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import { outcome, refuses, witnessOf } from "../../support/witness.js";

const pack = (theta: bigint, envelope: bigint, healthy: bigint, isolated: bigint) =>
  theta | (envelope << 16n) | (healthy << 30n) | (isolated << 31n);
const SLEEVE = 1n << 32n;
const TAKEN = 1n << 33n;
const support = (cents: bigint) => cents << 34n;
const MOST = (1n << 56n) - 1n;

const OUTPUTS = ["theta", "envelope", "healthy", "isolated", "sleeve", "supportAdded", "supportTaken"];
const outputsOf = ({ theta, envelope, healthy, isolated, sleeve = false, support = 0n }: Claim): bigint[] => [
  BigInt(theta),
  BigInt(envelope),
  ...[healthy, isolated, sleeve].map((bit) => (bit ? 1n : 0n)),
  support > 0n ? support : 0n,
  support < 0n ? -support : 0n,
];

describe("ReadClaim", () => {
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTemplate("margin/ReadClaim", [], ["claim"]);
  });
  const read = async (word: bigint) => {
    const witness = await witnessOf(circuit, { claim: [word] });
    return OUTPUTS.map((name) => witness[circuit.constraints.wire(`main.${name}`)]);
  };

  it("unpacks what TypeScript packs, every bound included", async () => {
    for (const theta of [1, 2, 10_000, 65_535])
      for (const envelope of [0, 1, 500, 9_999, 10_000])
        for (const healthy of [true, false])
          for (const flags of [{ isolated: true }, { isolated: false }, { isolated: false, sleeve: true }]) {
            if (!healthy && envelope !== 0) continue;
            const claim: Claim = { theta, envelope, healthy, ...flags };
            const word = packClaim(claim);
            assert.deepEqual(unpackClaim(word), claim);
            assert.deepEqual(await read(word), outputsOf(claim));
          }
  });

  it("unpacks every support up to its bound, with its sign", async () => {
    for (const cents of [1n, -1n, 2n, -(1n << 55n), 1n << 55n, MOST, -MOST])
      for (const healthy of [true, false])
        for (const flags of [{ isolated: true }, { isolated: false, sleeve: true }]) {
          const claim: Claim = { theta: 10_000, envelope: 0, healthy, ...flags, support: cents };
          assert.deepEqual(await read(packClaim(claim)), outputsOf(claim));
        }
  });

  it("equals the claim vectors", async () => {
    const vectors = JSON.parse(readFileSync("test/vectors/claim.json", "utf8"));
    for (const { word, support, ...vector } of vectors.claims)
      assert.deepEqual(await read(BigInt(word)), outputsOf({ ...vector, support: BigInt(support ?? 0) }));
    for (const word of vectors.refused)
      assert.notEqual(await outcome(circuit, { claim: [BigInt(word)] }), "accepted", word);
  });

  // shows: T8
  it("refuses a θ of 0, an envelope above 10 000, and a word of more than 90 bits", async () => {
    await refuses(circuit, { claim: [pack(0n, 0n, 1n, 0n)] }, "Num2Bits");
    await refuses(circuit, { claim: [pack(1n, 10_001n, 1n, 0n)] }, "Num2Bits");
    await refuses(circuit, { claim: [pack(1n, 16_383n, 1n, 0n)] }, "Num2Bits");
    for (const bit of [90n, 91n, 128n, 252n])
      await refuses(circuit, { claim: [pack(10_000n, 0n, 1n, 0n) + (1n << bit)] }, "Num2Bits");
    assert.equal(await outcome(circuit, { claim: [pack(1n, 10_000n, 1n, 1n)] }), "accepted");
    assert.equal(
      await outcome(circuit, { claim: [(1n << 90n) - 1n - (6_383n << 16n) - SLEEVE] }),
      "accepted",
    );
  });

  // shows: T3
  it("reads no other claim out of a word: not one wire of it belongs to another word", async () => {
    const base = pack(10_000n, 0n, 1n, 0n);
    const words = [base, pack(1n, 0n, 1n, 0n), pack(10_000n, 1n, 1n, 0n)];
    words.push(pack(10_000n, 0n, 0n, 0n), pack(10_000n, 0n, 1n, 1n));
    words.push(base | SLEEVE, base | support(1n), base | TAKEN | support(1n), base | support(MOST));
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

  // shows: P6
  it("refuses a sleeve in an isolated claim", async () => {
    await refuses(circuit, { claim: [pack(1n, 0n, 1n, 1n) | SLEEVE] }, "ReadClaim");
  });

  // shows: T3
  it("has one zero: no support of nothing with a sign, whatever inverse a prover says it has", async () => {
    for (const healthy of [0n, 1n]) {
      const word = pack(10_000n, 0n, healthy, 0n) | TAKEN;
      await refuses(circuit, { claim: [word] }, "NonZeroWhere");
    }
    // That word in an honest witness of another, whose bit of the sign is what is left of the sum, and any inverse.
    const cs = circuit.constraints;
    const witness = await witnessOf(circuit, { claim: [pack(10_000n, 0n, 1n, 0n)] });
    const edits = new Map([[cs.wire("main.claim"), pack(10_000n, 0n, 1n, 0n) | TAKEN]]);
    const [inverse = ""] = cs.signals(/NonZeroWhere#0\.inverse$/);
    for (const value of [0n, 1n, 2n, (1n << 200n) + 1n])
      assert.ok(cs.violationsOf(witness, new Map(edits).set(cs.wire(inverse), value)).length > 0);
  });

  // shows: T3
  it("adds no support that is taken, nor takes what is added: neither output is the prover's", async () => {
    const cs = circuit.constraints;
    for (const word of [support(7n), TAKEN | support(7n)]) {
      const witness = await witnessOf(circuit, { claim: [pack(10_000n, 0n, 1n, 0n) | word] });
      const [added, taken] = ["supportAdded", "supportTaken"].map((name) => cs.wire(`main.${name}`));
      for (const [more, less] of [
        [0n, 7n],
        [7n, 0n],
        [7n, 7n],
        [0n, 0n],
        [14n, -7n],
      ] as const) {
        const edits = new Map([
          [added ?? 0, more],
          [taken ?? 0, less],
        ]);
        const honest = witness[added ?? 0] === more && witness[taken ?? 0] === less;
        assert.equal(cs.violationsOf(witness, edits).length === 0, honest);
      }
    }
  });
});
