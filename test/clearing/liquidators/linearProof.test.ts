import assert from "node:assert/strict";
import {
  BLINDING_BASE,
  digestOf,
  evaluate,
  hashToPoint,
  isKey,
  lagrange,
  NEUTRAL,
  randomScalar,
  Scalars,
  sumOf,
  timesSecret,
} from "../../../src/clearing/liquidators/curve.js";
import { sameSecret } from "../../../src/clearing/liquidators/dealing.js";
import { type Equation, proveLinear, verifyLinear } from "../../../src/clearing/liquidators/linearProof.js";
import { DuplicateFieldError, OutOfRangeError } from "../../../src/errors.js";
import { FIELD_R } from "../../../src/protocol/bounds.js";
import { BASE, keyOf, SUBGROUP_ORDER } from "../../../src/protocol/sealedBook.js";
import { HOSTILE_POINTS, seededBytes } from "../../support/liquidators.js";

describe("the liquidators' arithmetic", () => {
  const random = seededBytes(71);

  it("has a second base point that a text hashes to, so that nobody knows its logarithm", () => {
    assert.deepEqual(hashToPoint("zkmargin/liquidators-blinding@1"), BLINDING_BASE);
    assert.ok(isKey(BLINDING_BASE));
    assert.notDeepEqual(hashToPoint("zkmargin/liquidators-blinding@2"), BLINDING_BASE);
  });

  it("adds and multiplies as the curve does", () => {
    const [a, b] = [randomScalar(random), randomScalar(random)];
    assert.deepEqual(
      sumOf([
        [a, BASE],
        [b, BASE],
      ]),
      keyOf(Scalars.add(a, b)),
    );
    assert.deepEqual(timesSecret(a, keyOf(b)), keyOf(Scalars.mul(a, b)));
    assert.deepEqual(timesSecret(SUBGROUP_ORDER, BASE), NEUTRAL);
    assert.deepEqual(
      sumOf([
        [a, BASE],
        [-a, BASE],
      ]),
      NEUTRAL,
    );
  });

  it("interpolates any polynomial from as many values as it has coefficients, and refuses an index twice, or 0", () => {
    for (let degree = 0; degree < 6; degree++) {
      const coefficients = Array.from({ length: degree + 1 }, () => randomScalar(random));
      const indices = [2, 7, 1, 64, 3, 11].slice(0, degree + 1);
      for (const at of [0, 5, 2]) {
        const factors = lagrange(indices, at);
        const value = indices.reduce(
          (sum, index, i) =>
            Scalars.add(sum, Scalars.mul(factors[i] as bigint, evaluate(coefficients, index))),
          0n,
        );
        assert.equal(value, evaluate(coefficients, at));
      }
    }
    assert.throws(() => lagrange([1, 2, 1]), DuplicateFieldError);
    for (const index of [0, -1, 65, 1.5, Number.NaN])
      assert.throws(() => lagrange([index, 2]), OutOfRangeError, String(index));
  });

  it("takes digests of which no two lists of parts have the same", () => {
    const lists = [
      [],
      [[]],
      ["ab"],
      ["a", "b"],
      [1n, 2n],
      [[1n, 2n]],
      [{ x: 1n, y: 2n }],
      [Uint8Array.of(97, 98)],
      [0n],
    ];
    assert.equal(new Set(lists.map((parts) => digestOf("d", ...parts))).size, lists.length);
    assert.notEqual(digestOf("a", "b"), digestOf("b", "a"));
  });
});

describe("a proof about points", () => {
  const random = seededBytes(72);
  const secrets = [randomScalar(random), randomScalar(random)];
  const [a = 0n, b = 0n] = secrets;
  const commitment = sumOf([
    [a, BASE],
    [b, BLINDING_BASE],
  ]);
  const equations: Equation[] = [
    {
      result: commitment,
      terms: [
        [0, BASE],
        [1, BLINDING_BASE],
      ],
    },
    { result: keyOf(a), terms: [[0, BASE]] },
  ];
  const proof = proveLinear("here", equations, secrets, random);

  it("holds in its own context, of its own points, and nowhere else", () => {
    assert.ok(verifyLinear("here", equations, proof));
    assert.ok(!verifyLinear("there", equations, proof));
    assert.ok(!verifyLinear("here", equations.toReversed(), proof));
    const [first, second] = equations as [Equation, Equation];
    assert.ok(!verifyLinear("here", [first, { ...second, result: keyOf(b) }], proof));
    assert.ok(
      !verifyLinear(
        "here",
        [
          {
            ...first,
            terms: [
              [0, BASE],
              [1, BASE],
            ],
          },
          second,
        ],
        proof,
      ),
    );
  });

  it("is not made of other secrets", () => {
    for (const wrong of [
      [b, a],
      [a, b + 1n],
      [0n, 0n],
    ])
      assert.ok(!verifyLinear("here", equations, proveLinear("here", equations, wrong, random)));
  });

  it("refuses numbers that are not canonical, of which another proof could be made, and another count", () => {
    const { challenge, responses } = proof;
    const [r0 = 0n, r1 = 0n] = responses;
    const others = [
      { challenge: challenge + SUBGROUP_ORDER, responses },
      { challenge, responses: [r0 + SUBGROUP_ORDER, r1] },
      { challenge, responses: [r0, -1n] },
      { challenge, responses: [r0] },
      { challenge, responses: [r0, r1, 0n] },
      { challenge: 0n, responses: [0n, 0n] },
      { challenge, responses: [r0, (r1 + 1n) % SUBGROUP_ORDER] },
    ];
    for (const other of others) assert.ok(!verifyLinear("here", equations, other));
  });

  for (const [name, point] of HOSTILE_POINTS)
    it(`refuses a point that is ${name}`, () => {
      // A verifier that took such a point would take a secret modulo a small number for all of it.
      const share = sameSecret(keyOf(a), keyOf(b), point);
      assert.ok(!verifyLinear("here", share, proveLinear("here", share, [a], random)));
      assert.ok(!isKey(point));
    });

  it("hides its secret by a nonce that differs with the context, though the random bytes repeat", () => {
    const zeros = () => new Uint8Array(32);
    const one = proveLinear("one", equations, secrets, zeros);
    const two = proveLinear("two", equations, secrets, zeros);
    // With one nonce, the secret would be (z1 − z2) / (c1 − c2).
    const difference = Scalars.sub(one.responses[0] as bigint, two.responses[0] as bigint);
    const found = Scalars.div(difference, Scalars.sub(one.challenge, two.challenge));
    assert.notEqual(found, a);
    assert.ok(FIELD_R > SUBGROUP_ORDER);
  });
});
