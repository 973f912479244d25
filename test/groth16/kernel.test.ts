import assert from "node:assert/strict";
import fc from "fast-check";
import { FIELD_Q, FIELD_R } from "../../src/encoding/field.js";
import { Bn254, PointArithmetic } from "../../src/groth16/bn254.js";
import { fromWord, modularPower, toWord, WORD } from "../../src/groth16/field.js";
import { ELEMENT, FACTOR, LIMB_BITS } from "../../src/groth16/kernel/fieldCode.js";
import { KERNEL_ROOM, Kernel, type KernelGroup } from "../../src/groth16/kernel/kernel.js";

const SEED = 261;
const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
const kernel = new Kernel(memory, 0);
/** Where the tests put elements. */
const slot = (i: number) => KERNEL_ROOM + i * 2 * ELEMENT;
const read = (address: number) =>
  [...new Int32Array(memory.buffer, address, ELEMENT / 4)].reduceRight(
    (value, limb) => (value << BigInt(LIMB_BITS)) + BigInt(limb),
    0n,
  );
const modulo = (value: bigint, p: bigint) => ((value % p) + p) % p;

for (const [name, p] of [
  ["q", FIELD_Q],
  ["r", FIELD_R],
] as const) {
  const inverse = modularPower(p, FACTOR % p, p - 2n);
  const run = (operation: string, ...values: number[]) => kernel.function(`${name}.${operation}`)(...values);
  const edge = fc.constantFrom(
    0n,
    1n,
    p - 1n,
    p - 2n,
    p >> 1n,
    (p >> 232n) << 232n,
    (1n << 232n) - 1n,
    1n << 253n,
  );
  const element = fc.oneof(edge, fc.bigInt(0n, p - 1n));
  const reduced = (address: number) => {
    const limbs = [...new Int32Array(memory.buffer, address, 9)];
    assert.ok(limbs.slice(0, 8).every((limb) => limb >= 0 && limb < 2 ** LIMB_BITS));
    const value = read(address);
    assert.ok(value >= -p / 8n && value <= p + p / 8n, "within an eighth of p");
    return modulo(value, p);
  };

  describe(`kernel, the field of ${name} (seed ${SEED})`, () => {
    it("multiplies, adds and subtracts as bigints do, differences and results of others too", () => {
      fc.assert(
        fc.property(element, element, element, element, (a, b, c, d) => {
          [a, b, c, d].forEach((value, i) => {
            kernel.write(slot(i), value);
          });
          run("sub", slot(0), slot(1), slot(4));
          run("sub", slot(2), slot(3), slot(5));
          run("mul", slot(4), slot(5), slot(6));
          const product = modulo((a - b) * (c - d) * inverse, p);
          assert.equal(reduced(slot(6)), product);
          run("mul", slot(6), slot(6), slot(6));
          assert.equal(reduced(slot(6)), modulo(product * product * inverse, p));
          run("addReduced", slot(0), slot(1), slot(7));
          assert.equal(reduced(slot(7)), modulo(a + b, p));
          run("subReduced", slot(0), slot(7), slot(7));
          assert.equal(reduced(slot(7)), modulo(-b, p));
          run("sub2Reduced", slot(7), slot(2), slot(3), slot(7));
          assert.equal(reduced(slot(7)), modulo(-b - c - d, p));
          for (const [sa, sb] of [
            [0, 0],
            [0, 1],
            [1, 0],
            [1, 1],
          ] as const) {
            run("signedSub", slot(0), sa, slot(1), sb, slot(8));
            assert.equal(modulo(read(slot(8)), p), modulo((sa ? -a : a) - (sb ? -b : b), p));
            run("mul", slot(8), slot(2), slot(9));
            assert.equal(reduced(slot(9)), modulo(((sa ? -a : a) - (sb ? -b : b)) * c * inverse, p));
            run("signedSubReduced", slot(0), sa, slot(1), sb, slot(8));
            assert.equal(reduced(slot(8)), modulo((sa ? -a : a) - (sb ? -b : b), p));
            run("subSigned", slot(0), slot(1), sb, slot(8));
            assert.equal(reduced(slot(8)), modulo(a - (sb ? -b : b), p));
          }
        }),
        { seed: SEED, numRuns: 300 },
      );
    });

    it("knows every form of 0, and no other element for it", () => {
      fc.assert(
        fc.property(element, (a) => {
          kernel.write(slot(0), a);
          run("sub", slot(0), slot(0), slot(1));
          assert.equal(run("isZero", slot(1)), 1);
          run("subReduced", slot(1), slot(0), slot(2));
          run("addReduced", slot(0), slot(2), slot(2));
          assert.equal(run("isZero", slot(2)), 1);
          assert.equal(run("isZero", slot(0)), a === 0n ? 1 : 0);
          kernel.write(slot(3), p);
          assert.equal(run("isZero", slot(3)), 1);
          run("sub", slot(1), slot(3), slot(3));
          assert.equal(run("isZero", slot(3)), 1, "−p");
        }),
        { seed: SEED, numRuns: 100 },
      );
    });

    it("packs and unpacks words", () => {
      const bytes = (address: number) => new Uint8Array(memory.buffer, address, WORD);
      fc.assert(
        fc.property(element, element, (a, b) => {
          bytes(slot(0)).set(toWord(a));
          run("unpack", slot(0), slot(1));
          assert.equal(read(slot(1)), a);
          kernel.write(slot(2), b);
          run("sub", slot(1), slot(2), slot(3));
          run("pack", slot(3), slot(4));
          assert.equal(fromWord(bytes(slot(4)).slice()), modulo(a - b, p));
        }),
        { seed: SEED, numRuns: 200 },
      );
    });
  });
}

