import { access, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { UnreadableError, UnwritableError } from "../../errors.js";
import { removeLeftovers, writeNew } from "../../groth16/artefacts/writeAtomic.js";

const OWNER_ONLY = 0o700;
/** Bytes of a record at most. One of a tier of 32 assets has a hundredth of it. */
const LARGEST_RECORD = 2 ** 20;
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
