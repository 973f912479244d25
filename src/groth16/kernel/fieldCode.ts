import { type Assembler, type Code, I64, i32, i64, type Locals, type Variable } from "./assembler.js";

/** An element is 9 limbs of 29 bits, little-endian, each a signed 32-bit number in memory. */
const LIMBS = 9;
export const LIMB_BITS = 29;
export const ELEMENT = 4 * LIMBS;
const BITS = BigInt(LIMB_BITS);
const MASK = (1n << BITS) - 1n;
/** Elements are in Montgomery form with this factor; it leaves 7 bits above a prime of 254. */
export const FACTOR = 1n << (BITS * BigInt(LIMBS));

const limbsOf = (value: bigint): bigint[] =>
  Array.from({ length: LIMBS }, (_, i) => (value >> (BITS * BigInt(i))) & MASK);

/**
 * Writes the arithmetic of a prime field of 254 bits, functions `name.…` of addresses.
 *
 * Nothing is carried while products are added up: a limb is below 2^29 in magnitude, so a column of 27 products stays
 * below 2^63. A *reduced* element has limbs from 0 to 2^29 − 1, but for the sign in its highest, and a value from −p/8 to p + p/8; it
 * need not be canonical. A *difference* of two reduced elements, limb by limb, may enter one product as it is.
 *
 * * `mul(a, b, out)`: reduced, of reduced elements or differences.
 * * `sub(a, b, out)`: the difference, not reduced.
 * * `addReduced`, `subReduced(a, b, out)`, `sub2Reduced(a, b, c, out)` for a − b − c.
 * * `signedSub(a, sa, b, sb, out)`: ±a ∓ b, not reduced: its limbs are below 2^30, so that it may enter a product with a reduced element, and in the
 *   extension it is reduced; `signedSubReduced`. `subSigned(a, b, sb, out)`: a ∓ b, reduced. A sign is 0, or 1 for minus.
 * * `copy(a, out)`; `isZero(a)`: whether an element or a difference is a multiple of p.
 * * `unpack(words, out)`, `pack(a, words)`: from and to 32 little-endian bytes; `pack` makes the value canonical.
 */
