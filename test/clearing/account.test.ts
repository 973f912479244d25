import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recoverOpening } from "../../src/clearing/account/changes.js";
import { checkHalf, type Half, parseHalf, serialiseHalf } from "../../src/clearing/account/half.js";
import {
  type Offer,
  offerName,
  opposite,
  parseOffer,
  randomBlind,
  serialiseOffer,
} from "../../src/clearing/account/offer.js";
import { type KeptBook, MemberStore } from "../../src/clearing/account/store.js";
import { FIELD_R } from "../../src/encoding/field.js";
import {
  DuplicateFieldError,
  FormatError,
  HalfMismatchError,
  OutOfRangeError,
  UnknownFieldError,
  UnrecoverableBookError,
} from "../../src/errors.js";
import { noteDigest } from "../../src/protocol/note.js";
import { readTransition } from "../../src/protocol/readTransition.js";
import { sealingScalar } from "../../src/protocol/sealedBook.js";
import { commitCleared, makeTransition, placeWord, termsWord } from "../../src/protocol/transition.js";
import { Random } from "../support/cases.js";
import { randomMoves, randomOpening, randomTerms } from "../support/clearing.js";

const HOUSE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const ACCOUNT = `0x${"ab".repeat(32)}`;
const PLACE = { chainId: 31_337, house: HOUSE };
const SECRET = Uint8Array.from(randomBytes(32));

const BOOK: KeptBook = {
  sequence: 3,
  commitment: 12_345_678_901_234_567_890n,
  salt: (1n << 248n) - 1n,
  basis: -(1n << 127n),
  perp: [0n, -(1n << 63n), 7_777_777_777n],
  notes: [{ asset: 1, side: "sell", size: 5n, quote: -9n, blind: 77n }],
};

describe("a member's store", () => {
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-store-"));
  const path = () => join(folder, "desk.books");
  after(() => rmSync(folder, { recursive: true }));

  it("keeps books under the secret, exactly, and shows nothing of them on the disk", async () => {
    const store = await MemberStore.open(path(), SECRET, PLACE);
    assert.deepEqual([store.accounts, store.booksOf(ACCOUNT)], [[], []]);
    await store.keep(ACCOUNT, BOOK);
    await store.keep(ACCOUNT, { ...BOOK, sequence: 4, commitment: 5n });
    await store.keep(ACCOUNT, { ...BOOK, notes: [] });

    const again = await MemberStore.open(path(), SECRET, PLACE);
    assert.deepEqual(again.accounts, [ACCOUNT]);
    assert.deepEqual(again.booksOf(ACCOUNT), [
      { ...BOOK, sequence: 4, commitment: 5n },
      { ...BOOK, notes: [] },
    ]);
    const text = await readFile(path(), "utf8");
    for (const shown of ["7777777777", String(BOOK.salt), "perp", ACCOUNT.slice(2)])
      assert.ok(!text.includes(shown), shown);
    assert.equal((await stat(path())).mode & 0o777, 0o600);
  });

  it("refuses another secret, another house, and a file with a byte changed", async () => {
    await assert.rejects(MemberStore.open(path(), Uint8Array.from(randomBytes(32)), PLACE), FormatError);
    await assert.rejects(MemberStore.open(path(), SECRET, { ...PLACE, chainId: 1 }), /on chain 1/);
    await assert.rejects(
      MemberStore.open(path(), SECRET, { ...PLACE, house: ACCOUNT.slice(0, 42) }),
      FormatError,
    );
    const text = await readFile(path(), "utf8");
    const at = text.indexOf("0x") + 200;
    const damaged = join(folder, "damaged.books");
    await writeFile(damaged, `${text.slice(0, at)}${text[at] === "0" ? "1" : "0"}${text.slice(at + 1)}`);
    await assert.rejects(MemberStore.open(damaged, SECRET, PLACE), /clearing recover/);
    await writeFile(damaged, `{"format":"zkmargin/book@2"}`);
    await assert.rejects(MemberStore.open(damaged, SECRET, PLACE), FormatError);
  });
});

const offer: Offer = {
  ...PLACE,
  maker: ACCOUNT,
  side: "buy",
  symbol: "BTC",
  note: { asset: 0, size: 250_000_000n, quote: -(1n << 65n), blind: randomBlind() },
  expiresAt: 1_800_000_000,
};

describe("an offer", () => {
  it("is read as it was written, and names its note as the chain does", () => {
    assert.deepEqual(parseOffer(serialiseOffer(offer)), offer);
    assert.equal(BigInt(offerName(offer)), noteDigest(offer.note));
    assert.deepEqual([opposite("buy"), opposite("sell")], ["sell", "buy"]);
    assert.notEqual(randomBlind(), randomBlind());
  });

  it("refuses what is out of bounds, unknown or double, and quotes nothing of the note", () => {
    const text = serialiseOffer(offer);
    const refused: [string, string, new (...values: never[]) => Error][] = [
      ['"250000000"', '"0"', OutOfRangeError],
      ['"250000000"', `"${1n << 63n}"`, OutOfRangeError],
      [`"${-(1n << 65n)}"`, `"${1n << 65n}"`, OutOfRangeError],
      [`"${offer.note.blind}"`, `"${1n << 248n}"`, OutOfRangeError],
      ['"asset": 0', '"asset": 256', OutOfRangeError],
      ['"buy"', '"hold"', FormatError],
      ['"note"', '"side": "buy", "note"', DuplicateFieldError],
      ['"note"', '"secretPosition": 1, "note"', UnknownFieldError],
    ];
    for (const [from, to, error] of refused)
      assert.throws(
        () => parseOffer(text.replace(from, to)),
        (caught: Error) => caught instanceof error && !/250000000|secretPosition/.test(caught.message),
        to,
      );
  });
});

