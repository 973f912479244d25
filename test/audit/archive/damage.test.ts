import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Archive } from "../../../src/audit/archive/archive.js";
import { archiveIdentity, institutionKeys, leafKey } from "../../../src/audit/archive/keys.js";
import {
  bodyText,
  LABEL_LENGTH,
  MARK_LENGTH,
  markText,
  openingLabelText,
  parseRecord,
  partContext,
  recordHash,
  recordText,
} from "../../../src/audit/archive/record.js";
import { newKeyPair, seal } from "../../../src/audit/archive/seal.js";
import type { DisclosedOpening } from "../../../src/audit/disclosure.js";
import { ArchiveDamagedError } from "../../../src/errors.js";
import { INSTITUTION, readArchive, recordFile, scratch, smallOpening } from "../../support/archives.js";

const AUDITOR = newKeyPair();
const KEYS = { secret: INSTITUTION };

describe("a damaged archive", () => {
  const folder = scratch();
  /** Records: 0 header, 1 grant, 2 … 5 openings of a, 6 of b. Never written to. */
  const whole = folder.at("whole");
  const other = folder.at("other");
  let path = "";
  let count = 0;
  before(async () => {
    for (const at of [whole, other]) {
      const archive = await Archive.create(at, INSTITUTION);
      await archive.grant(AUDITOR.publicKey, { account: "a", first: 0n, last: 99n }, 1);
      for (const sequence of [1, 2, 3, 4]) await archive.add(smallOpening("a", sequence), sequence);
      await archive.add(smallOpening("b", 1), 5);
    }
  });
  after(() => folder.remove());
  beforeEach(() => {
    path = folder.at(`copy-${count++}`);
    cpSync(whole, path, { recursive: true });
  });

  // shows: A50
  it("is told of where a record nests too deeply, and all others are read", async () => {
    const text = readFileSync(recordFile(path, 3), "utf8");
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    for (const nested of [
      text.replace(/"signature":"[^"]*"/, `"signature":${deep}`),
      text.replace(/"archive":"[^"]*"/, `"archive":${deep}`),
      text.replace(/"sealed":\{[^}]*\}/, `"sealed":${deep}`),
      text.replace(/"kind":/, `"more":${deep},"kind":`),
      `{"a":`.repeat(200_000),
      deep,
    ]) {
      assert.notEqual(nested, text);
      writeFileSync(recordFile(path, 3), nested);
      const { own, theirs, read } = await found();
      for (const findings of [own, theirs]) assert.deepEqual(findings, ["record-damaged:3"]);
      assert.deepEqual(read, [2, 4, 5, 6]);
    }
    // Nor does it keep the institution from writing.
    const archive = await Archive.open(path, INSTITUTION);
    assert.equal((await archive.add(smallOpening("b", 2), 6)).number, 7);
  });

  /** What both keys find, and which records the institution still reads. */
  const found = async (known?: { number: number; hash: string }) => {
    const own = await readArchive(path, KEYS, known);
    const theirs = await readArchive(path, { auditor: AUDITOR }, known);
    return { own: own.findings, theirs: theirs.findings, read: own.openings.map(({ number }) => number) };
  };

  it("is told from a sound one", async () => {
    assert.deepEqual(await found(), { own: [], theirs: [], read: [2, 3, 4, 5, 6] });
  });

  // shows: A37
  it("tells of every byte of a record that was flipped, and reads all other records", async () => {
    const file = recordFile(path, 3);
    const bytes = readFileSync(file);
    for (let i = 0; i < bytes.length; i++) {
      const flipped = Uint8Array.from(bytes);
      // Each bit of every byte in turn, as the bytes go by.
      flipped[i] = (flipped[i] ?? 0) ^ (1 << (i % 8));
      assert.equal(parseRecord(flipped), undefined, `byte ${i}`);
    }
    for (const i of [0, 1, 400, bytes.length - 1]) {
      const flipped = Uint8Array.from(bytes);
      flipped[i] = (flipped[i] ?? 0) ^ 0x10;
      writeFileSync(file, flipped);
      const damaged = ["record-damaged:3"];
      assert.deepEqual(await found(), { own: damaged, theirs: damaged, read: [2, 4, 5, 6] });
    }
  });

  it("tells of every byte of the header and of a grant's record", () => {
    for (const number of [0, 1]) {
      const bytes = readFileSync(recordFile(path, number));
      for (let i = 0; i < bytes.length; i++) {
        const flipped = Uint8Array.from(bytes);
        flipped[i] = (flipped[i] ?? 0) ^ (1 << (i % 8));
        assert.equal(parseRecord(flipped), undefined, `record ${number}, byte ${i}`);
      }
    }
  });

  it("is read although its header is gone", async () => {
    writeFileSync(recordFile(path, 0), "");
    const damaged = ["record-damaged:0"];
    assert.deepEqual(await found(), { own: damaged, theirs: damaged, read: [2, 3, 4, 5, 6] });
  });

  it("tells of a record that was cut short, wherever", async () => {
    const { length } = readFileSync(recordFile(path, 4));
    for (const size of [0, 1, 100, length - 1]) {
      cpSync(recordFile(whole, 4), recordFile(path, 4));
      truncateSync(recordFile(path, 4), size);
      assert.deepEqual((await found()).own, ["record-damaged:4"], `${size} bytes`);
    }
  });

  it("tells of a record that is a pipe, a device or larger than any, and does not wait for its end", async () => {
    const file = recordFile(path, 4);
    const replaced = {
      pipe: () => execFileSync("mkfifo", [file]),
      device: () => symlinkSync("/dev/zero", file),
      "large file": () => {
        writeFileSync(file, "");
        truncateSync(file, 2 ** 20 + 1);
      },
    };
    for (const [what, replace] of Object.entries(replaced)) {
      rmSync(file);
      replace();
      assert.deepEqual((await found()).own, ["record-damaged:4"], what);
    }
  });

  // shows: A37
  it("tells of records that were put in another order", async () => {
    renameSync(recordFile(path, 3), recordFile(path, 99));
    renameSync(recordFile(path, 4), recordFile(path, 3));
    renameSync(recordFile(path, 99), recordFile(path, 4));
    const both = ["record-misplaced:3", "record-misplaced:4"];
    assert.deepEqual(await found(), { own: both, theirs: both, read: [2, 5, 6] });
  });

  it("tells of a record that is there twice", async () => {
    copyFileSync(recordFile(path, 3), recordFile(path, 7));
    const again = ["record-misplaced:7"];
    assert.deepEqual(await found(), { own: again, theirs: again, read: [2, 3, 4, 5, 6] });
  });

  // shows: A37
  it("tells of a record that was taken out of the middle", async () => {
    rmSync(recordFile(path, 3));
    const missing = ["record-missing:3"];
    assert.deepEqual(await found(), { own: missing, theirs: missing, read: [2, 4, 5, 6] });
  });

  it("tells of a record of another archive of the same secret", async () => {
    copyFileSync(recordFile(other, 4), recordFile(path, 4));
    const foreign = ["record-foreign:4"];
    assert.deepEqual(await found(), { own: foreign, theirs: foreign, read: [2, 3, 5, 6] });
  });

  it("tells a reader who has noted the head of an end that was cut off, and of another head", async () => {
    const { head } = await readArchive(path, KEYS);
    assert.equal(head.number, 6);
    rmSync(recordFile(path, 6));
    assert.deepEqual((await found()).own, [], "nothing in the archive says that there was more");
    assert.deepEqual((await found(head)).own, ["head-missing:6"]);
    const archive = await Archive.open(path, INSTITUTION);
    await archive.add(smallOpening("b", 2), 5);
    assert.deepEqual((await found(head)).own, ["head-mismatch:6"]);
  });

  // shows: A37
  it("tells of a history that was written again from the middle", async () => {
    // The institution itself, which can sign: it goes back, archives something else, and puts the old end behind it.
    for (const number of [4, 5, 6]) rmSync(recordFile(path, number));
    await (await Archive.open(path, INSTITUTION)).add(smallOpening("a", 3, 77), 1);
    for (const number of [5, 6]) copyFileSync(recordFile(whole, number), recordFile(path, number));
    assert.deepEqual((await found()).own, ["chain-broken:5"]);
  });

  it("is not written on where its newest record is damaged, and is elsewhere", async () => {
    truncateSync(recordFile(path, 6), 100);
    const archive = await Archive.open(path, INSTITUTION);
    await assert.rejects(archive.add(smallOpening("a", 5), 1), ArchiveDamagedError);
    cpSync(recordFile(whole, 6), recordFile(path, 6));
    const bytes = readFileSync(recordFile(path, 4));
    // In the body: the label, by which the writer finds it, is whole.
    bytes[4000] = (bytes[4000] ?? 0) ^ 1;
    writeFileSync(recordFile(path, 4), bytes);
    const again = await Archive.open(path, INSTITUTION);
    await again.add(smallOpening("a", 5), 1);
    // What was lost is archived again as soon as it is committed to again.
    assert.deepEqual(await again.add(smallOpening("a", 3), 1), { number: 8, isNew: true });
    assert.deepEqual((await found()).own, ["record-damaged:4"]);
  });

  describe("by a holder of its keys", () => {
    /** Puts a record behind the last one that the institution itself could sign. */
    const forge = (label: DisclosedOpening, mark: bigint, body: DisclosedOpening, key = body.sequence) => {
      const before = readFileSync(recordFile(path, 6));
      const { archive } = parseRecord(before) ?? assert.fail();
      const { nonce } = archiveIdentity(archive) ?? assert.fail();
      const keys = institutionKeys(INSTITUTION, nonce);
      const place = { archive, number: 7, previous: recordHash(before), kind: "opening" } as const;
      const account = keys.account(label.account);
      const { text, length } = bodyText({ time: 1, disclosed: body });
      const sealed = {
        label: seal(keys.label, openingLabelText(label), LABEL_LENGTH, partContext(place, "label")),
        mark: seal(account.mark, markText(mark), MARK_LENGTH, partContext(place, "mark")),
        body: seal(leafKey(account.tree, key), text, length, partContext(place, "body")),
      };
      writeFileSync(join(path, "00000007.record"), recordText({ ...place, sealed }, keys.signer));
    };

    it("is sound if they keep to the rules", async () => {
      forge(smallOpening("a", 5), 5n, smallOpening("a", 5));
      assert.deepEqual(await found(), { own: [], theirs: [], read: [2, 3, 4, 5, 6, 7] });
    });

    // shows: A37
    it("tells of a book that does not hash to its commitment, or is out of bounds", async () => {
      const opening = smallOpening("a", 5);
      const edited = { ...opening.opening, spot: opening.opening.spot.map((amount) => amount + 1n) };
      for (const wrong of [edited, { ...opening.opening, basis: 1n << 130n }]) {
        forge(opening, 5n, { ...opening, opening: wrong });
        const finding = ["opening-commitment:7"];
        assert.deepEqual(await found(), { own: finding, theirs: finding, read: [2, 3, 4, 5, 6, 7] });
      }
    });

    // shows: A38
    it("tells of another opening of an account and sequence", async () => {
      forge(smallOpening("a", 4, 9), 4n, smallOpening("a", 4, 9));
      const finding = ["opening-contradiction:7"];
      const { own, theirs } = await found();
      assert.deepEqual({ own, theirs }, { own: finding, theirs: finding });
    });

    it("tells of a mark, a label and a body that do not agree", async () => {
      forge(smallOpening("a", 5), 5n, smallOpening("a", 6), 5n);
      const finding = ["label-mismatch:7"];
      assert.deepEqual(await found(), { own: finding, theirs: finding, read: [2, 3, 4, 5, 6] });
      forge(smallOpening("a", 5, 9), 5n, smallOpening("a", 5));
      assert.deepEqual((await found()).own, finding);
    });

    it("tells of a body sealed under another key than its place has", async () => {
      forge(smallOpening("a", 5), 5n, smallOpening("a", 5), 6n);
      const finding = ["sealed-damaged:7"];
      assert.deepEqual(await found(), { own: finding, theirs: finding, read: [2, 3, 4, 5, 6] });
    });
  });
});