export function defineField(module: Assembler, name: string, p: bigint): void {
  const limbs = limbsOf(p);
  const zero = i64.const(0n);

  const load = (pointer: Variable, i: number): Code => i64.load32(pointer.get, 4 * i);
  const product = multiplication(p);
  module.define(`${name}.mul`, ["a", "b", "out"], ({ a, b, out }, locals) => {
    const { code, values } = product(locals, [{ a, b }]);
    return [code, storeAll(out, values)];
  });

  /** Subtracts the multiple of p that the highest limbs tell, then carries. */
  const PRECISION = 45n;
  const inverse = (1n << (PRECISION + BITS * BigInt(LIMBS - 1))) / p;
  const reduce = (locals: Locals, values: readonly Variable[]): Code => {
    const times = locals.make(I64);
    const [below, top] = values.slice(-2) as [Variable, Variable];
    const height = i64.add(top.get, i64.shr(below.get, i64.const(BITS)));
    return [
      times.set(i64.shr(i64.mul(height, i64.const(inverse)), i64.const(PRECISION))),
      values.map((value, i) =>
        value.set(i64.sub(value.get, i64.mul(times.get, i64.const(limbs[i] as bigint)))),
      ),
      carry(values),
    ];
  };
  const combined = (locals: Locals, out: Variable, limb: (i: number) => Code): Code => {
    const values = locals.list(I64, LIMBS);
    return [values.map((value, i) => value.set(limb(i))), reduce(locals, values), storeAll(out, values)];
  };
  module.define(`${name}.copy`, ["a", "out"], ({ a, out }) =>
    limbs.map((_, i) => i64.store32(out.get, load(a, i), 4 * i)),
  );
  module.define(`${name}.sub`, ["a", "b", "out"], ({ a, b, out }) =>
    limbs.map((_, i) => i64.store32(out.get, i64.sub(load(a, i), load(b, i)), 4 * i)),
  );
  module.define(`${name}.addReduced`, ["a", "b", "out"], ({ a, b, out }, locals) =>
    combined(locals, out, (i) => i64.add(load(a, i), load(b, i))),
  );
  module.define(`${name}.subReduced`, ["a", "b", "out"], ({ a, b, out }, locals) =>
    combined(locals, out, (i) => i64.sub(load(a, i), load(b, i))),
  );
  module.define(`${name}.sub2Reduced`, ["a", "b", "c", "out"], ({ a, b, c, out }, locals) =>
    combined(locals, out, (i) => i64.sub(i64.sub(load(a, i), load(b, i)), load(c, i))),
  );

  /** 0 or −1, which xor and subtraction turn into a sign. */
  const minus = (sign: Variable): Code => i64.sub(zero, i64.fromSigned32(sign.get));
  const withSign = (value: Code, mask: Variable): Code => i64.sub(i64.xor(value, mask.get), mask.get);
  const signedLimbs =
    (finish: (locals: Locals, out: Variable, limb: (i: number) => Code) => Code) =>
    ({ a, sa, b, sb, out }: Record<"a" | "sa" | "b" | "sb" | "out", Variable>, locals: Locals): Code => {
      const [maskA, maskB] = [locals.make(I64), locals.make(I64)];
      const limb = (i: number) => i64.sub(withSign(load(a, i), maskA), withSign(load(b, i), maskB));
      return [maskA.set(minus(sa)), maskB.set(minus(sb)), finish(locals, out, limb)];
    };
  const signed = ["a", "sa", "b", "sb", "out"] as const;
  module.define(
    `${name}.signedSub`,
    signed,
    signedLimbs((_, out, limb) => limbs.map((_limb, i) => i64.store32(out.get, limb(i), 4 * i))),
  );
  module.define(`${name}.signedSubReduced`, signed, signedLimbs(combined));
  module.define(`${name}.subSigned`, ["a", "b", "sb", "out"], ({ a, b, sb, out }, locals) => {
    const mask = locals.make(I64);
    return [
      mask.set(minus(sb)),
      combined(locals, out, (i) => i64.sub(load(a, i), withSign(load(b, i), mask))),
    ];
  });

  module.define(
    `${name}.isZero`,
    ["a"],
    ({ a }, locals) => {
      const values = locals.list(I64, LIMBS);
      const differs = (from: readonly bigint[]) =>
        values
          .map((value, i) => i64.xor(value.get, i64.const(from[i] as bigint)))
          .reduce((all, one) => i64.or(all, one));
      return [
        values.map((value, i) => value.set(load(a, i))),
        reduce(locals, values),
        i32.or(i64.isZero(differs(limbs)), i64.isZero(differs(limbsOf(0n)))),
      ];
    },
    true,
  );

  module.define(`${name}.unpack`, ["words", "out"], ({ words, out }) =>
    limbs.map((_, i) => {
      const at = i * LIMB_BITS;
      const [word, shift] = [at >> 6, at & 63];
      const low = i64.shrUnsigned(i64.load(words.get, 8 * word), i64.const(BigInt(shift)));
      const straddles = shift + LIMB_BITS > 64 && word < 3;
      const high = () => i64.shl(i64.load(words.get, 8 * word + 8), i64.const(BigInt(64 - shift)));
      return i64.store32(out.get, i64.and(straddles ? i64.or(low, high()) : low, i64.const(MASK)), 4 * i);
    }),
  );
  module.define(`${name}.pack`, ["a", "words"], ({ a, words }, locals) => {
    const values = locals.list(I64, LIMBS);
    const mask = locals.make(I64);
    const top = values[LIMBS - 1] as Variable;
    const addWhereNegative = [
      mask.set(i64.shr(top.get, i64.const(63n))),
      values.map((value, i) =>
        value.set(i64.add(value.get, i64.and(mask.get, i64.const(limbs[i] as bigint)))),
      ),
      carry(values),
    ];
    const word = (k: number): Code =>
      values
        .flatMap((value, i) => {
          const shift = i * LIMB_BITS - 64 * k;
          if (shift <= -LIMB_BITS || shift >= 64) return [];
          return [
            shift >= 0
              ? i64.shl(value.get, i64.const(BigInt(shift)))
              : i64.shrUnsigned(value.get, i64.const(BigInt(-shift))),
          ];
        })
        .reduce((all, one) => i64.or(all, one));
    return [
      values.map((value, i) => value.set(load(a, i))),
      reduce(locals, values),
      addWhereNegative,
      // Now from 0 to p + p/8: below p, subtracting p makes it negative, and p comes back.
      values.map((value, i) => value.set(i64.sub(value.get, i64.const(limbs[i] as bigint)))),
      carry(values),
      addWhereNegative,
      [0, 1, 2, 3].map((k) => i64.store(words.get, word(k), 8 * k)),
    ];
  });
}

/** A product to add up: two elements, each at an offset from an address; or to take off. */
interface Term {
  readonly a: Variable;
  readonly b: Variable;
  readonly offsets?: readonly [number, number];
  readonly minus?: boolean;
}

/**
 * Montgomery's product, or the sum of two. Each step adds a limb of the first factors times the second ones, and the multiple of p that
 * clears the lowest column.
 */
