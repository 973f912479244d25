import assert from "node:assert/strict";
import * as snarkjs from "snarkjs";
import { ArtefactAlteredError } from "../../../src/errors.js";
import { readBinFile } from "../../../src/groth16/binFile.js";
import { checkProvingKey, verificationKeyOf } from "../../../src/groth16/provingKeyFile.js";
import { collectSources, compileCircuit } from "../../../src/groth16/setup/compile.js";
import { developmentKey, developmentPhaseOne } from "../../../src/groth16/setup/development.js";
import { PHASE_TWO_BEACON } from "../../../src/groth16/setup/developmentSecrets.js";
import { type Bases, buildBases } from "../../../src/groth16/setup/fixedBase.js";
import { domainPower, readR1cs } from "../../../src/groth16/setup/r1cs.js";
import { beaconKey } from "../../../src/groth16/snarkjs.js";
import { checkKey } from "../../../src/groth16/verificationKey.js";
import { refusedFor } from "../../support/keyFault.js";
import { TOY, type ToyPackage, toyPackage } from "./toy.js";

const ALPHA_1 = 4 + 32 + 4 + 32 + 12;
const BETA_2 = ALPHA_1 + 64 + 64;
const GAMMA_2 = BETA_2 + 128;
const DELTA_1 = GAMMA_2 + 128;
const DELTA_2 = DELTA_1 + 64;

