import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Offer,
  offerName,
  opposite,
  parseOffer,
  randomBlind,
  serialiseOffer,
} from "../../src/clearing/account/offer.js";
import { type KeptBook, MemberStore } from "../../src/clearing/account/store.js";
import { DuplicateFieldError, FormatError, OutOfRangeError, UnknownFieldError } from "../../src/errors.js";
import { noteDigest } from "../../src/protocol/transition.js";

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

describe("an offer", () => {
  const offer: Offer = {
    ...PLACE,
    maker: ACCOUNT,
    side: "buy",
    symbol: "BTC",
    note: { asset: 0, size: 250_000_000n, quote: -(1n << 65n), blind: randomBlind() },
    expiresAt: 1_800_000_000,
  };

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
