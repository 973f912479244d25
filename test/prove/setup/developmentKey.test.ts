import assert from "node:assert/strict";
import * as snarkjs from "snarkjs";
import { KeyLineageError } from "../../../src/errors.js";
import { type Bases, buildBases } from "../../../src/prove/setup/bases.js";
import { PHASE_TWO_BEACON } from "../../../src/prove/setup/beacons.js";
import { readBinFile } from "../../../src/prove/setup/binFile.js";
import { ceremonyKey } from "../../../src/prove/setup/ceremonyKey.js";
import { compileCircuit } from "../../../src/prove/setup/compile.js";
import { developmentKey } from "../../../src/prove/setup/developmentKey.js";
import { checkKeyLineage, checkVerificationKeyLineage } from "../../../src/prove/setup/keyLineage.js";
import { developmentPhaseOne } from "../../../src/prove/setup/phaseOne.js";
import { domainPower, readR1cs } from "../../../src/prove/setup/r1cs.js";
import { collectSources } from "../../../src/prove/setup/sources.js";
import { verificationKeyOf } from "../../../src/prove/setup/verificationKeyOf.js";
import { TOY, type ToyPackage, toyPackage } from "./toy.js";

const GAMMA_2 = 4 + 32 + 4 + 32 + 12 + 64 + 64 + 128;
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

    it("accepts the development key", () => {
      assert.deepEqual(checkKeyLineage(zkey), { contributions: 1 });
      checkVerificationKeyLineage(verificationKeyOf(bases.curve, zkey));
    });

    it("refuses a key with no contribution to phase 2, which stock zkey verify calls good", async () => {
      assert.equal(await snarkjs.zKey.verifyFromR1cs(r1cs, ptau, uncontributed), true);
      assert.throws(() => checkKeyLineage(uncontributed), KeyLineageError);
      const key = verificationKeyOf(bases.curve, uncontributed);
      assert.throws(() => checkVerificationKeyLineage(key), KeyLineageError);
    });

    it("refuses γ = δ even where a contribution is claimed", () => {
      const altered = withHeader(zkey, GAMMA_2, header().slice(DELTA_2));
      assert.throws(() => checkKeyLineage(altered), KeyLineageError);
      const key = verificationKeyOf(bases.curve, altered);
      assert.throws(() => checkVerificationKeyLineage(key), KeyLineageError);
    });

    it("refuses δ = generator in G1 and in G2, whatever γ is", () => {
      const { G1, G2 } = bases.curve;
      const otherGamma = withHeader(zkey, GAMMA_2, G2.toAffine(G2.timesScalar(G2.g, 7n)));
      assert.throws(() => checkKeyLineage(withHeader(otherGamma, DELTA_1, G1.gAffine)), KeyLineageError);
      const inG2 = withHeader(otherGamma, DELTA_2, G2.gAffine);
      assert.throws(() => checkKeyLineage(inG2), KeyLineageError);
      const key = verificationKeyOf(bases.curve, inG2);
      assert.throws(() => checkVerificationKeyLineage(key), KeyLineageError);
    });

    it("refuses bytes that are not a whole key", () => {
      assert.throws(() => checkKeyLineage(zkey.subarray(0, zkey.length - 1)), KeyLineageError);
      assert.throws(() => checkKeyLineage(r1cs), KeyLineageError);
      assert.throws(() => checkKeyLineage(new Uint8Array()), KeyLineageError);
    });
  });

  it("from a phase-1 file leaves no worker behind", async () => {
    await globalThis.curve_bn128?.terminate();
    const { mkdir, writeFile } = await import("node:fs/promises");
    await mkdir(toy.home, { recursive: true });
    await writeFile(`${toy.home}/development.ptau`, ptau);
    assert.ok(Buffer.from(zkey).equals(await ceremonyKey(r1cs, `${toy.home}/development.ptau`)));
    assert.equal(globalThis.curve_bn128, null);
  });
});
