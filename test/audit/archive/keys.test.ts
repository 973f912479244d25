import assert from "node:assert/strict";
import {
  LAST_SEQUENCE,
  leafKey,
  leafKeyInRange,
  MOST_SUBTREES,
  rangeKeys,
  subtrees,
  TREE_DEPTH,
} from "../../../src/audit/archive/keys.js";

const ROOT = new Uint8Array(32).fill(7);
const hex = (key: Uint8Array | undefined) => key && Buffer.from(key).toString("hex");

describe("the key tree of an account", () => {
  const ranges: [bigint, bigint][] = [
    [0n, 0n],
    [1n, 1n],
    [1n, 90n],
    [90n, 181n],
    [7n, 8n],
    [0n, LAST_SEQUENCE],
    [5n, LAST_SEQUENCE],
    [1n, LAST_SEQUENCE - 1n],
    [LAST_SEQUENCE, LAST_SEQUENCE],
  ];

  it("opens every sequence of a range, by few keys", () => {
    for (const [first, last] of ranges) {
      const keys = rangeKeys(ROOT, first, last);
      assert.ok(keys.length <= MOST_SUBTREES, `${first} … ${last}: ${keys.length} keys`);
      const middle = first + (last - first) / 2n;
      for (const sequence of [first, middle, last])
        assert.equal(hex(leafKeyInRange(keys, { first, last }, sequence)), hex(leafKey(ROOT, sequence)));
    }
    assert.equal(
      rangeKeys(ROOT, 1n, LAST_SEQUENCE - 1n).length,
      MOST_SUBTREES,
      "the most that a range takes",
    );
  });

  // shows: A35
  it("opens nothing beside a range", () => {
    for (const [first, last] of ranges)
      for (const outside of [first - 1n, last + 1n])
        assert.equal(leafKeyInRange(rangeKeys(ROOT, first, last), { first, last }, outside), undefined);
  });

  it("gives subtrees that hold the leaves of the range, each once, and no other", () => {
    for (let first = 0n; first < 20n; first++)
      for (let last = first; last < 40n; last++) {
        const leaves = subtrees(first, last).flatMap(({ depth, index }) => {
          const size = 1n << BigInt(TREE_DEPTH - depth);
          return Array.from({ length: Number(size) }, (_, i) => index * size + BigInt(i));
        });
        assert.deepEqual(
          leaves,
          Array.from({ length: Number(last - first) + 1 }, (_, i) => first + BigInt(i)),
        );
      }
  });

  it("has no key twice: of no node on the way to a leaf, or beside it", () => {
    const keys = [
      ROOT,
      ...rangeKeys(ROOT, 1n, LAST_SEQUENCE - 1n),
      leafKey(ROOT, 0n),
      leafKey(ROOT, LAST_SEQUENCE),
    ].map(hex);
    assert.equal(new Set(keys).size, keys.length);
  });

  // shows: A35
  it("cannot be climbed: what a grant holds, used for a parent or a neighbour, gives other keys", () => {
    const range = { first: 4n, last: 7n };
    const granted = rangeKeys(ROOT, 4n, 7n);
    for (const sequence of [0n, 3n, 8n, 12n])
      for (const key of granted)
        for (const claimed of [
          { first: 0n, last: 7n },
          { first: 0n, last: 15n },
          { first: 8n, last: 11n },
          range,
        ])
          assert.notEqual(hex(leafKeyInRange([key, key], claimed, sequence)), hex(leafKey(ROOT, sequence)));
  });
});
