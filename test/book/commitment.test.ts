import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { buildPoseidon } from "circomlibjs";
import fc from "fast-check";
import { parseBook, serialiseBook } from "../../src/book/bookFile.js";
import { importBookCsv } from "../../src/book/import/importBook.js";
import { openBook } from "../../src/book/opening.js";
import { parseSecret } from "../../src/book/salt.js";
import { OutOfRangeError } from "../../src/errors.js";
import { FIELD_R } from "../../src/protocol/bounds.js";
import { commitBook, commitmentWords, poseidonChain } from "../../src/protocol/commitment.js";
import { DEFAULT_LISTING, listingDigest } from "../../src/protocol/listing.js";
import { findTier } from "../../src/protocol/tiers.js";
import type { Book, SleeveNumbers } from "../../src/protocol/types.js";
import { Random, randomSleeve } from "../support/cases.js";
import { assertFails } from "../support/failure.js";

interface Vectors {
  secret: string;
  listing: string;
  vectors: {
    name: string;
    tier: string;
    spot: string[];
    perp: string[];
    basis: string;
    sleeve?: { value: string; gains: string[]; charge: string; slack: string; detail: string };
    salt: string;
    listing: string;
    words: string[];
    commitment: string;
  }[];
  openings: {
    book: string;
    sequence: number;
    tier: string;
    basis: string;
    salt: string;
    words: string[];
    commitment: string;
  }[];
}

const vectors: Vectors = JSON.parse(readFileSync("test/vectors/commitment.json", "utf8"));
const integers = (texts: string[]) => texts.map(BigInt);

