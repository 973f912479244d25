import assert from "node:assert/strict";
import fc from "fast-check";
import { FIELD_R } from "../../src/encoding/field.js";
import { Bn254, PointArithmetic } from "../../src/groth16/bn254.js";
import { BucketSum } from "../../src/groth16/bucketSum.js";
import { toWord } from "../../src/groth16/field.js";
import { batchesRoom, PointBatches } from "../../src/groth16/kernel/batches.js";
import { KERNEL_ROOM, Kernel, PAGE } from "../../src/groth16/kernel/kernel.js";
import { fillTable, planTable } from "../../src/groth16/pointTable.js";

const SEED = 254;
const PAGES = 256;
const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
const OWN = 64;
const BATCHES = 4096;
const ROOM = batchesRoom(1 << 14);
const curve = new Bn254();
const kernel = new Kernel(memory, OWN);
const sums = new BucketSum(curve);
assert.ok(OWN + KERNEL_ROOM < BATCHES);

/** Numbers at which recoding could go wrong. */
const EDGES = [
  ...[0n, 1n, 2n, FIELD_R - 1n, FIELD_R - 2n, FIELD_R >> 1n, (FIELD_R >> 1n) + 1n, (1n << 253n) - 1n],
  ...[3n, 4n, 1n << 32n, (1n << 32n) - 1n, 1n << 224n, 0x5555n],
];
const scalar = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.bigInt(0n, 1n),
  fc.bigInt(0n, (1n << 64n) - 1n),
  fc.bigInt(0n, FIELD_R - 1n),
);
type Terms = readonly (readonly [k: bigint, s: bigint])[];

/**
 * Points k·G given by k, where 0 is infinity and repeats and negatives are frequent; and the sum as a multiple.
 * @param isLong which points stand in the table with their multiples
 */
function check(name: "g1" | "g2", terms: Terms, parts: number, isLong: (index: number) => boolean): void {
  const points = new PointArithmetic(curve, curve[name]);
  const batches = new PointBatches(kernel, kernel[name], BATCHES, ROOM);
  const generator = curve.load(
    name === "g1" ? curve.constants.pG1gen : curve.constants.pG2gen,
    curve[name].jacobian,
  );
  const file = Buffer.concat(terms.map(([k]) => points.toAffine(points.times(generator, k))));
  let end = BATCHES + ROOM;
  const take = (bytes: number) => {
    end += bytes;
    return end - bytes;
  };
  const table = planTable(name, file, isLong, parts, take);
  assert.ok(end < PAGES * PAGE);
  const middle = terms.length >> 1;
  fillTable(batches, table, file, 0, middle);
  fillTable(batches, table, file, middle, terms.length);
  batches.clear();
  const scalars = new Uint32Array(new Uint8Array(Buffer.concat(terms.map(([, s]) => toWord(s)))).buffer);
  let sum = points.times(generator, 0n);
  for (let part = 0; part < parts; part++)
    sum = points.add(sum, sums.sum(batches, table, scalars, part, parts));
  const total = terms.reduce((t, [k, s]) => (t + k * s) % FIELD_R, 0n);
  assert.deepEqual(points.toCoordinates(sum), points.toCoordinates(points.times(generator, total)));
  assert.ok(Buffer.from(memory.buffer, BATCHES, ROOM).equals(Buffer.alloc(ROOM)), "nothing is left behind");
}

describe(`BucketSum (seed ${SEED})`, () => {
  const multiple = fc.oneof(
    fc.constantFrom(0n, 1n, 2n, FIELD_R - 1n, FIELD_R - 2n),
    fc.bigInt(1n, FIELD_R - 1n),
  );
  const terms = fc.array(fc.tuple(multiple, scalar), { minLength: 1, maxLength: 40 });
  const tables: Record<string, (index: number) => boolean> = {
    "no multiples": () => false,
    "multiples of every point": () => true,
    "multiples of some points": (index) => index % 3 === 0,
  };

  for (const name of ["g1", "g2"] as const)
    for (const [which, isLong] of Object.entries(tables)) {
      it(`is the sum of the multiples, in ${name}, with ${which}`, () => {
        fc.assert(
          fc.property(terms, fc.integer({ min: 1, max: 4 }), (list, parts) =>
            check(name, list, parts, isLong),
          ),
          { seed: SEED, numRuns: 15 },
        );
      });

      it(`holds where points meet themselves and their negatives, in ${name}, with ${which}`, () => {
        const signs = [1n, 1n, FIELD_R - 1n, 2n, 0n, 5n];
        const many = Array.from(
          { length: 400 },
          (_, i) => [signs[i % 6] ?? 1n, BigInt(1 + (i % 3))] as const,
        );
        check(name, many, 1, isLong);
        const ones = many.map(([k]) => [k, 1n] as const);
        check(name, ones, 2, isLong);
        const same = Array.from({ length: 101 }, () => [7n, 1n] as const);
        check(name, same, 1, isLong);
      });
    }

  it("is infinity for no terms that count", () => {
    check("g1", [[0n, 5n]], 1, () => true);
    check("g1", [[5n, 0n]], 3, () => true);
  });
});
