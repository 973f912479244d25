import assert from "node:assert/strict";
import { babyjubjub } from "@noble/curves/misc";
import { buildBabyjub } from "circomlibjs";
import { FIELD_R } from "../../../src/protocol/bounds.js";
import type { Point } from "../../../src/protocol/folding.js";
import {
  BASE,
  keyOf,
  keyRoot,
  SUBGROUP_ORDER,
  scalarOf,
  sharedPoint,
} from "../../../src/protocol/sealedBook.js";
import { Random } from "../../support/cases.js";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import { randomSecret } from "../../support/clearing.js";
import { outcome, refuses, witnessOf } from "../../support/witness.js";

const Curve = babyjubjub.ExtendedPoint;
/** A generator of all 8·ℓ points (ERC-2494). */
const GENERATOR: Point = {
  x: 995203441582195749578291179787384436505546430278305826713579947235728471134n,
  y: 5472060717959818805561601436314318772137091100104008585924551046643952123905n,
};
const multiple = (point: Point, by: bigint): Point => {
  const { x, y } = Curve.fromAffine(point).multiplyUnsafe(by).toAffine();
  return { x, y };
};
const coordinates = ({ x, y }: Point) => [x, y];

describe("KeyAgreement", () => {
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTemplate("lib/KeyAgreement", [], ["scalar", "root", "key"]);
  });
  const inputs = (scalar: bigint, key: Point, root: Point) => ({
    scalar: [scalar],
    key: coordinates(key),
    root: coordinates(root),
  });
  const honest = (scalar: bigint, key: Point) => inputs(scalar, key, keyRoot(key));

  // shows: P62, A75
  it("multiplies as @noble/curves and circomlibjs do, at both ends of the scalar and between", async () => {
    const random = new Random(7);
    const other = await buildBabyjub();
    // No digit of 1, none of −1, a window of each kind, and any.
    for (const bits of [0n, (1n << 246n) - 1n, 0o01234567n, 1n << 245n, random.bits(246)]) {
      const scalar = scalarOf(bits);
      const key = keyOf(randomSecret(random));
      const witness = await witnessOf(circuit, honest(scalar, key));
      const read = (name: string) =>
        [0, 1].map((i) => witness[circuit.constraints.wire(`main.${name}[${i}]`)]);
      assert.deepEqual(read("ephemeral"), coordinates(keyOf(scalar)));
      assert.deepEqual(read("shared"), coordinates(sharedPoint(scalar, key)));
      const said = other.mulPointEscalar([other.F.e(key.x), other.F.e(key.y)], scalar);
      assert.deepEqual(
        read("shared"),
        said.map((x) => other.F.toObject(x)),
      );
    }
  });

  // shows: P62, A75
  it("refuses a scalar of 0, of the subgroup's order, an even one, and every one beyond its ends", async () => {
    const key = keyOf(5n);
    const [least, most] = [scalarOf(0n), scalarOf((1n << 246n) - 1n)];
    for (const scalar of [0n, SUBGROUP_ORDER, least - 2n, least + 1n, most + 2n, FIELD_R - 1n, 1n])
      await refuses(circuit, honest(scalar, key), "SignedDigits");
  });

  // shows: P62, A75
  it("determines what it says: no other slope, digit or point fits a scalar and a key", async () => {
    const key = keyOf(randomSecret(new Random(8)));
    const witness = await witnessOf(circuit, honest(scalarOf(0o7531n), key));
    const { constraints } = circuit;
    const names = ["digits[0]", "digits[7]", "ephemeral[0]", "ephemeral[1]", "shared[0]", "shared[1]"];
    const wires = names.map((name) => constraints.wire(`main.${name}`));
    for (const wire of [...wires, ...witness.keys()].filter((wire) => wire > 0 && wire % 7 !== 1)) {
      const other = ((witness[wire] ?? 0n) + 1n) % FIELD_R;
      assert.ok(constraints.violations(witness.with(wire, other)).length > 0, `wire ${wire}`);
    }
  });

  // shows: P62, A75
  it("refuses a key off the curve, in no prime subgroup, or neutral, whatever root a prover shows", async () => {
    const key = keyOf(11n);
    const root = keyRoot(key);
    await refuses(circuit, inputs(scalarOf(3n), key, { ...root, x: root.x + 1n }), "BabyCheck");
    await refuses(circuit, inputs(scalarOf(3n), { ...key, y: key.y + 1n }, root), "KeyAgreement");
    // The eight points of order 1, 2, 4 and 8, and a key with one of them added.
    const small = Array.from({ length: 8 }, (_, i) => multiple(GENERATOR, SUBGROUP_ORDER * BigInt(i)));
    assert.equal(new Set(small.map(({ x, y }) => `${x} ${y}`)).size, 8);
    for (const torsion of small) {
      const sum = Curve.fromAffine(key).add(Curve.fromAffine(torsion)).toAffine();
      const neutral = torsion.x === 0n && torsion.y === 1n;
      for (const shown of [root, sum, torsion, BASE]) {
        await refuses(circuit, inputs(scalarOf(3n), torsion, shown), "KeyAgreement").catch(async () =>
          // Eight times a small point is the neutral one.
          refuses(circuit, inputs(scalarOf(3n), torsion, shown), "Edwards2Montgomery"),
        );
        if (!neutral) await refuses(circuit, inputs(scalarOf(3n), sum, shown), "KeyAgreement");
      }
    }
    // Each of a key's eight roots is as good as another: it says the same of the key.
    for (const torsion of small) {
      const other = Curve.fromAffine(root).add(Curve.fromAffine(torsion)).toAffine();
      assert.equal(await outcome(circuit, inputs(scalarOf(3n), key, other)), "accepted");
    }
  });
});