describe("commitment", () => {
  it("has vectors for both tiers", () => {
    assert.deepEqual([...new Set(vectors.vectors.map(({ tier }) => tier))], ["16x16", "32x16"]);
  });

  for (const vector of vectors.vectors) {
    // shows: T7
    it(`equals its vector: ${vector.tier}, ${vector.name}`, () => {
      const { sleeve } = vector;
      const numbers = sleeve && {
        value: BigInt(sleeve.value),
        gains: integers(sleeve.gains),
        charge: BigInt(sleeve.charge),
        slack: BigInt(sleeve.slack),
        detail: BigInt(sleeve.detail),
      };
      const book: Book = {
        spot: integers(vector.spot),
        perp: integers(vector.perp),
        basis: BigInt(vector.basis),
        ...(numbers ? { sleeve: numbers } : {}),
      };
      assert.equal(book.spot.length, findTier(vector.tier)?.assets);
      const [salt, listing] = [BigInt(vector.salt), BigInt(vector.listing)];
      assert.deepEqual(commitmentWords(book, salt, listing), integers(vector.words));
      assert.equal(commitBook(book, salt, listing), BigInt(vector.commitment));
    });
  }

  for (const vector of vectors.openings) {
    it(`opens the example book as its vector does: ${vector.tier}, ${vector.book}, ${vector.sequence}`, () => {
      const tier = findTier(vector.tier);
      assert.ok(tier);
      assert.equal(listingDigest(DEFAULT_LISTING), BigInt(vectors.listing));
      const text = readFileSync(`examples/books/${vector.book}.csv`, "utf8");
      const { book: account, sequence } = vector;
      const file = importBookCsv(text, { account, sequence, isolated: false }, DEFAULT_LISTING);
      const opening = openBook(file, parseSecret(vectors.secret), DEFAULT_LISTING, tier);
      assert.equal(opening.book.basis, BigInt(vector.basis));
      assert.equal(opening.salt, BigInt(vector.salt));
      assert.equal(opening.commitment, BigInt(vector.commitment));
      // The same book again, by way of its JSON form.
      const again = parseBook(serialiseBook(file), DEFAULT_LISTING);
      assert.deepEqual(openBook(again, parseSecret(vectors.secret), DEFAULT_LISTING, tier), opening);
    });
  }

  // shows: P9
  it("hashes as circomlib does, at every length of the chain", async () => {
    const poseidon = await buildPoseidon();
    const hash = (inputs: bigint[]) => poseidon.F.toObject(poseidon(inputs));
    const words = Array.from({ length: 48 }, (_, i) => (BigInt(i + 1) ** 90n * 7n) % FIELD_R);
    for (let length = 1; length <= words.length; length++) {
      let expected = hash(words.slice(0, Math.min(16, length)));
      for (let next = 16; next < length; next += 15)
        expected = hash([expected, ...words.slice(next, Math.min(next + 15, length))]);
      assert.equal(poseidonChain(words.slice(0, length)), expected, `${length} words`);
    }
  });

  const quantity = fc.bigInt(1n - 2n ** 64n, 2n ** 64n - 1n);
  const cents = fc.bigInt(-(2n ** 46n), 2n ** 46n - 1n);
  const sleeve = fc.record({
    value: cents,
    gains: fc.array(cents, { minLength: 16, maxLength: 16 }),
    charge: fc.bigInt(0n, 2n ** 46n - 1n),
    slack: fc.bigInt(0n, 2n ** 40n - 1n),
    detail: fc.bigInt(0n, 2n ** 248n - 1n),
  });
  const books = fc.record({
    spot: fc.array(quantity, { minLength: 16, maxLength: 16 }),
    perp: fc.array(quantity, { minLength: 16, maxLength: 16 }),
    basis: fc.bigInt(-(2n ** 127n), 2n ** 127n - 1n),
    sleeve,
  });

  // shows: P9, T5
  it("packs so that the book can be read back, in words below the field", () => {
    fc.assert(
      fc.property(books, (book) => {
        const words = commitmentWords(book, 5n, 6n);
        for (const word of words) assert.ok(word >= 0n && word < FIELD_R);
        const quantities = words
          .slice(2, -7)
          .flatMap((word) => [0n, 66n, 132n].map((shift) => ((word >> shift) & (2n ** 66n - 1n)) - 2n ** 65n))
          .slice(0, 32);
        assert.deepEqual(quantities, [...book.spot, ...book.perp]);
        assert.equal((words.at(-7) ?? 0n) - 2n ** 127n, book.basis);
        const numbers = words.slice(-6, -2).flatMap(digits).slice(0, 19);
        const { value, gains, charge, slack, detail } = book.sleeve;
        assert.deepEqual(numbers, [value, ...gains, charge, slack]);
        assert.equal(words.at(-2), detail);
      }),
      { seed: 20210519 },
    );
  });

  it("has a word for every three quantities that there are, and no more", () => {
    for (const [assets, packed] of [
      [1, 1],
      [2, 2],
      [3, 2],
    ] as const) {
      const book: Book = { spot: Array(assets).fill(1n), perp: Array(assets).fill(1n), basis: 0n };
      assert.equal(commitmentWords(book, 0n, 0n).length, 9 + packed);
    }
  });

  const plain: Book = { spot: Array(16).fill(5n), perp: Array(16).fill(-3n), basis: 7n };

  it("binds a sleeve's detail, in which alone two books may differ", () => {
    const numbers = randomSleeve(new Random(45));
    const of = (detail: bigint) => commitBook({ ...plain, sleeve: { ...numbers, detail } }, 1n, 2n);
    const details = [0n, 1n, numbers.detail, numbers.detail ^ 1n, numbers.detail ^ (1n << 247n)];
    assert.equal(new Set(details.map(of)).size, details.length);
  });

  it("shows a sleeve's detail in no word but one, which the salt hides", () => {
    const numbers = randomSleeve(new Random(46));
    const words = (detail: bigint) => commitmentWords({ ...plain, sleeve: { ...numbers, detail } }, 1n, 2n);
    const [one, other] = [words(3n), words(4n)];
    assert.deepEqual(
      one.flatMap((word, i) => (word === other[i] ? [] : [i - one.length])),
      [-2],
    );
    const hidden = (salt: bigint) => commitBook({ ...plain, sleeve: numbers }, salt, 2n);
    assert.notEqual(hidden(1n), hidden(2n));
  });

  // shows: T5
  it("binds every number of a sleeve, by the cent and by its place", () => {
    const numbers = randomSleeve(new Random(47));
    const { value, gains, charge, slack } = numbers;
    const all: SleeveNumbers[] = [
      numbers,
      { ...numbers, value: value + 1n },
      { ...numbers, charge: charge + 1n },
      { ...numbers, slack: slack + 1n },
      ...gains.map((gain, s) => ({ ...numbers, gains: gains.with(s, gain - 1n) })),
      ...gains
        .slice(1)
        .map((gain, s) => ({ ...numbers, gains: gains.with(s, gain).with(s + 1, gains[s] ?? 0n) })),
    ];
    const commitments = all.map((sleeve) => commitBook({ ...plain, sleeve }, 1n, 2n));
    assert.equal(new Set([...commitments, commitBook(plain, 1n, 2n)]).size, all.length + 1);
  });

  it("packs a book without a sleeve as zeros, which no sleeve that holds anything is", () => {
    assert.deepEqual(commitmentWords(plain, 1n, 2n).slice(-6), [0n, 0n, 0n, 0n, 0n, 1n]);
    fc.assert(
      fc.property(sleeve, (numbers) => {
        const words = commitmentWords({ ...plain, sleeve: numbers }, 1n, 2n).slice(-6, -2);
        const { value, gains, charge, slack } = numbers;
        const zero = [value, ...gains, charge, slack].every((number) => number === 0n);
        assert.equal(
          words.every((word) => word === 0n),
          zero,
        );
      }),
      { seed: 20210519 },
    );
  });

  it("refuses to pack a sleeve that is out of range", () => {
    const numbers = randomSleeve(new Random(48));
    for (const change of [
      { value: 2n ** 46n },
      { gains: numbers.gains.with(15, -(2n ** 46n) - 1n) },
      { charge: -1n },
      { slack: 2n ** 40n },
      { detail: 2n ** 248n },
    ])
      assertFails(
        () => commitBook({ ...plain, sleeve: { ...numbers, ...change } }, 0n, 0n),
        OutOfRangeError,
        `book.sleeve.${Object.keys(change)[0]}${"gains" in change ? "[15]" : ""}`,
      );
  });

  it("hashes no empty list", () => {
    assert.throws(() => poseidonChain([]), RangeError);
  });

  // shows: T5
  it("refuses to pack what is out of range, and does not say which slot it is in", () => {
    const zero: Book = { spot: Array(16).fill(0n), perp: Array(16).fill(0n), basis: 0n };
    const at = (value: bigint) => zero.spot.map((q, u) => (u === 7 ? value : q));
    for (const value of [2n ** 64n, -(2n ** 64n)]) {
      for (const book of [
        { ...zero, spot: at(value) },
        { ...zero, perp: at(value) },
      ])
        assertFails(() => commitBook(book, 0n, 0n), OutOfRangeError, "book", ["7", "1844"]);
    }
    for (const basis of [2n ** 127n, -(2n ** 127n) - 1n])
      assertFails(() => commitBook({ ...zero, basis }, 0n, 0n), OutOfRangeError, "book.basis");
    for (const word of [-1n, 2n ** 248n]) {
      assertFails(() => commitBook(zero, word, 0n), OutOfRangeError, "salt");
      assertFails(() => commitBook(zero, 0n, word), OutOfRangeError, "listing");
    }
  });
});

/** The five signed digits of a word in base 2^47. */
function digits(word: bigint): bigint[] {
  let rest = word > FIELD_R >> 1n ? word - FIELD_R : word;
  return [0, 1, 2, 3, 4].map(() => {
    const digit = BigInt.asIntN(47, rest);
    rest = (rest - digit) >> 47n;
    return digit;
  });
}
