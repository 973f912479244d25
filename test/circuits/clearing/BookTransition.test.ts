import assert from "node:assert/strict";
import { OutOfRangeError } from "../../../src/errors.js";
import { FIELD_R } from "../../../src/protocol/bounds.js";
import { bindWords, challengeOf, sumAt } from "../../../src/protocol/boundWords.js";
import { type Note, noteDigest } from "../../../src/protocol/note.js";
import {
  keyOf,
  keyRoot,
  openSeal,
  SUBGROUP_ORDER,
  scalarOf,
  sharedPoint,
} from "../../../src/protocol/sealedBook.js";
import type { CircuitInputs } from "../../../src/protocol/signals.js";
import {
  applyMoves,
  commitCleared,
  hashedWords,
  type Moves,
  makeTransition,
  type NetBox,
  type Transition,
} from "../../../src/protocol/transition.js";
import { inverse } from "../../soundness/suite/engine/field.js";
import { Random } from "../../support/cases.js";
import { compileTemplate, type TestCircuit } from "../../support/circuit.js";
import {
  bound,
  HASHED_WORDS,
  randomMoves,
  randomOpening,
  randomTerms,
  randomTransition,
} from "../../support/clearing.js";
import { field } from "../../support/field.js";
import { accepts, refuses, witnessOf } from "../../support/witness.js";

const ASSETS = 3;
const PUBLIC = ["hash", "challenge", "sum"];
const INT64 = 1n << 63n;
const INT128 = 1n << 127n;
const BLIND = 77n;
/** Words that the circuit hashes: those as they are, and three tear prices and three boxes. */
const HASHED = [...HASHED_WORDS, 19, 20, 21, 22, 23, 24];
/** Every kind of move that a transition which does not reduce can have. */
const RICH: Moves = {
  sides: [{ note: { asset: 1, size: 4n, quote: 3n, blind: BLIND }, side: "buy" }],
  deltaPerp: [1n, 2n, 3n],
  deltaBasis: 99n,
};

