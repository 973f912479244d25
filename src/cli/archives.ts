import type { Command } from "commander";
import { Archive } from "../audit/archive/archive.js";
import { ArchiveReader } from "../audit/archive/reader.js";
import { parseAuditorKey } from "../audit/archive/seal.js";
import { disclosedOpening } from "../audit/disclosure.js";
import type { Opening } from "../book/opening.js";
import { UsageError } from "../errors.js";
import type { Listing } from "../protocol/listing.js";
import { wholeNumber } from "./arguments.js";
import { readSecretFile } from "./files.js";
import { unixSeconds } from "./format.js";
import { type Io, readInput } from "./io.js";

/** Options of a command that commits to books, about its archive. */
interface ArchiveOptions {
  readonly archive?: string;
  readonly epoch?: number;
}

/** Adds --archive and --epoch, for commands that commit to a book. */
export function withArchive(command: Command): Command {
  return command
    .option("--archive <folder>", "archive the opening first (zkmargin archive init)")
    .option("--epoch <n>", "with --archive: the present profile epoch of the chain", wholeNumber);
}

/**
 * Archives openings where an archive is named, and returns once they are on the disk: before anybody learns of a commitment.
 * @throws what Archive throws
 */
export async function archiveOpenings(
  { archive, epoch }: ArchiveOptions,
  secret: Uint8Array,
  openings: readonly Opening[],
  listing: Listing,
): Promise<void> {
  if (archive === undefined) {
    if (epoch !== undefined) throw new UsageError("--epoch: expected it with --archive, got it alone");
    return;
  }
  const open = await Archive.open(archive, secret);
  for (const opening of openings)
    await open.add(
      disclosedOpening(opening, listing, epoch === undefined ? null : BigInt(epoch)),
      unixSeconds(),
    );
}

/** The key that an archive is read with. */
interface ReadingOptions {
  readonly secret?: string;
  readonly key?: string;
}

/** Adds --secret and --key. */
export function withReadingKey(command: Command): Command {
  return command
    .option("--secret <file>", "the institution's secret, which opens everything")
    .option("--key <file>", "an auditor's key, which opens what the institution granted it");
}

/** Opens an archive with what the options name. @throws UsageError for both, or for none where one is needed */
export async function openReader(
  io: Io,
  path: string,
  { secret, key }: ReadingOptions,
  needed = true,
): Promise<ArchiveReader> {
  if (secret !== undefined && key !== undefined)
    throw new UsageError("expected --secret or --key, got both; keep one");
  if (secret !== undefined) return ArchiveReader.open(path, { secret: await readSecretFile(io, secret) });
  if (key !== undefined)
    return ArchiveReader.open(path, { auditor: parseAuditorKey(await readInput(io, key, "auditorKey")) });
  if (needed) throw new UsageError("expected --secret or --key, got neither");
  return ArchiveReader.open(path, { none: true });
}
