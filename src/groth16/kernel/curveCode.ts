import {
  type Assembler,
  type Code,
  I32,
  i32,
  type Locals,
  repeatWhile,
  type Variable,
  when,
} from "./assembler.js";

/** A reference to a point: its address, a multiple of 4, and 1 more for its negative. */
const POINTER = -4;

/**
 * Writes the additions of affine points of a curve over `field`, whose elements have `size` bytes; functions `name.…`. Points are
 * finite, and their coordinates reduced. Many additions share one inversion of a field element:
 *
 * * `addPrefix(pairs, count, prefix, room)`: of pairs of references, the products of the first k differences of x.
 * * `add(pairs, count, prefix, inverse, out, room)`: the sums, one after the other, from the inverse of the last product, which is
 *   overwritten. No difference of x may be 0.
 * * `doublePrefix(points, count, prefix, room)` and `double(points, count, prefix, inverse, out, room)`: the same of points by reference;
 *   their signs do not count. `out` may be where the points are.
 *
 * `room` is of four coordinates; the prefixes need one.
 */
export function defineCurve(module: Assembler, name: string, field: string, size: number): void {
  const call = (operation: string, ...values: Code[]) => module.call(`${field}.${operation}`, ...values);
  const offset = (address: Code, bytes: number) =>
    bytes === 0 ? address : i32.add(address, i32.const(bytes));

  const prefixes = (width: number, denominator: (entry: Code, out: Code, locals: Locals) => Code) => {
    return (
      { list, count, prefix, room }: Record<"list" | "count" | "prefix" | "room", Variable>,
      locals: Locals,
    ) => [
      denominator(list.get, prefix.get, locals),
      when(i32.sub(count.get, i32.const(1)), [
        repeatWhile(
          [
            list.set(offset(list.get, width)),
            denominator(list.get, room.get, locals),
            call("mul", prefix.get, room.get, offset(prefix.get, size)),
            prefix.set(offset(prefix.get, size)),
            count.set(i32.sub(count.get, i32.const(1))),
          ],
          i32.sub(count.get, i32.const(1)),
        ),
      ]),
    ];
  };
  const pointer = (entry: Code, place: number) => i32.and(i32.load(entry, 4 * place), i32.const(POINTER));
  const sign = (entry: Code, place: number) => i32.and(i32.load(entry, 4 * place), i32.const(1));
  const difference = (entry: Code, out: Code) => call("sub", pointer(entry, 1), pointer(entry, 0), out);
  const twiceY = (entry: Code, out: Code, locals: Locals) => {
    const y = locals.make(I32);
    return [y.set(offset(pointer(entry, 0), size)), call("addReduced", y.get, y.get, out)];
  };
  module.define(`${name}.addPrefix`, ["list", "count", "prefix", "room"], prefixes(8, difference));
  module.define(`${name}.doublePrefix`, ["list", "count", "prefix", "room"], prefixes(4, twiceY));

  /** From the last entry to the first: `room` has the denominator, then its inverse at `inverted`, and `each` makes the sum. */
  const sums = (
    width: number,
    denominator: (entry: Code, out: Code, locals: Locals) => Code,
    each: (entry: Code, out: Code, room: (slot: number) => Code, locals: Locals) => Code,
  ) => {
    return (
      {
        list,
        count,
        prefix,
        inverse,
        out,
        room,
      }: Record<"list" | "count" | "prefix" | "inverse" | "out" | "room", Variable>,
      locals: Locals,
    ) => {
      const entry = locals.make(I32);
      const to = locals.make(I32);
      const before = locals.make(I32);
      const slot = (k: number) => offset(room.get, k * size);
      const scaled = (index: Code, scale: number) => i32.mul(index, i32.const(scale));
      const step = [
        denominator(entry.get, slot(0), locals),
        call("mul", inverse.get, before.get, slot(1)),
        call("mul", inverse.get, slot(0), inverse.get),
        each(entry.get, to.get, slot, locals),
        entry.set(i32.sub(entry.get, i32.const(width))),
        to.set(i32.sub(to.get, i32.const(2 * size))),
        before.set(i32.sub(before.get, i32.const(size))),
        count.set(i32.sub(count.get, i32.const(1))),
      ];
      const last = i32.sub(count.get, i32.const(1));
      return [
        entry.set(i32.add(list.get, scaled(last, width))),
        to.set(i32.add(out.get, scaled(last, 2 * size))),
        before.set(i32.add(prefix.get, scaled(i32.sub(count.get, i32.const(2)), size))),
        when(last, [repeatWhile(step, last)]),
        // The first has no product before it.
        call("copy", inverse.get, slot(1)),
        each(entry.get, to.get, slot, locals),
      ];
    };
  };
  const added = (entry: Code, out: Code, slot: (k: number) => Code, locals: Locals): Code => {
    const [a, b] = [locals.make(I32), locals.make(I32)];
    const [signA, signB] = [locals.make(I32), locals.make(I32)];
    const y = (point: Variable) => offset(point.get, size);
    return [
      [a.set(pointer(entry, 0)), b.set(pointer(entry, 1))],
      [signA.set(sign(entry, 0)), signB.set(sign(entry, 1))],
      call("signedSub", y(b), signB.get, y(a), signA.get, slot(0)),
      call("mul", slot(0), slot(1), slot(2)),
      call("mul", slot(2), slot(2), slot(3)),
      call("sub2Reduced", slot(3), a.get, b.get, out),
      call("sub", a.get, out, slot(3)),
      call("mul", slot(2), slot(3), slot(0)),
      call("subSigned", slot(0), y(a), signA.get, offset(out, size)),
    ];
  };
  const doubled = (entry: Code, out: Code, slot: (k: number) => Code, locals: Locals): Code => {
    const a = locals.make(I32);
    const y = offset(a.get, size);
    return [
      a.set(pointer(entry, 0)),
      call("mul", a.get, a.get, slot(0)),
      call("addReduced", slot(0), slot(0), slot(2)),
      call("addReduced", slot(0), slot(2), slot(3)),
      call("mul", slot(3), slot(1), slot(2)),
      call("mul", slot(2), slot(2), slot(3)),
      call("sub2Reduced", slot(3), a.get, a.get, slot(0)),
      call("sub", a.get, slot(0), slot(3)),
      call("mul", slot(2), slot(3), slot(1)),
      call("subReduced", slot(1), y, offset(out, size)),
      call("copy", slot(0), out),
    ];
  };
  const parameters = ["list", "count", "prefix", "inverse", "out", "room"] as const;
  module.define(`${name}.add`, parameters, sums(8, difference, added));
  module.define(`${name}.double`, parameters, sums(4, twiceY, doubled));
}
