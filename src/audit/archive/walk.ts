import type { ArchiveFinding, ArchiveFindingCode } from "./findings.js";
import type { ArchiveFolder } from "./folder.js";
import { type ArchiveRecord, parseRecord, recordHash } from "./record.js";

/** A record's number and SHA-256: of the newest, it stands for all that the archive held. */
export interface ArchiveHead {
  readonly number: number;
  readonly hash: string;
}

/** What the walk comes upon: a record that is as it was signed and where it was, or something that is wrong. */
export type WalkStep =
  | { readonly record: ArchiveRecord; readonly hash: string }
  | { readonly finding: ArchiveFinding };

/** Of whose archive a walk is, and what was known of it before. */
export interface WalkOptions {
  /** Identity that all records must have. */
  readonly archive: string;
  /** A head that was noted earlier: a record that must be there, as it was. */
  readonly known?: ArchiveHead;
}

/**
 * Goes through an archive record by record, in constant memory. What is wrong with one record is told, and the walk goes on:
 * every other record is as readable as before, since its signature says of what archive it is and where in it.
 */
export async function* walkArchive(
  folder: ArchiveFolder,
  { archive, known }: WalkOptions,
): AsyncGenerator<WalkStep, void> {
  /** The record before, if it is sound. */
  let before: ArchiveHead | undefined;
  let expected = 0;
  for (const number of await folder.numbers()) {
    if (number > expected) yield found("record-missing", expected);
    expected = number + 1;

    const bytes = await folder.read(number);
    const hash = recordHash(bytes);
    if (known?.number === number && known.hash !== hash) yield found("head-mismatch", number);
    const record = parseRecord(bytes);
    const wrong = wrongWith(record, number, archive);
    if (record === undefined || wrong !== undefined) {
      yield found(wrong ?? "record-damaged", number);
      before = undefined;
      continue;
    }
    if (before?.number === number - 1 && before.hash !== record.previous) yield found("chain-broken", number);
    before = { number, hash };
    yield { record, hash };
  }
  if (known !== undefined && known.number >= expected) yield found("head-missing", known.number);
}

function wrongWith(
  record: ArchiveRecord | undefined,
  number: number,
  archive: string,
): ArchiveFindingCode | undefined {
  if (record === undefined) return "record-damaged";
  if (record.archive !== archive) return "record-foreign";
  return record.number === number ? undefined : "record-misplaced";
}

function found(code: ArchiveFindingCode, record: number): WalkStep {
  return { finding: { code, record } };
}