describe("a half of a trade", () => {
  const proof = { a: [1n, 2n], b: [1n, 2n, 3n, 4n], c: [5n, 6n] };
  const health = { round: 9n, claim: 1_080_307_924n, proof };
  const half: Half = {
    offer: offerName(offer),
    round: 0,
    call: {
      account: `0x${"cd".repeat(32)}`,
      newCommitment: 7n,
      deadline: 1_700_000_060n,
      sides: 2n,
      reduces: false,
      capSteps: 3n,
      hash: 8n,
      ephemeral: [9n, 10n],
      notes: [noteDigest(offer.note), 0n, 0n, 0n],
      cipher: Array.from({ length: 8 }, (_, i) => BigInt(i)),
      proof,
      initial: health,
      stress: health,
      signature: "0x1234",
    },
  };
  const now = 1_700_000_000n;

  it("is read as it was written, and completes its offer until its deadline", () => {
    assert.deepEqual(parseHalf(serialiseHalf(half)), half);
    checkHalf(half, offer, now);
    checkHalf(half, offer, half.call.deadline);
  });

  it("is refused with another note, side, account or time", () => {
    const other = { ...offer, note: { ...offer.note, blind: offer.note.blind ^ 1n } };
    const refused: [string, Half, Offer, bigint][] = [
      ["half.offer", half, other, now],
      [
        "half.call.notes",
        { ...half, call: { ...half.call, notes: [noteDigest(offer.note), 1n, 0n, 0n] } },
        offer,
        now,
      ],
      ["half.call.sides", { ...half, call: { ...half.call, sides: 1n } }, offer, now],
      ["half.call.account", { ...half, call: { ...half.call, account: ACCOUNT } }, offer, now],
      ["half.call.deadline", half, offer, half.call.deadline + 1n],
    ];
    for (const [path, given, of, at] of refused)
      assert.throws(
        () => checkHalf(given, of, at),
        (error: Error) => error instanceof HalfMismatchError && error.message.startsWith(path),
      );
  });

  it("is not read with a word out of the field, or too few of them", () => {
    const text = serialiseHalf(half);
    assert.throws(() => parseHalf(text.replace('"hash": "8"', `"hash": "${1n << 254n}"`)), OutOfRangeError);
    assert.throws(() => parseHalf(text.replace('"ephemeral": [\n      "9",', '"ephemeral": [')), FormatError);
    assert.throws(() => parseHalf(text.replace('"sides": "2"', '"sides": "256"')), OutOfRangeError);
  });
});

describe("a book that was lost", () => {
  const random = new Random(7);
  const place = { chainId: 31_337n, house: HOUSE, account: ACCOUNT };
  const secret = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
  const old = randomOpening(random, 16, 60);
  const sequence = 12n;
  const moves = randomMoves(random, old);
  const made = makeTransition(
    old,
    moves,
    { ...randomTerms(random), place: placeWord(place), terms: termsWord(sequence, 99n) },
    {
      salt: randomBlind(),
      scalar: (commitment) =>
        sealingScalar(secret, { chainId: 31_337n, account: ACCOUNT, sequence, commitment }),
    },
  );
  const change = { chainId: 31_337n, account: ACCOUNT, sequence, words: made.words };

  it("is read from its transition's words by its owner's secret", () => {
    assert.deepEqual(recoverOpening(change, secret), made.opening);
    const read = readTransition(made.words);
    assert.deepEqual([read.newCommitment, read.sealed], [made.commitment, made.sealed]);
    assert.deepEqual(
      [read.sequence, read.deadline, read.oldCommitment, read.deltaBasis],
      [sequence, 99n, commitCleared(old, read.listing), moves.deltaBasis ?? 0n],
    );
    assert.deepEqual(
      read.notes.map((note) => note?.digest ?? 0n),
      Array.from({ length: 4 }, (_, k) =>
        moves.sides?.[k] === undefined ? 0n : noteDigest(moves.sides[k].note),
      ),
    );
    assert.deepEqual(
      read.deltaPerp,
      old.perp.map((_, u) => moves.deltaPerp?.[u] ?? 0n),
    );
    assert.deepEqual(
      read.tearUps,
      old.perp.map((_, u) => moves.tearUps?.[u]),
    );
  });

  it("stays closed to another secret, sequence, chain or cipher", () => {
    const cipher = made.words.with(-1, ((made.words.at(-1) ?? 0n) + 1n) % FIELD_R);
    const refused: [typeof change, Uint8Array][] = [
      [change, Uint8Array.from({ length: 32 }, (_, i) => i + 2)],
      [{ ...change, sequence: 13n }, secret],
      [{ ...change, chainId: 1n }, secret],
      [{ ...change, words: cipher }, secret],
    ];
    for (const [of, by] of refused) assert.throws(() => recoverOpening(of, by), UnrecoverableBookError);
    assert.throws(() => readTransition(made.words.slice(1)), OutOfRangeError);
    assert.throws(() => readTransition(made.words.with(0, 1n)), OutOfRangeError);
  });
});