describe(`kernel, the extension (seed ${SEED})`, () => {
  const p = FIELD_Q;
  const inverse = modularPower(p, FACTOR % p, p - 2n);
  const run = (operation: string, ...values: number[]) => kernel.function(`q2.${operation}`)(...values);
  // Limbs that are all as large as they can be come first.
  const element = fc.oneof(
    fc.constantFrom((1n << 253n) - 1n, (1n << 232n) - 1n, p - 1n, 0n, 1n),
    fc.bigInt(0n, p - 1n),
  );
  const pair = fc.tuple(element, element);
  const write = (place: number, [x, y]: readonly [bigint, bigint]) => {
    kernel.write(slot(place), x);
    kernel.write(slot(place) + ELEMENT, y);
  };
  const value = (place: number) => [read(slot(place)), read(slot(place) + ELEMENT)].map((x) => modulo(x, p));

  it("multiplies signed sums and differences as bigints do, into a factor too", () => {
    fc.assert(
      fc.property(pair, pair, pair, fc.nat(1), fc.nat(1), (a, b, c, sa, sb) => {
        [a, b, c].forEach((given, i) => {
          write(i, given);
        });
        run("signedSub", slot(0), sa, slot(1), sb, slot(3));
        const [x, y] = a.map((_, i) => (sa ? -1n : 1n) * (a[i] ?? 0n) - (sb ? -1n : 1n) * (b[i] ?? 0n)) as [
          bigint,
          bigint,
        ];
        assert.deepEqual(value(3), [modulo(x, p), modulo(y, p)]);
        const product = [x * c[0] - y * c[1], x * c[1] + y * c[0]].map((z) => modulo(z * inverse, p));
        run("mul", slot(3), slot(2), slot(4));
        assert.deepEqual(value(4), product);
        run("mul", slot(2), slot(3), slot(2));
        assert.deepEqual(value(2), product);
        run("sub", slot(0), slot(1), slot(5));
        run("mul", slot(5), slot(5), slot(5));
        const [u, v] = [a[0] - b[0], a[1] - b[1]];
        assert.deepEqual(
          value(5),
          [u * u - v * v, 2n * u * v].map((z) => modulo(z * inverse, p)),
        );
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

describe(`kernel, the two groups (seed ${SEED})`, () => {
  const curve = new Bn254();
  for (const name of ["g1", "g2"] as const) {
    const group: KernelGroup = kernel[name];
    const points = new PointArithmetic(curve, curve[name]);
    const generator = curve.load(
      name === "g1" ? curve.constants.pG1gen : curve.constants.pG2gen,
      curve[name].jacobian,
    );
    const multiple = (k: bigint) => points.toAffine(points.times(generator, modulo(k, FIELD_R)));
    const base = slot(0);
    const place = (i: number) => base + i * group.point;
    const [list, prefix, room, out] = [100_000, 200_000, 300_000, 400_000];
    const last = (count: number) => prefix + (count - 1) * group.coordinate;

    it(`adds and doubles as wasmcurves does, with signs, in batches, in ${name}`, () => {
      const scalar = fc.bigInt(1n, FIELD_R - 1n);
      const batch = fc.array(fc.tuple(scalar, scalar, fc.nat(1), fc.nat(1)), { minLength: 1, maxLength: 12 });
      fc.assert(
        fc.property(batch, (terms) => {
          const references = new Uint32Array(memory.buffer, list, 2 * terms.length);
          terms.forEach(([a, b, signA, signB], i) => {
            kernel.fromFilePoint(multiple(a), place(2 * i));
            kernel.fromFilePoint(multiple(b), place(2 * i + 1));
            references[2 * i] = place(2 * i) + signA;
            references[2 * i + 1] = place(2 * i + 1) + signB;
          });
          const inverse = room + 8 * ELEMENT;
          group.addPrefix(list, terms.length, prefix, room);
          kernel.invert(group, last(terms.length), inverse);
          group.add(list, terms.length, prefix, inverse, out, room);
          terms.forEach(([a, b, signA, signB], i) => {
            const sum = (signA ? -a : a) + (signB ? -b : b);
            assert.deepEqual(kernel.toFilePoint(group, out + i * group.point), multiple(sum));
          });
          group.doublePrefix(list, 2 * terms.length, prefix, room);
          kernel.invert(group, last(2 * terms.length), inverse);
          group.double(list, 2 * terms.length, prefix, inverse, base, room);
          terms.forEach(([a, b], i) => {
            assert.deepEqual(kernel.toFilePoint(group, place(2 * i)), multiple(2n * a));
            assert.deepEqual(kernel.toFilePoint(group, place(2 * i + 1)), multiple(2n * b));
          });
        }),
        { seed: SEED, numRuns: 20 },
      );
    });
  }
});
