import assert from "node:assert/strict";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { Archive } from "../../../src/audit/archive/archive.js";
import { LAST_SEQUENCE } from "../../../src/audit/archive/keys.js";
import { ArchiveReader } from "../../../src/audit/archive/reader.js";
import { keyPairOf, newKeyPair } from "../../../src/audit/archive/seal.js";
import {
  ArchiveConflictError,
  ArchiveKeyError,
  FormatError,
  UnreadableError,
  UnwritableError,
} from "../../../src/errors.js";
import {
  filesIn,
  INSTITUTION,
  readArchive,
  recordFile,
  scratch,
  sleevedOpening,
  smallOpening,
} from "../../support/archives.js";

const OTHER_SECRET = Uint8Array.from({ length: 32 }, (_, i) => i);

describe("an archive", () => {
  const folder = scratch();
  after(() => folder.remove());
  let count = 0;
  const made = async () => {
    const path = folder.at(`archive-${count++}`);
    return { path, archive: await Archive.create(path, INSTITUTION) };
  };
  const sequences = (openings: readonly { disclosed: { account: string; sequence: bigint } }[]) =>
    openings.map(({ disclosed }) => `${disclosed.account} ${disclosed.sequence}`);

  it("gives back to the institution what was put in, in order", async () => {
    const { path, archive } = await made();
    const openings = [smallOpening("a", 1), smallOpening("b", 1), smallOpening("a", 2)];
    for (const [i, opening] of openings.entries())
      assert.deepEqual(await archive.add(opening, 1000 + i), { number: i + 1, isNew: true });
    const { openings: read, findings } = await readArchive(path, { secret: INSTITUTION });
    assert.deepEqual(findings, []);
    assert.deepEqual(
      read,
      openings.map((disclosed, i) => ({ number: i + 1, time: 1000 + i, disclosed })),
    );
  });

  it("holds one record of a commitment, however often it is archived, by whatever process", async () => {
    const { path, archive } = await made();
    await archive.add(smallOpening("a", 1), 1);
    assert.deepEqual(await archive.add(smallOpening("a", 1), 2), { number: 1, isNew: false });
    const again = await Archive.open(path, INSTITUTION);
    assert.deepEqual(await again.add(smallOpening("a", 1), 3), { number: 1, isNew: false });
    assert.equal(Object.keys(filesIn(path)).length, 2);
  });

  // shows: A38
  it("refuses another book under the same account and sequence", async () => {
    const { path, archive } = await made();
    await archive.add(smallOpening("a", 1, 10), 1);
    await assert.rejects(archive.add(smallOpening("a", 1, 11), 2), ArchiveConflictError);
    const again = await Archive.open(path, INSTITUTION);
    await assert.rejects(again.add(smallOpening("a", 1, 11), 2), ArchiveConflictError);
    assert.equal(Object.keys(filesIn(path)).length, 2);
  });

  // shows: A36
  it("is its owner's alone, and all its records of one kind have one size", async () => {
    const { path, archive } = await made();
    await archive.add(smallOpening("a", 1), 1);
    await archive.add(smallOpening("an account of a longer name", 9_000_000, 123_456_789), 2);
    await archive.grant(newKeyPair().publicKey, { account: "a", first: 1n, last: 1n }, 3);
    await archive.grant(
      newKeyPair().publicKey,
      { account: "long name", first: 1n, last: LAST_SEQUENCE - 1n },
      4,
    );
    assert.equal(statSync(path).mode & 0o777, 0o700);
    const sizes = [1, 2, 3, 4].map((number) => {
      const { mode, size } = statSync(recordFile(path, number));
      assert.equal(mode & 0o777, 0o600);
      return size;
    });
    assert.equal(sizes[0], sizes[1]);
    assert.equal(sizes[2], sizes[3]);
  });

  // shows: A36, A68
  it("keeps what a sleeve was made from, and shows of its size no more than a power of two", async () => {
    const { path, archive } = await made();
    const openings = [10, 20_000, 100_000, 1_000_000].map((bytes, i) => sleevedOpening("a", i + 1, bytes));
    for (const opening of openings) await archive.add(opening, 1);
    const { openings: read, findings } = await readArchive(path, { secret: INSTITUTION });
    assert.deepEqual(findings, []);
    assert.deepEqual(
      read.map(({ disclosed }) => disclosed),
      openings,
    );
    const sizes = [1, 2, 3, 4].map((number) => statSync(recordFile(path, number)).size);
    assert.equal(sizes[0], sizes[1]);
    const padded = [2 ** 16, 2 ** 17, 2 ** 20].map((bytes) => (bytes * 4) / 3);
    for (const [i, bytes] of padded.entries())
      assert.ok(Math.abs((sizes[i + 1] ?? 0) - bytes) < 2_000, String(sizes[i + 1]));
  });

  it("adds the sources of a sleeve to an opening that was archived without them, once", async () => {
    const { path, archive } = await made();
    const whole = sleevedOpening("a", 1, 10);
    const { sources: _, ...without } = whole;
    assert.deepEqual(await archive.add(without, 1), { number: 1, isNew: true });
    assert.deepEqual(await archive.add(without, 2), { number: 1, isNew: false });
    assert.deepEqual(await archive.add(whole, 3), { number: 2, isNew: true });
    const again = await Archive.open(path, INSTITUTION);
    for (const opening of [whole, without])
      assert.deepEqual(await again.add(opening, 4), { number: 2, isNew: false });
    const { openings, findings } = await readArchive(path, { secret: INSTITUTION });
    assert.deepEqual(findings, []);
    assert.deepEqual(
      openings.map(({ disclosed }) => disclosed),
      [without, whole],
    );
  });

  // shows: A36
  it("shows without a key neither accounts, sequences, commitments nor books", async () => {
    const { path, archive } = await made();
    const opening = smallOpening("secret-desk", 4_242_424_242);
    await archive.add(opening, 1);
    const text = Object.values(filesIn(path)).join("");
    const { salt } = opening.opening;
    const secrets = [
      "secret-desk",
      "4242424242",
      String(opening.commitment),
      String(salt),
      salt.toString(16),
    ];
    for (const secret of secrets) assert.ok(!text.includes(secret), secret);
    for (const sealed of text.match(/[A-Za-z0-9+/]{40,}=*/g) ?? [])
      assert.ok(!Buffer.from(sealed, "base64").toString("latin1").includes("secret-desk"));
  });

  // shows: A35
  it("opens to an auditor what was granted, before or after it was archived, and nothing else", async () => {
    const { path, archive } = await made();
    const auditor = newKeyPair();
    await archive.add(smallOpening("a", 9), 1);
    await archive.add(smallOpening("a", 10), 1);
    await archive.grant(auditor.publicKey, { account: "a", first: 10n, last: 12n }, 1);
    for (const sequence of [12, 13]) await archive.add(smallOpening("a", sequence), 1);
    await archive.add(smallOpening("b", 11), 1);
    const { openings, findings } = await readArchive(path, { auditor });
    assert.deepEqual(sequences(openings), ["a 10", "a 12"]);
    assert.deepEqual(findings, []);
    const reader = await ArchiveReader.open(path, { auditor });
    assert.deepEqual(reader.scopes, [{ account: "a", first: 10n, last: 12n }]);
  });

  it("opens to an auditor the sum of its grants", async () => {
    const { path, archive } = await made();
    const auditor = newKeyPair();
    for (const account of ["a", "b", "c"])
      for (const sequence of [1, 2]) await archive.add(smallOpening(account, sequence), 1);
    await archive.grant(auditor.publicKey, { account: "a", first: 2n, last: 2n }, 1);
    await archive.grant(auditor.publicKey, { account: "b", first: 0n, last: LAST_SEQUENCE }, 1);
    await archive.grant(newKeyPair().publicKey, { account: "c", first: 0n, last: LAST_SEQUENCE }, 1);
    const { openings } = await readArchive(path, { auditor });
    assert.deepEqual(sequences(openings), ["a 2", "b 1", "b 2"]);
  });

  it("opens to nobody without a grant, nor to another secret", async () => {
    const { path, archive } = await made();
    await archive.grant(newKeyPair().publicKey, { account: "a", first: 0n, last: 9n }, 1);
    await assert.rejects(ArchiveReader.open(path, { auditor: newKeyPair() }), ArchiveKeyError);
    await assert.rejects(ArchiveReader.open(path, { secret: OTHER_SECRET }), ArchiveKeyError);
    await assert.rejects(Archive.open(path, OTHER_SECRET), ArchiveKeyError);
    assert.deepEqual((await readArchive(path, { none: true })).openings, []);
  });

  it("grants nothing to a public key that is none", async () => {
    const { archive } = await made();
    const smallOrder = [new Uint8Array(32), Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0))];
    for (const key of smallOrder)
      await assert.rejects(archive.grant(key, { account: "a", first: 0n, last: 1n }, 1), FormatError);
    // A private key is clamped, so any 32 bytes are one.
    assert.equal(keyPairOf(new Uint8Array(32)).publicKey.length, 32);
  });

  it("begins only where there is nothing", async () => {
    const { path } = await made();
    await assert.rejects(Archive.create(path, INSTITUTION), UnwritableError);
    const file = folder.at("file");
    writeFileSync(file, "");
    await assert.rejects(Archive.create(file, INSTITUTION), UnwritableError);
    await assert.rejects(Archive.open(folder.at("nothing"), INSTITUTION), UnreadableError);
    mkdirSync(folder.at("empty"));
    await assert.rejects(Archive.open(folder.at("empty"), INSTITUTION), UnreadableError);
    await Archive.create(folder.at("empty"), INSTITUTION);
  });
});
