/**
 * How long an archive takes, by its length: `npx tsx scripts/bench/archive.ts [records]`, 2 000 unless told. Adding is
 * flushed to the disk each time, so its figures are the disk's too; those of reading are not.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { Archive } from "../../src/audit/archive/archive.js";
import { ArchiveReader, type ArchiveReaderKey } from "../../src/audit/archive/reader.js";
import { newKeyPair } from "../../src/audit/archive/seal.js";
import { disclosedOpening } from "../../src/audit/disclosure.js";
import { openBook } from "../../src/book/opening.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { TIERS } from "../../src/protocol/tiers.js";

const records = Number(process.argv[2] ?? 2_000);
const secret = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const auditor = newKeyPair();
const folder = mkdtempSync(join(tmpdir(), "zkmargin-bench-"));
const path = join(folder, "archive");

async function timed<T>(what: string, count: number, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  const each = (performance.now() - start) / count;
  console.log(`${what.padEnd(58)} ${each.toFixed(2).padStart(9)} ms`);
  return result;
}

async function readAll(key: ArchiveReaderKey): Promise<void> {
  const reader = await ArchiveReader.open(path, key);
  for await (const step of reader.steps()) if ("finding" in step) throw new Error(step.finding.code);
}

const openings = Array.from({ length: records }, (_, sequence) => {
  const positions = [{ asset: "BTC", spot: String(sequence), perp: "0" }];
  const book = { account: `desk-${sequence % 5}`, sequence, isolated: false, positions };
  return disclosedOpening(openBook(book, secret, DEFAULT_LISTING, TIERS[0]), DEFAULT_LISTING, 1n);
});

try {
  console.log(`An archive of ${records} records`);
  const archive = await Archive.create(path, secret);
  const scope = { account: "desk-1", first: 0n, last: BigInt(records - 1) };
  await archive.grant(auditor.publicKey, scope, 0);
  await timed("a record, by a process that keeps the archive open", records, async () => {
    for (const opening of openings) await archive.add(opening, 0);
  });
  const [last] = openings.slice(-1);
  if (last !== undefined)
    await timed("a commitment, by a process of its own that reads all of it", 1, async () =>
      (await Archive.open(path, secret)).add({ ...last, sequence: last.sequence + 1n }, 0),
    );
  rmSync(join(path, `${String(records + 2).padStart(8, "0")}.record`));
  await timed("a record verified without a key", records, () => readAll({ none: true }));
  await timed("a record opened by an auditor of one account of five", records, () => readAll({ auditor }));
  await timed("a record opened by the institution", records, () => readAll({ secret }));
  console.log(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
