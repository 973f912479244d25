import assert from "node:assert/strict";
import { buildBn128 } from "ffjavascript";
import * as snarkjs from "snarkjs";
import { readBinFile } from "../../../src/groth16/binFile.js";
import { developmentPhaseOne } from "../../../src/groth16/setup/development.js";
import { PHASE_ONE_BEACON } from "../../../src/groth16/setup/developmentSecrets.js";
import { type Bases, buildBases } from "../../../src/groth16/setup/fixedBase.js";

const POWER = 6;

/** What snarkjs really exports; its published types name another function. */
type VerifyPhaseOne = (file: Uint8Array) => Promise<boolean>;
const verifyPhaseOne = snarkjs.powersOfTau.verify as unknown as VerifyPhaseOne;

describe("development phase 1", () => {
  let bases: Bases;
  let file: Uint8Array;

  before(async () => {
    bases = await buildBases();
    file = await developmentPhaseOne(bases, POWER);
  });
  after(async () => {
    await globalThis.curve_bn128?.terminate();
  });

  it("is accepted by stock powersoftau verify", async () => {
    assert.equal(await verifyPhaseOne(file), true);
  });

  it("is refused by it with one byte of a Lagrange point flipped", async () => {
    const altered = Uint8Array.from(file);
    const lagrange = readBinFile("ptau", altered)?.get(12);
    assert.ok(lagrange);
    lagrange[10 * 64] = (lagrange[10 * 64] ?? 0) ^ 1;
    assert.equal(await verifyPhaseOne(altered), false);
  });

  // shows: P21
  it("is byte for byte what stock new, beacon and prepare phase2 make", async () => {
    const fresh = { type: "mem" };
    const contributed = { type: "mem" };
    const prepared: { type: string; data?: Uint8Array } = { type: "mem" };
    const { name, seed, iterationsExp } = PHASE_ONE_BEACON;
    await snarkjs.powersOfTau.newAccumulator(await buildBn128(), POWER, fresh);
    await snarkjs.powersOfTau.beacon(fresh, contributed, name, seed, iterationsExp);
    await snarkjs.powersOfTau.preparePhase2(contributed, prepared);
    assert.ok(prepared.data);
    assert.ok(Buffer.from(file).equals(prepared.data));
  });

  it("has the same bytes every time, and says that it is for development", async () => {
    assert.ok(Buffer.from(file).equals(await developmentPhaseOne(await buildBases(), POWER)));
    assert.ok(Buffer.from(file).includes("zkmargin development - not for production"));
  });
});

describe("fixed-base products", () => {
  it("equal the curve's own, at the edges of the field and of the windows", async () => {
    const { curve, g1, g2 } = await buildBases();
    const scalars = [
      0n,
      1n,
      2n,
      2047n,
      2048n,
      2n ** 253n,
      curve.r - 1n,
      curve.r - 2048n,
      0x123456789abcdefn ** 4n,
    ];
    const inG1 = g1.multiply(scalars);
    const inG2 = g2.multiply(scalars);
    scalars.forEach((scalar, i) => {
      const { G1, G2 } = curve;
      const expected1 = G1.toAffine(G1.timesScalar(G1.g, scalar));
      const expected2 = G2.toAffine(G2.timesScalar(G2.g, scalar));
      assert.deepEqual(inG1.slice(64 * i, 64 * (i + 1)), expected1, `G1, scalar ${i}`);
      assert.deepEqual(inG2.slice(128 * i, 128 * (i + 1)), expected2, `G2, scalar ${i}`);
    });
  });
});
