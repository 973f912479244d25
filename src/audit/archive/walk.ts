import type { ArchiveFolder } from "./folder.js";
import { type ArchiveRecord, parseRecord, recordHash } from "./record.js";

/** Everything that may be found wrong with an archive, by code, and what it says. */
export const ARCHIVE_FINDINGS = {
  "record-damaged": "The file is no record, or not as it was signed: a bit has changed, or it was cut short.",
  "record-foreign": "The record is of another archive.",
  "record-misplaced":
    "The record is signed for another place in the archive: it was moved, or is there twice.",
  "record-missing": "There is no record of this number, but there are later ones.",
  "chain-broken": "The record does not follow the one before it: one of the two was put in place of another.",
  "head-missing": "The archive ends before the record that was known to be in it.",
  "head-mismatch": "The record is another than the one that was known to be there.",
  "sealed-damaged":
    "A sealed part does not open under the key that it should, or holds something else than it should.",
  "label-mismatch": "The parts of the record are of different accounts, sequences or commitments.",
  "opening-commitment": "The book and the salt do not hash to the commitment.",
  "opening-contradiction": "There is another opening of the same account and sequence.",
} as const satisfies Readonly<Record<string, string>>;

/** The code of a finding about an archive: a key of ARCHIVE_FINDINGS. */
export type ArchiveFindingCode = keyof typeof ARCHIVE_FINDINGS;

/** Something that is wrong with an archive, and where. Holds nothing private. */
export interface ArchiveFinding {
  readonly code: ArchiveFindingCode;
  /** Number of the record. */
  readonly record: number;
}

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