function multiplication(p: bigint) {
  const limbs = limbsOf(p);
  let inverse = 1n;
  for (let i = 0; i < 6; i++) inverse = (inverse * (2n - p * inverse)) & MASK;
  const clearing = -inverse & MASK;

  return (locals: Locals, terms: readonly Term[]): { code: Code; values: readonly Variable[] } => {
    let columns = locals.list(I64, LIMBS);
    const multiple = locals.make(I64);
    const parts = terms.map(({ a, b, offsets: [from, by] = [0, 0], minus = false }) => {
      const factors = locals.list(I64, LIMBS);
      const limb = locals.make(I64);
      return {
        factors,
        limb,
        start: factors.map((factor, j) => factor.set(i64.load32(b.get, by + 4 * j))),
        take: (i: number) => limb.set(i64.load32(a.get, from + 4 * i)),
        join: minus ? i64.sub : i64.add,
      };
    });
    const code: Code[] = parts.map(({ start }) => start);
    for (let i = 0; i < LIMBS; i++) {
      const column = (j: number): Code =>
        parts.reduce<Code>(
          (sum, { factors, limb, join }, k) => {
            const term = i64.mul(limb.get, (factors[j] as Variable).get);
            // The highest column is fresh: the one before was shifted out.
            return k === 0 && (i === 0 || j === LIMBS - 1) ? term : join(sum, term);
          },
          (columns[j] as Variable).get,
        );
      const lowest = columns[0] as Variable;
      code.push(
        parts.map(({ take }) => take(i)),
        lowest.set(column(0)),
        multiple.set(i64.and(i64.mul(lowest.get, i64.const(clearing)), i64.const(MASK))),
      );
      for (let j = 1; j < LIMBS; j++) {
        let value = i64.add(column(j), i64.mul(multiple.get, i64.const(limbs[j] as bigint)));
        if (j === 1) {
          const cleared = i64.add(lowest.get, i64.mul(multiple.get, i64.const(limbs[0] as bigint)));
          value = i64.add(value, i64.shr(cleared, i64.const(BITS)));
        }
        code.push((columns[j] as Variable).set(value));
      }
      columns = [...columns.slice(1), lowest];
    }
    code.push((columns[LIMBS - 1] as Variable).set(i64.const(0n)), carry(columns));
    return { code, values: columns };
  };
}

/** Makes every limb but the highest a number from 0 to 2^29 − 1. */
function carry(values: readonly Variable[]): Code {
  return values.slice(0, -1).map((value, i) => {
    const next = values[i + 1] as Variable;
    return [
      next.set(i64.add(next.get, i64.shr(value.get, i64.const(BITS)))),
      value.set(i64.and(value.get, i64.const(MASK))),
    ];
  });
}

function storeAll(out: Variable, values: readonly Variable[], offset = 0): Code {
  return values.map((value, i) => i64.store32(out.get, value.get, offset + 4 * i));
}

/** Writes the extension by i, with i² = −1, of the field `base`, whose prime is p. By the same names, of elements twice as long. */
export function defineExtension(module: Assembler, name: string, base: string, p: bigint): void {
  const product = multiplication(p);
  module.define(`${name}.mul`, ["a", "b", "out"], ({ a, b, out }, locals) => {
    const real = product(locals, [
      { a, b },
      { a, b, offsets: [ELEMENT, ELEMENT], minus: true },
    ]);
    const imaginary = product(locals, [
      { a, b, offsets: [0, ELEMENT] },
      { a, b, offsets: [ELEMENT, 0] },
    ]);
    // `out` may be a factor.
    return [real.code, imaginary.code, storeAll(out, real.values), storeAll(out, imaginary.values, ELEMENT)];
  });
  for (const [suffix, { parameters, by = suffix }] of Object.entries(LINEAR))
    module.define(`${name}.${suffix}`, parameters, (given) =>
      [0, ELEMENT].map((offset) =>
        module.call(
          `${base}.${by}`,
          ...parameters.map((parameter) => {
            const value = (given[parameter] as Variable).get;
            return parameter.startsWith("s") || offset === 0 ? value : i32.add(value, i32.const(offset));
          }),
        ),
      ),
    );
  module.define(
    `${name}.isZero`,
    ["a"],
    ({ a }) =>
      i32.and(
        module.call(`${base}.isZero`, a.get),
        module.call(`${base}.isZero`, i32.add(a.get, i32.const(ELEMENT))),
      ),
    true,
  );
}

/** Operations that an extension does coordinate by coordinate; parameters with s are signs. */
const LINEAR: Readonly<Record<string, { readonly parameters: readonly string[]; readonly by?: string }>> = {
  copy: { parameters: ["a", "out"] },
  sub: { parameters: ["a", "b", "out"] },
  addReduced: { parameters: ["a", "b", "out"] },
  subReduced: { parameters: ["a", "b", "out"] },
  sub2Reduced: { parameters: ["a", "b", "c", "out"] },
  // Two products with limbs below 2^30 would not fit a column.
  signedSub: { parameters: ["a", "sa", "b", "sb", "out"], by: "signedSubReduced" },
  subSigned: { parameters: ["a", "b", "sb", "out"] },
};
