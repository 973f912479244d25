import assert from "node:assert/strict";
import fc from "fast-check";
import { Bn254, type Group, PointArithmetic } from "../../src/groth16/bn254.js";
import { toWord } from "../../src/groth16/field.js";
import { limbsOf, multiExp, pointsAt, signedDigits } from "../../src/groth16/multiExp.js";
import { FIELD_R } from "../../src/protocol/bounds.js";

const SEED = 254;
const curve = new Bn254();

/** Numbers at which recoding could go wrong. */
const EDGES = [
  0n,
  1n,
  2n,
  FIELD_R - 1n,
  FIELD_R - 2n,
  FIELD_R >> 1n,
  (FIELD_R >> 1n) + 1n,
  (1n << 253n) - 1n,
];
const scalar = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.bigInt(0n, 1n),
  fc.bigInt(0n, (1n << 64n) - 1n),
  fc.bigInt(0n, FIELD_R - 1n),
);

/** Points k·G given by k, where 0 is infinity and repeats and negatives are frequent; and the sum as a multiple. */
function check(group: Group, terms: readonly (readonly [k: bigint, s: bigint])[]): void {
  const mark = curve.mark();
  const points = new PointArithmetic(curve, group);
  const generator = curve.load(
    group === curve.g1 ? curve.constants.pG1gen : curve.constants.pG2gen,
    group.jacobian,
  );
  const bytes = terms.map(([k]) => points.toAffine(points.times(generator, k)));
  const bases = pointsAt(group, curve.store(Buffer.concat(bytes)), terms.length);
  const scalars = limbsOf(Buffer.concat(terms.map(([, s]) => toWord(s))));
  const sum = multiExp(curve, bases, scalars);
  const total = terms.reduce((t, [k, s]) => (t + k * s) % FIELD_R, 0n);
  assert.deepEqual(points.toCoordinates(sum), points.toCoordinates(points.times(generator, total)));
  curve.release(mark);
}

describe(`multiExp (seed ${SEED})`, () => {
  const multiple = fc.oneof(
    fc.constantFrom(0n, 1n, 2n, FIELD_R - 1n, FIELD_R - 2n),
    fc.bigInt(1n, FIELD_R - 1n),
  );
  const terms = (most: number) => fc.array(fc.tuple(multiple, scalar), { minLength: 1, maxLength: most });

  for (const name of ["g1", "g2"] as const) {
    it(`is the sum of the multiples, in ${name}`, () => {
      fc.assert(
        fc.property(terms(40), (list) => check(curve[name], list)),
        { seed: SEED, numRuns: 30 },
      );
    });

    it(`holds in the shared-inversion rounds, where points meet themselves and their negatives, in ${name}`, () => {
      const signs = [1n, 1n, FIELD_R - 1n, 2n, 0n, 5n];
      const many = Array.from({ length: 400 }, (_, i) => [signs[i % 6] ?? 1n, BigInt(1 + (i % 3))] as const);
      check(curve[name], many);
      check(
        curve[name],
        many.map(([k]) => [k, 1n] as const),
      );
      check(
        curve[name],
        Array.from({ length: 101 }, () => [7n, 1n] as const),
      );
    });
  }

  it("is infinity for no terms that count", () => {
    check(curve.g1, [[0n, 5n]]);
    check(curve.g1, [[5n, 0n]]);
  });
});

describe("signedDigits", () => {
  it("stands for each scalar, or for the scalar less r, in as few windows as the longest needs", () => {
    fc.assert(
      fc.property(fc.array(scalar, { minLength: 1, maxLength: 300 }), (list) => {
        const finite = new Uint8Array(list.length).fill(1);
        const digits = signedDigits(limbsOf(Buffer.concat(list.map(toWord))), finite);
        assert.deepEqual(
          [...digits.index],
          list.flatMap((s, i) => (s === 0n ? [] : [i])),
        );
        digits.index.forEach((scalarIndex, i) => {
          let value = 0n;
          for (let window = digits.windows - 1; window >= 0; window--) {
            const digit = digits.values[window * digits.index.length + i] ?? Number.NaN;
            assert.ok(Math.abs(digit) <= digits.largest);
            value = (value << BigInt(digits.width)) + BigInt(digit);
          }
          const expected = list[scalarIndex] ?? 0n;
          assert.equal(value, expected > FIELD_R >> 1n ? expected - FIELD_R : expected);
        });
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  it("makes bits cost one digit each", () => {
    const bits = Array.from({ length: 1000 }, (_, i) => toWord(BigInt(i & 1)));
    const digits = signedDigits(limbsOf(Buffer.concat(bits)), new Uint8Array(1000).fill(1));
    assert.equal(digits.windows, 1);
    assert.equal(digits.index.length, 500);
  });
});
