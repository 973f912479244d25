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
