import { WORD } from "../field.js";
import {
  type Assembler,
  type Code,
  I32,
  i32,
  i64,
  type Locals,
  repeatWhile,
  type Variable,
  when,
} from "./assembler.js";
import { ELEMENT } from "./fieldCode.js";

/** A nonzero entry of a constraint matrix: the offsets of its wire and of its row, then its value. */
export const ENTRY = 8 + ELEMENT;

/**
 * Writes what turns a witness into the quotient's values, over `field`; functions `field.…` of arrays of `count` elements, at least one.
 *
 * * `rows(entries, count, wires, out)`: adds value·wire to the row of every entry; most wires are 0.
 * * `products(a, b, count, out)`: element by element.
 * * `unpackAll(words, count, out)`: from words of 32 bytes.
 * * `joined(a, b, c, count, one, words)`: a·b − c, canonical and out of Montgomery form; `one` is the plain number 1.
 * * `forward` and `backward(values, end, half, roots, step)`: one layer of butterflies `half` bytes apart. Forward decimates in time, backward
 *   in frequency. `step` is the number of bytes from one root to the next.
 *
 * All but `unpackAll` and `products` take room for an element as well.
 */
export function defineTransform(module: Assembler, field: string): void {
  const call = (operation: string, ...values: Code[]) => module.call(`${field}.${operation}`, ...values);
  const advance = (variable: Variable, bytes: number) =>
    variable.set(i32.add(variable.get, i32.const(bytes)));
  const counted = (count: Variable, body: Code) =>
    repeatWhile([body, count.set(i32.sub(count.get, i32.const(1)))], count.get);

  module.define(
    `${field}.rows`,
    ["entries", "count", "wires", "out", "room"],
    ({ entries, count, wires, out, room }, locals) => {
      const [wire, row] = [locals.make(I32), locals.make(I32)];
      const words = [0, 8, 16, 24].map((offset) => i64.load(wire.get, offset));
      const anyBit = [...words, i64.load32(wire.get, ELEMENT - 4)].reduce((all, word) => i64.or(all, word));
      return counted(count, [
        wire.set(i32.add(wires.get, i32.load(entries.get))),
        when(i32.isZero(i64.isZero(anyBit)), [
          row.set(i32.add(out.get, i32.load(entries.get, 4))),
          call("mul", i32.add(entries.get, i32.const(8)), wire.get, room.get),
          call("addReduced", row.get, room.get, row.get),
        ]),
        advance(entries, ENTRY),
      ]);
    },
  );
  module.define(`${field}.products`, ["a", "b", "count", "out"], ({ a, b, count, out }) =>
    counted(count, [
      call("mul", a.get, b.get, out.get),
      [a, b, out].map((variable) => advance(variable, ELEMENT)),
    ]),
  );
  module.define(`${field}.unpackAll`, ["words", "count", "out"], ({ words, count, out }) =>
    counted(count, [call("unpack", words.get, out.get), advance(words, WORD), advance(out, ELEMENT)]),
  );
  module.define(
    `${field}.joined`,
    ["a", "b", "c", "count", "one", "words", "room"],
    ({ a, b, c, count, one, words, room }) =>
      counted(count, [
        call("mul", a.get, b.get, room.get),
        call("sub", room.get, c.get, room.get),
        call("mul", room.get, one.get, room.get),
        call("pack", room.get, words.get),
        [a, b, c].map((variable) => advance(variable, ELEMENT)),
        advance(words, WORD),
      ]),
  );

  const layer =
    (butterfly: (p: Code, q: Code, root: Code, room: Code) => Code) =>
    (
      given: Record<"values" | "end" | "half" | "roots" | "step" | "room", Variable>,
      locals: Locals,
    ): Code => {
      const { values, end, half, roots, step, room } = given;
      const [p, root, blockEnd] = [locals.make(I32), locals.make(I32), locals.make(I32)];
      return repeatWhile(
        [
          [p.set(values.get), root.set(roots.get), blockEnd.set(i32.add(values.get, half.get))],
          repeatWhile(
            [
              butterfly(p.get, i32.add(p.get, half.get), root.get, room.get),
              advance(p, ELEMENT),
              root.set(i32.add(root.get, step.get)),
            ],
            i32.less(p.get, blockEnd.get),
          ),
          values.set(i32.add(blockEnd.get, half.get)),
        ],
        i32.less(values.get, end.get),
      );
    };
  const parameters = ["values", "end", "half", "roots", "step", "room"] as const;
  module.define(
    `${field}.backward`,
    parameters,
    layer((p, q, root, room) => [
      call("sub", p, q, room),
      call("addReduced", p, q, p),
      call("mul", room, root, q),
    ]),
  );
  module.define(
    `${field}.forward`,
    parameters,
    layer((p, q, root, room) => [
      call("mul", q, root, room),
      call("subReduced", p, room, q),
      call("addReduced", p, room, p),
    ]),
  );
}
