import { NotIsolatedError, OutOfRangeError, TooManyError } from "../../src/errors.js";
import { checkBook } from "../../src/margin/bounds.js";
import { assertFails } from "../support/failure.js";

describe("checkBook", () => {
  const book = { spot: [0n, 0n], perp: [0n, 0n], basis: 0n };
  const MAX = (1n << 64n) - 1n;

  it("accepts every amount within its bound", () => {
    for (const q of [MAX, -MAX]) checkBook({ ...book, spot: [q, q], perp: [q, q] });
    for (const basis of [-(1n << 127n), (1n << 127n) - 1n]) checkBook({ ...book, basis });
  });

  it("refuses what is beyond, naming the field and not the amount", () => {
    for (const q of [MAX + 1n, -MAX - 1n])
      for (const field of ["spot", "perp"] as const)
        assertFails(() => checkBook({ ...book, [field]: [0n, q] }), OutOfRangeError, `book.${field}[1]`, [
          "18446744073709551616",
        ]);
    for (const basis of [-(1n << 127n) - 1n, 1n << 127n])
      assertFails(() => checkBook({ ...book, basis }), OutOfRangeError, "book.basis", ["1701411834"]);
    assertFails(() => checkBook({ ...book, perp: [0n] }), TooManyError, "book.perp");
  });

  it("holds an isolated book to one perpetual, long or short, and one collateral asset, beside any debts", () => {
    const isolated = (change: object) => checkBook({ ...book, ...change }, { isolated: true });
    for (const spot of [
      [1n, 0n],
      [0n, 1n],
      [-1n, 1n],
      [-1n, -1n],
    ])
      for (const perp of [
        [1n, 0n],
        [0n, -1n],
      ])
        isolated({ spot, perp });
    for (const perp of [
      [1n, 1n],
      [1n, -1n],
    ]) {
      checkBook({ ...book, perp });
      assertFails(() => isolated({ perp }), NotIsolatedError, "book.perp");
    }
    checkBook({ ...book, spot: [1n, 1n] });
    assertFails(() => isolated({ spot: [1n, 1n] }), NotIsolatedError, "book.spot");
  });
});