describe("BookTransition", () => {
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTemplate("clearing/BookTransition", [ASSETS], PUBLIC);
  });
  const terms = randomTerms(new Random(1));
  const old = { perp: [10n, -20n, 0n], basis: 1_000n, salt: 5n };
  const box: readonly NetBox[] = [0, 1, 2].map(() => ({ low: -100n, high: 100n }));
  const made = (moves: Moves, from = old, scalar = scalarOf(9n)): Transition =>
    makeTransition(from, moves, terms, { salt: 6n, scalar: () => scalar });
  /** What a prover who does not use the library says: the honest inputs with some replaced, and the words that follow. */
  const lie = (inputs: CircuitInputs, changes: CircuitInputs) => bound({ ...inputs, ...changes });
  const note = (asset: number, size: bigint, quote = 3n): Note => ({ asset, size, quote, blind: BLIND });

  // shows: P61
  it("accepts what the model makes, of every kind, and its hash is that of the model's words (seed 11)", async () => {
    const random = new Random(11);
    for (let i = 0; i < 40; i++) {
      const transition = randomTransition(random, ASSETS);
      assert.ok(accepts(circuit, transition.inputs));
      assert.deepEqual(bound(transition.inputs), transition.inputs, "the layout, written again");
    }
    const { inputs } = made({});
    for (const name of PUBLIC)
      await refuses(
        circuit,
        { ...inputs, [name]: [((inputs[name]?.[0] ?? 0n) + 1n) % FIELD_R] },
        "BookTransition",
      );
  });

  // shows: P61, A74
  it("moves quanta and attodollars from one side of a note to the other, to the unit", () => {
    const random = new Random(12);
    for (let i = 0; i < 200; i++) {
      const books = [randomOpening(random, ASSETS, 60), randomOpening(random, ASSETS, 60)] as const;
      const sides = (randomMoves(random, { perp: [0n, 0n, 0n], basis: 0n, salt: 0n }).sides ?? []).slice();
      const other = sides.map(({ note, side }) => ({
        note,
        side: side === "buy" ? ("sell" as const) : ("buy" as const),
      }));
      const after = [applyMoves(books[0], { sides }), applyMoves(books[1], { sides: other })] as const;
      const total = (pair: readonly [{ basis: bigint }, { basis: bigint }]) => pair[0].basis + pair[1].basis;
      assert.equal(total(after), total(books));
      for (let u = 0; u < ASSETS; u++)
        assert.equal(
          (after[0].perp[u] ?? 0n) + (after[1].perp[u] ?? 0n),
          (books[0].perp[u] ?? 0n) + (books[1].perp[u] ?? 0n),
        );
    }
  });

  it("tears up at a price of its own for each asset, before anything else, exactly", async () => {
    const { opening, inputs } = made({ tearUps: [7n, -3n, undefined], deltaPerp: [1n] });
    assert.deepEqual(opening.perp, [1n, 0n, 0n]);
    assert.equal(opening.basis, 1_000n + 10n * 7n + -20n * -3n);
    assert.ok(accepts(circuit, inputs));
    await refuses(circuit, lie(inputs, { torn: [2n, 1n, 0n] }), "BookTransition");
  });

  // shows: P61
  it("holds every quantity of both books to an int64, and both bases to an int128", async () => {
    const limits = { perp: [INT64 - 1n, -INT64, 0n], basis: INT128 - 1n, salt: 5n };
    const ends = made({}, limits);
    assert.ok(accepts(circuit, ends.inputs));
    for (const moves of [{ deltaPerp: [1n] }, { deltaPerp: [0n, -1n] }, { deltaBasis: 1n }]) {
      assert.throws(() => made(moves, limits), OutOfRangeError);
      const [[name = "", delta = []] = []] = Object.entries(moves).map(
        ([key, value]) => [key, [value].flat()] as const,
      );
      const padded = name === "deltaBasis" ? delta : [...delta, 0n, 0n].slice(0, ASSETS);
      await refuses(circuit, lie(ends.inputs, { [name]: padded.map(field) }), "Num2Bits");
    }
    // Another opening of the same words: a quantity that overflows into its neighbour, made good by a delta.
    const overflow = lie(ends.inputs, {
      oldPerp: [field(INT64 - 1n + (1n << 66n)), field(-INT64 - 1n), 0n],
      deltaPerp: [field(-(1n << 66n)), 1n, 0n],
    });
    assert.equal(
      commitCleared({ perp: limits.perp, basis: limits.basis, salt: 5n }, terms.listing),
      made({}, limits).words[5],
    );
    await refuses(circuit, overflow, "Num2Bits");
  });

  it("begins empty, without an old commitment, and only then has none", async () => {
    const empty = { perp: [0n, 0n, 0n], basis: 0n, salt: 0n };
    const birth = made({ birth: true, deltaBasis: 5n }, empty);
    assert.equal(birth.words[5], 0n);
    assert.ok(accepts(circuit, birth.inputs));
    assert.throws(() => made({ birth: true }), OutOfRangeError);
    await refuses(circuit, lie(birth.inputs, { oldBasis: [1n] }), "BookTransition");
    await refuses(circuit, lie(birth.inputs, { oldPerp: [0n, 1n, 0n] }), "BookTransition");
    for (const birthBit of [2n, FIELD_R - 1n])
      await refuses(circuit, lie(birth.inputs, { birth: [birthBit] }), "BookTransition");
  });

  // shows: A74
  it("takes another salt, of 248 bits", async () => {
    const { inputs } = made({});
    assert.throws(
      () => makeTransition(old, {}, terms, { salt: old.salt, scalar: () => 9n }),
      OutOfRangeError,
    );
    await refuses(circuit, lie(inputs, { newSalt: [old.salt] }), "NonZeroWhere");
    await refuses(circuit, lie(inputs, { newSalt: [1n << 248n] }), "Num2Bits");
  });

  // shows: A74
  it("takes a note with one side, in range, of a listed slot", async () => {
    const { inputs, words } = made({ sides: [{ note: note(1, 4n), side: "buy" }] });
    assert.ok(accepts(circuit, inputs));
    assert.equal(words[12], noteDigest(note(1, 4n)));
    const first = (value: bigint) => [value, 0n, 0n, 0n];
    await refuses(circuit, lie(inputs, { takes: first(1n) }), "ApplyNote");
    for (const adds of [2n, FIELD_R - 1n])
      await refuses(circuit, lie(inputs, { adds: first(adds) }), "ApplyNote");
    await refuses(circuit, lie(inputs, { asset: first(3n) }), "OneHot");
    for (const size of [-1n, INT64])
      await refuses(circuit, lie(inputs, { size: first(field(size)) }), "Num2Bits");
    for (const quote of [-(1n << 65n) - 1n, 1n << 65n])
      await refuses(circuit, lie(inputs, { quote: first(field(quote)) }), "Num2Bits");
    // Asset and size of one note behind the digest of another: nothing overflows into a neighbour.
    assert.notEqual(noteDigest(note(1, 4n)), noteDigest(note(0, 4n)));
    assert.throws(() => made({ sides: [{ note: note(3, 4n), side: "buy" }] }), OutOfRangeError);
  });

  it("reduces towards zero and not through it, by one note, inside the box, with no delta", async () => {
    const reduce = (size: bigint, quote = 3n, asset = 1, side: "buy" | "sell" = "buy") => ({
      reduces: true,
      sides: [{ note: note(asset, size, quote), side }],
      box,
    });
    for (const size of [0n, 1n, 20n]) assert.ok(accepts(circuit, made(reduce(size)).inputs));
    assert.ok(accepts(circuit, made(reduce(10n, 100n, 0, "sell")).inputs));
    const { inputs } = made(reduce(5n));
    const first = (value: bigint) => [field(value), 0n, 0n, 0n];
    const flip = { adds: first(0n), takes: first(1n) };
    for (const [moves, changes] of [
      [reduce(21n), { size: first(21n) }],
      [reduce(1n, 3n, 1, "sell"), flip],
      [reduce(1n, 3n, 2), { asset: first(2n) }],
      [reduce(1n, -101n), { quote: first(-101n) }],
      [reduce(1n, 101n), { quote: first(101n) }],
    ] as const) {
      assert.throws(() => made(moves), OutOfRangeError);
      await refuses(circuit, lie(inputs, changes), "Num2Bits");
    }
    const more = note(0, 1n);
    for (const moves of [
      { ...reduce(1n), sides: [...reduce(1n).sides, { note: more, side: "buy" as const }] },
      { ...reduce(1n), deltaBasis: 1n },
      { ...reduce(1n), deltaPerp: [0n, 0n, 1n] },
    ])
      assert.throws(() => made(moves), OutOfRangeError);
    for (const changes of [
      { adds: [1n, 1n, 0n, 0n] },
      { adds: first(0n) },
      { deltaBasis: [1n] },
      { deltaPerp: [0n, 0n, 1n] },
      { reduces: [2n] },
    ])
      await refuses(circuit, lie(inputs, changes), "BookTransition");
    // A box of more bits than a verifier's word has.
    await refuses(circuit, lie(inputs, { box: [0n, 1n << 132n, 0n] }), "Num2Bits");
  });

  // shows: P62, A75
  it("seals the new opening to the key, and to no other", async () => {
    const random = new Random(13);
    for (let i = 0; i < 6; i++) {
      const transition = randomTransition(random, ASSETS);
      const { secret } = randomTerms(new Random(99));
      assert.throws(
        () => openSeal(transition.sealed, sharedPoint(secret, transition.sealed.ephemeral), ASSETS),
        OutOfRangeError,
      );
    }
    const { sealed, opening, inputs } = made({ deltaBasis: 1n });
    assert.deepEqual(openSeal(sealed, sharedPoint(terms.secret, sealed.ephemeral), ASSETS), opening);
    // The ciphertext is the circuit's: with any other scalar the words are others.
    const witness = await witnessOf(circuit, inputs);
    const wire = circuit.constraints.wire("main.scalar");
    assert.ok(circuit.constraints.violations(witness.with(wire, 10n)).length > 0);
  });

  // shows: A75
  it("refuses a scalar of 0, of the order or beyond, and a key that is none", async () => {
    const { inputs } = made({});
    for (const scalar of [0n, SUBGROUP_ORDER, scalarOf(9n) + 1n])
      await refuses(circuit, { ...inputs, scalar: [scalar] }, "SignedDigits");
    const { x, y } = keyOf(3n);
    await refuses(circuit, { ...inputs, key: [x, (y + 1n) % FIELD_R] }, "KeyAgreement");
    await refuses(circuit, { ...inputs, root: [x + 1n, y] }, "BabyCheck");
    await refuses(circuit, { ...inputs, key: [0n, 1n], root: [0n, 1n] }, "Edwards2Montgomery");
    const root = keyRoot(keyOf(3n));
    assert.ok(accepts(circuit, lie(inputs, { key: [x, y], root: [root.x, root.y] })));
    for (const scalar of [0n, 1n << 246n, scalarOf(1n << 246n), scalarOf(9n) + 1n])
      assert.throws(() => made({}, old, scalar), OutOfRangeError);
  });

  // shows: A74
  it("binds place, sequence, deadline, listing and flags: another word is another statement", () => {
    const { words, bound: before } = made({ sides: [{ note: note(1, 4n), side: "buy" }] });
    words.forEach((word, i) => {
      const other = words.with(i, (word + 1n) % FIELD_R);
      assert.notEqual(sumAt(other, challengeOf(other, before.hash)), before.sum);
    });
    for (const i of HASHED) {
      const other = words.with(i, ((words[i] ?? 0n) + 1n) % FIELD_R);
      assert.notEqual(bindWords(other, hashedWords(other, ASSETS)).hash, before.hash, `word ${i}`);
    }
    assert.throws(() => bindWords(words.with(2, FIELD_R)), OutOfRangeError);
    assert.throws(() => bindWords(words.with(2, -1n)), OutOfRangeError);
    assert.throws(() => challengeOf(words, FIELD_R), OutOfRangeError);
  });

  // shows: A73, A74
  it("has a free word nowhere: of those that are not hashed, none can be chosen once the challenge is known", async () => {
    const { words, bound: honest, inputs } = made({ ...RICH, tearUps: [undefined, 11n, undefined] });
    const unhashed = words.map((_, i) => i).filter((i) => !HASHED.includes(i));
    assert.equal(unhashed.length + HASHED.length, words.length);
    // The inputs that are unhashed words, and where these stand: all but the ciphertext and the point, which are no inputs.
    const free: readonly (readonly [name: string, i: number, word: number])[] = [
      ["key", 1, 4],
      ["listing", 0, 7],
      ["deltaBasis", 0, 9],
      ...[0, 1, 2].map((u) => ["deltaPerp", u, 16 + u] as const),
    ];
    for (const told of unhashed) {
      // The verifier is told another word. One of the circuit's would have to take the difference of both sums.
      const lies = words.with(told, ((words[told] ?? 0n) + 1n) % FIELD_R);
      const challenge = challengeOf(lies, honest.hash);
      const forged = { ...inputs, challenge: [challenge], sum: [sumAt(lies, challenge)] };
      await refuses(circuit, forged, "BookTransition");
      const missing = field(sumAt(lies, challenge) - sumAt(words, challenge));
      for (const [name, i, word] of free) {
        const taken = field((words[word] ?? 0n) + missing * inverse(challenge ** BigInt(word)));
        assert.equal(sumAt(words.with(word, taken), challenge), sumAt(lies, challenge));
        assert.ok(!accepts(circuit, { ...forged, [name]: (inputs[name] ?? []).with(i, taken) }), name);
      }
    }
  });

  // shows: A74
  it("takes no price beyond its bound, whether somebody needs it or not", async () => {
    const { inputs } = made({});
    const first = (value: bigint) => [value, 0n, 0n];
    for (const box of [1n << 132n, FIELD_R - 1n])
      await refuses(circuit, lie(inputs, { box: first(box) }), "Num2Bits");
    for (const price of [1n << 67n, field(-(1n << 67n) - 1n)])
      await refuses(circuit, lie(inputs, { tearPrice: first(price) }), "Num2Bits");
    const edges = lie(inputs, { box: first((1n << 132n) - 1n), tearPrice: first(field(-(1n << 67n))) });
    assert.ok(accepts(circuit, edges));
  });
});
