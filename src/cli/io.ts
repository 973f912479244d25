import { constants } from "node:fs";
import { access, mkdir, readFile, realpath, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { MalformedError, UnreadableError, UnwritableError, UsageError } from "../errors.js";
import { writeAtomic } from "../prove/artefacts/writeAtomic.js";

/** What a command may touch of the terminal; the process in main.ts, strings in tests. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** All of standard input. */
  stdin(): Promise<Uint8Array>;
  /** Whether standard error is a terminal, so that progress may redraw its line. */
  readonly interactive: boolean;
  /** How this program was started, for a hint that can be copied. */
  readonly invocation: string;
}

/** The name that means standard input where a file is read. */
export const STDIN = "-";

/**
 * The text of a file, or of standard input for "-".
 * @throws UnreadableError naming the path, MalformedError if it is no UTF-8 text.
 */
export async function readInput(io: Io, path: string): Promise<string> {
  const bytes =
    path === STDIN
      ? await io.stdin()
      : await readFile(path).catch((error) => {
          throw new UnreadableError(path, "a readable file", reason(error, "no such file"));
        });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MalformedError(path === STDIN ? "standard input" : path, "UTF-8 text", "other bytes");
  }
}

/**
 * Checks, before any work is done, that a file can be written, and that it is none of the inputs: a proof never
 * replaces the book it is about.
 * @throws UnwritableError naming the path, UsageError for "-".
 */
export async function checkOutput(path: string, inputs: readonly (string | undefined)[] = []): Promise<void> {
  if (path === STDIN)
    throw new UsageError('--out: expected a file, got "-"; results are written to files only');
  const folder = dirname(path);
  try {
    if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new UnwritableError(path, "a file that can be written", "a folder");
  const target = await place(path);
  for (const input of inputs) {
    if (input !== undefined && input !== STDIN && (await place(input)) === target)
      throw new UnwritableError(path, "another file than the inputs", "one of them");
  }
}

/** As {@link checkOutput}, for a file that must be new. @throws UnwritableError, UsageError */
export async function checkNewOutput(path: string): Promise<void> {
  await checkOutput(path);
  if (
    await stat(path).then(
      () => true,
      () => false,
    )
  )
    throw new UnwritableError(path, "the name of a new file", "one that exists and is not replaced");
}

/**
 * Writes a file whole or not at all, readable by its owner alone.
 * @throws UnwritableError naming the path.
 */
export async function save(path: string, text: string): Promise<void> {
  await writeAtomic(path, text).catch((error) => {
    throw unwritable(path, error);
  });
}

/**
 * Writes files into a folder, which is made if need be: all of them, or none and no folder either.
 * @throws UnwritableError naming the path.
 */
export async function saveAll(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const made = await makeFolder(folder);
  const written: string[] = [];
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, name);
      await checkOutput(path);
      await save(path, text);
      written.push(path);
    }
  } catch (error) {
    for (const path of made === undefined ? written : [made])
      await rm(path, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Makes a folder and those above it; returns the first one made, if any.
 * @throws UnwritableError naming the path.
 */
export function makeFolder(path: string): Promise<string | undefined> {
  return mkdir(path, { recursive: true }).catch((error) => {
    throw unwritable(path, error, "a folder that can be made");
  });
}

/** What fails of a file that is open, whose name the error then does not have. */
const OF_OPEN_FILES = ["write", "fsync", "ftruncate"];

/** A failure of the file system as an error of this package; undefined for any other. */
export function fileSystemError(error: unknown): UnwritableError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  if (path === undefined && !OF_OPEN_FILES.includes(syscall)) return undefined;
  return unwritable(path ?? "a file of this command", error);
}

function unwritable(path: string, error: unknown, expected = "a file that can be written"): UnwritableError {
  return new UnwritableError(path, expected, reason(error, "a folder that does not exist"));
}

/** In words, why the file system refuses. */
export function reason(error: unknown, whenAbsent: string): string {
  const code = (error as NodeJS.ErrnoException).code ?? "an unknown error";
  const reasons: Record<string, string> = {
    ENOENT: whenAbsent,
    EACCES: "no permission",
    EPERM: "no permission",
    EISDIR: "a folder",
    EEXIST: "a file where a folder should be",
    ENOTDIR: "a path that leads through a file",
    EROFS: "a read-only file system",
    ENOSPC: "a full disk",
    EDQUOT: "a full quota",
    EFBIG: "a limit to the size of files",
    EIO: "a disk that fails",
    ENOTSUP: "a file system without hard links",
  };
  return reasons[code] ?? code;
}

function place(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
