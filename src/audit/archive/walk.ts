import { access, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { UnreadableError, UnwritableError } from "../../errors.js";
import { removeLeftovers, writeNew } from "../../groth16/artefacts/writeAtomic.js";
import { type ArchiveRecord, parseRecord, recordHash } from "./record.js";

const OWNER_ONLY = 0o700;
/** Bytes of a record at most: that of a sleeve of 10 000 positions has a quarter of it. */
const LARGEST_RECORD = 2 ** 24;
const NAME = /^(\d{8})\.record$/;
/** What a killed writer has left half-written: the next writer of that record removes it. */
const LEFTOVER = /^\.(\d{8}\.record)\..*\.tmp$/;

/**
 * The records of an archive on the disk: a folder with a file for each, named by its number. A file appears whole, and is
 * never written again; two writers cannot make the same one. So there is no lock to be left behind, and no torn record.
 */
export class ArchiveFolder {
  private constructor(readonly path: string) {}

  /**
   * Makes the folder of a new archive.
   * @throws UnwritableError if there is something in its place, and the file system's error
   */
  static async make(path: string): Promise<ArchiveFolder> {
    await mkdir(path, { mode: OWNER_ONLY }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    const found = await readdir(path).catch(() => ["a file"]);
    if (found.some((name) => !LEFTOVER.test(name)))
      throw new UnwritableError(path, "a new or an empty folder", "one that has something in it");
    return new ArchiveFolder(path);
  }

  /** @throws UnreadableError if there is no archive */
  static async open(path: string): Promise<ArchiveFolder> {
    const folder = new ArchiveFolder(path);
    if ((await folder.numbers()).length === 0)
      throw new UnreadableError(path, "an archive (zkmargin archive init)", "a folder without records");
    return folder;
  }

  /** The numbers of all records, in order. @throws UnreadableError */
  async numbers(): Promise<number[]> {
    const names = await readdir(this.path).catch((error: NodeJS.ErrnoException) => {
      const got = { ENOENT: "no such folder", ENOTDIR: "a file" }[error.code ?? ""] ?? error.code;
      throw new UnreadableError(this.path, "the folder of an archive", got ?? "another thing");
    });
    return names
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** The numbers from `first` on, as far as there is a record of each. */
  async onFrom(first: number): Promise<number[]> {
    const numbers: number[] = [];
    const exists = (number: number) =>
      access(this.#file(number)).then(
        () => true,
        () => false,
      );
    for (let number = first; await exists(number); number++) numbers.push(number);
    return numbers;
  }

  /**
   * A record as it stands; nothing, which is no record, where it cannot be read. Nor is what never ends, a device or a pipe,
   * or is larger than any record: a received archive is not trusted.
   */
  async read(number: number): Promise<Uint8Array> {
    const file = this.#file(number);
    try {
      const found = await stat(file);
      return found.isFile() && found.size <= LARGEST_RECORD
        ? asWritten(await readFile(file))
        : new Uint8Array();
    } catch {
      return new Uint8Array();
    }
  }

  /**
   * Adds a record, and returns once it is on the disk; false if there is one of that number by now.
   * @throws the file system's error
   */
  add(number: number, text: string): Promise<boolean> {
    return writeNew(this.#file(number), text);
  }

  /** Removes what killed writers have left, also of records that they had just put in place. */
  async sweep(): Promise<void> {
    const names = await readdir(this.path).catch(() => []);
    for (const record of new Set(names.flatMap((name) => LEFTOVER.exec(name)?.[1] ?? [])))
      await removeLeftovers(this.path, record);
  }

  #file(number: number): string {
    return join(this.path, `${String(number).padStart(8, "0")}.record`);
  }
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * A record as it was written. Its one line ended in LF, and began without a byte-order mark: where version control or an
 * editor on Windows has changed that, it is changed back. Nothing else in a record can be either.
 */
function asWritten(bytes: Buffer): Uint8Array {
  const start = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  const body = bytes.subarray(start);
  return body.at(-2) === 0x0d && body.at(-1) === 0x0a
    ? Buffer.concat([body.subarray(0, -2), Buffer.from("\n")])
    : body;
}

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
