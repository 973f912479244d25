import assert from "node:assert/strict";
import { babyjubjub } from "@noble/curves/misc";
import { OutOfRangeError } from "../../src/errors.js";
import { FIELD_R } from "../../src/protocol/bounds.js";
import {
  BASE,
  checkKey,
  keyOf,
  keyRoot,
  openSeal,
  SUBGROUP_ORDER,
  scalarOf,
  sealBook,
  sealingScalar,
  sharedPoint,
} from "../../src/protocol/sealedBook.js";
import { Random } from "../support/cases.js";
import { randomOpening, randomSecret } from "../support/clearing.js";

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i);
const CONTEXT = { chainId: 31337n, account: `0x${"ab".repeat(32)}`, sequence: 4n, commitment: 123n };

describe("a sealed book", () => {
  // shows: P62
  it("opens with the liquidators' secret alone, whatever the book (seed 21)", () => {
    const random = new Random(21);
    for (let i = 0; i < 60; i++) {
      const [secret, assets] = [randomSecret(random), random.integer(1, 32)];
      const opening = randomOpening(random, assets);
      const sealed = sealBook(opening, keyOf(secret), scalarOf(random.bits(246)));
      assert.deepEqual(openSeal(sealed, sharedPoint(secret, sealed.ephemeral), assets), opening);
      const other = sharedPoint(randomSecret(random), sealed.ephemeral);
      assert.throws(() => openSeal(sealed, other, assets), OutOfRangeError);
      assert.throws(
        () => openSeal({ ...sealed, cipher: sealed.cipher.slice(1) }, other, assets),
        OutOfRangeError,
      );
    }
  });

  // shows: A76
  it("has a scalar of its own for every chain, account, sequence and commitment: no keystream serves two books", () => {
    const scalars = [
      sealingScalar(SECRET, CONTEXT),
      sealingScalar(SECRET, { ...CONTEXT, chainId: 1n }),
      sealingScalar(SECRET, { ...CONTEXT, account: `0x${"ac".repeat(32)}` }),
      sealingScalar(SECRET, { ...CONTEXT, sequence: 5n }),
      sealingScalar(SECRET, { ...CONTEXT, commitment: 124n }),
      sealingScalar(
        SECRET.map((byte) => byte ^ 1),
        CONTEXT,
      ),
    ];
    assert.equal(new Set(scalars).size, scalars.length);
    for (const scalar of scalars) assert.ok(scalar % 2n === 1n && scalar > 1n << 246n && scalar < 3n << 246n);
    assert.equal(sealingScalar(SECRET, CONTEXT), scalars[0], "an owner who lost the store makes it again");
    assert.throws(() => sealingScalar(SECRET.slice(1), CONTEXT), OutOfRangeError);
    // What two books under one scalar would tell: the difference of their bases.
    const key = keyOf(77n);
    const [first, second] = [10n, 25n].map((basis) =>
      sealBook({ perp: [0n], basis, salt: 1n }, key, scalarOf(9n)),
    );
    assert.equal((second?.cipher[1] ?? 0n) - (first?.cipher[1] ?? 0n), 15n);
  });

  // shows: A75
  it("takes no key off the curve, in no prime subgroup, neutral or not canonical; no scalar of 0, of the order or beyond", () => {
    const key = keyOf(5n);
    checkKey(key);
    const eight = babyjubjub.ExtendedPoint.fromAffine(keyRoot(key)).multiplyUnsafe(8n).toAffine();
    assert.deepEqual({ x: eight.x, y: eight.y }, key);
    const wrong = [
      { x: 0n, y: 1n },
      { x: 0n, y: FIELD_R - 1n },
      { ...key, y: key.y + 1n },
      { ...key, x: key.x + FIELD_R },
      { x: (FIELD_R - key.x) % FIELD_R, y: (FIELD_R - key.y) % FIELD_R },
    ];
    const opening = { perp: [1n], basis: 0n, salt: 2n };
    for (const point of wrong) {
      assert.throws(() => checkKey(point), OutOfRangeError);
      assert.throws(() => sealBook(opening, point, scalarOf(3n)), OutOfRangeError);
      assert.throws(() => sharedPoint(3n, point), OutOfRangeError);
    }
    for (const scalar of [0n, -1n, 9n, 1n << 246n, (1n << 246n) + 2n, (3n << 246n) + 1n, SUBGROUP_ORDER])
      assert.throws(() => sealBook(opening, key, scalar), OutOfRangeError);
    for (const secret of [0n, SUBGROUP_ORDER, -1n]) assert.throws(() => keyOf(secret), OutOfRangeError);
    assert.deepEqual(keyOf(1n), BASE);
    for (const bad of [
      { ...opening, perp: [1n << 63n] },
      { ...opening, basis: 1n << 127n },
      { ...opening, salt: 1n << 248n },
    ])
      assert.throws(() => sealBook(bad, key, scalarOf(3n)), OutOfRangeError);
  });
});