describe("development key", () => {
  let toy: ToyPackage;
  let bases: Bases;
  let r1cs: Uint8Array;
  let ptau: Uint8Array;
  let zkey: Uint8Array;
  let uncontributed: Uint8Array;

  before(async () => {
    toy = await toyPackage({ pinned: false });
    bases = await buildBases();
    r1cs = (await compileCircuit(toy.home, TOY.name, await collectSources(toy.root, TOY.name))).r1cs;
    ptau = await developmentPhaseOne(bases, domainPower(readR1cs(r1cs)));
    zkey = await developmentKey(bases, readR1cs(r1cs));
    const initial: { type: string; data?: Uint8Array } = { type: "mem" };
    await snarkjs.zKey.newZKey(r1cs, ptau, initial);
    uncontributed = initial.data ?? new Uint8Array();
  });
  after(async () => {
    await globalThis.curve_bn128?.terminate();
    await toy.remove();
  });

  // shows: P21
  it("is byte for byte what stock groth16 setup and zkey beacon make of the development phase 1", async () => {
    const final: { type: string; data?: Uint8Array } = { type: "mem" };
    const { name, seed, iterationsExp } = PHASE_TWO_BEACON;
    await snarkjs.zKey.beacon(uncontributed, final, name, seed, iterationsExp);
    assert.ok(final.data);
    assert.ok(Buffer.from(zkey).equals(final.data));
  });

  it("is accepted by stock zkey verify", async () => {
    assert.equal(await snarkjs.zKey.verifyFromR1cs(r1cs, ptau, zkey), true);
  });

  it("holds the verification key that stock snarkjs exports", async () => {
    assert.deepEqual(verificationKeyOf(bases.curve, zkey), await snarkjs.zKey.exportVerificationKey(zkey));
  });

  it("has the size of its circuit", () => {
    const size = readR1cs(r1cs);
    assert.equal(size.publicSignals, 5);
    assert.equal(verificationKeyOf(bases.curve, zkey).IC.length, 6);
    assert.ok(size.constraints + size.publicSignals + 1 <= 2 ** domainPower(size));
    assert.ok(size.constraints + size.publicSignals + 1 > 2 ** (domainPower(size) - 1));
  });

  describe("gate", () => {
    /** A copy of `key` with `bytes` at `offset` of its header section. */
    function withHeader(key: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array {
      const copy = Uint8Array.from(key);
      const header = readBinFile("zkey", copy)?.get(2);
      assert.ok(header);
      header.set(bytes, offset);
      return copy;
    }
    const header = () => readBinFile("zkey", zkey)?.get(2) ?? new Uint8Array();

    const gate = (key: Uint8Array) => checkProvingKey(key, { kind: "development" });

    it("accepts the development key", () => {
      const verificationKey = verificationKeyOf(bases.curve, zkey);
      const { contributions } = checkProvingKey(zkey, { kind: "development", verificationKey });
      assert.equal(contributions.records.length, 1);
      checkKey(verificationKey);
    });

    // shows: T12
    it("refuses a key with no contribution to phase 2, which stock zkey verify calls good", async () => {
      assert.equal(await snarkjs.zKey.verifyFromR1cs(r1cs, ptau, uncontributed), true);
      assert.throws(() => gate(uncontributed), refusedFor("no-contribution"));
      const key = verificationKeyOf(bases.curve, uncontributed);
      assert.throws(() => checkKey(key), refusedFor("gamma-is-delta"));
    });

    // shows: T12
    it("refuses γ = δ even where a contribution is claimed", () => {
      const altered = withHeader(zkey, GAMMA_2, header().slice(DELTA_2));
      assert.throws(() => gate(altered), refusedFor("gamma-is-delta"));
      const key = verificationKeyOf(bases.curve, altered);
      assert.throws(() => checkKey(key), refusedFor("gamma-is-delta"));
    });

    // shows: T12
    it("refuses δ = generator in G1 and in G2, whatever γ is", () => {
      const { G1, G2 } = bases.curve;
      const otherGamma = withHeader(zkey, GAMMA_2, G2.toAffine(G2.timesScalar(G2.g, 7n)));
      const inG1 = withHeader(otherGamma, DELTA_1, G1.gAffine);
      assert.throws(() => gate(inG1), refusedFor("delta-is-generator"));
      const inG2 = withHeader(otherGamma, DELTA_2, G2.gAffine);
      assert.throws(() => gate(inG2), refusedFor("delta-is-generator"));
      const key = verificationKeyOf(bases.curve, inG2);
      assert.throws(() => checkKey(key), refusedFor("delta-is-generator"));
    });

    // shows: A25
    it("refuses δ = −generator, and a γ of choice", () => {
      const { G1, G2 } = bases.curve;
      const negative = withHeader(zkey, DELTA_2, G2.toAffine(G2.neg(G2.g)));
      assert.throws(() => gate(negative), refusedFor("delta-is-generator"));
      const inG1 = withHeader(zkey, DELTA_1, G1.toAffine(G1.neg(G1.g)));
      assert.throws(() => gate(inG1), refusedFor("delta-is-generator"));
      const chosen = withHeader(zkey, GAMMA_2, G2.toAffine(G2.neg(G2.fromRprLEM(header(), DELTA_2))));
      assert.throws(() => gate(chosen), refusedFor("gamma-is-chosen"));
    });

    // shows: A25
    it("refuses δ₁ and δ₂ that are not one, infinity, and points of no group", () => {
      const { G1, G2 } = bases.curve;
      const other1 = withHeader(zkey, DELTA_1, G1.toAffine(G1.timesScalar(G1.g, 7n)));
      assert.throws(() => gate(other1), refusedFor("delta-mismatch"));
      const other2 = withHeader(zkey, DELTA_2, G2.toAffine(G2.timesScalar(G2.g, 7n)));
      assert.throws(() => gate(other2), refusedFor("delta-mismatch"));
      assert.throws(() => gate(withHeader(zkey, DELTA_1, new Uint8Array(64))), refusedFor("infinity"));
      assert.throws(() => gate(withHeader(zkey, DELTA_2, new Uint8Array(128))), refusedFor("infinity"));
      const off = withHeader(
        zkey,
        DELTA_2,
        Uint8Array.from([header()[DELTA_2] ?? 0], (byte) => byte ^ 1),
      );
      assert.throws(() => gate(off), refusedFor("off-curve"));
    });

    it("refuses a phase 1 to which nobody contributed", () => {
      const { G1, G2 } = bases.curve;
      const alpha = withHeader(zkey, ALPHA_1, G1.gAffine);
      assert.throws(() => gate(alpha), refusedFor("phase-one-is-empty"));
      const beta = withHeader(zkey, BETA_2, G2.gAffine);
      assert.throws(() => gate(beta), refusedFor("phase-one-is-empty"));
    });

    // shows: A26
    it("refuses a ceremony's key that beacons alone have made", () => {
      assert.throws(() => checkProvingKey(zkey, { kind: "ceremony" }), refusedFor("no-contribution"));
    });

    it("refuses the proving key of another verification key", () => {
      const verificationKey = verificationKeyOf(bases.curve, zkey);
      const [first, ...rest] = verificationKey.IC;
      const swapped = { ...verificationKey, IC: [...rest, first ?? []] };
      assert.throws(
        () => checkProvingKey(zkey, { kind: "development", verificationKey: swapped }),
        (error: Error) => error.constructor === ArtefactAlteredError,
      );
    });

    it("refuses bytes that are not a whole key", () => {
      const records = readBinFile("zkey", zkey)?.get(10) ?? new Uint8Array();
      const claimed = Uint8Array.from(zkey);
      claimed[records.byteOffset - zkey.byteOffset + 64] = 2;
      for (const bytes of [zkey.subarray(0, zkey.length - 1), r1cs, new Uint8Array(), claimed])
        assert.throws(() => gate(bytes), refusedFor("not-a-key"));
    });

    // shows: A26
    it("names the contributions as stock snarkjs does", async () => {
      const next: { type: string; data?: Uint8Array } = { type: "mem" };
      const hash = await snarkjs.zKey.contribute({ type: "mem", data: zkey }, next, "somebody", "x");
      const { contributions } = gate(next.data ?? new Uint8Array());
      const [first, second] = contributions.records;
      assert.equal(second?.hash, Buffer.from(hash).toString("hex"));
      assert.equal(second?.name, "somebody");
      assert.equal(second?.beacon, undefined);
      assert.equal(first?.name, PHASE_TWO_BEACON.name);
      const { seed: value, iterationsExp } = PHASE_TWO_BEACON;
      assert.deepEqual(first?.beacon, { value, iterationsExp });
      assert.throws(
        () => checkProvingKey(next.data ?? new Uint8Array(), { kind: "ceremony" }),
        refusedFor("no-beacon"),
      );
    });
  });

  // shows: T20
  it("from a phase-1 file leaves no worker behind", async () => {
    await globalThis.curve_bn128?.terminate();
    const { mkdir, writeFile } = await import("node:fs/promises");
    await mkdir(toy.home, { recursive: true });
    await writeFile(`${toy.home}/development.ptau`, ptau);
    assert.ok(Buffer.from(zkey).equals(await beaconKey(r1cs, `${toy.home}/development.ptau`)));
    assert.equal(globalThis.curve_bn128, null);
  });
});
