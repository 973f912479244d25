import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BookFile } from "../book/bookFile.js";
import {
  ArtefactError,
  BooksRefusedError,
  ChainError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnreadableError,
  UsageError,
  ZkMarginError,
} from "../errors.js";
import type { Listing } from "../protocol/listing.js";
import { FILE_KINDS } from "./fileKinds.js";
import { readBookFile } from "./files.js";
import { STDIN } from "./inputs.js";
import { type Io, readKept, reason } from "./io.js";

/** The books that a command line names. */
export interface NamedBooks {
  readonly paths: readonly string[];
  /** Whether they are told in one table: there are several, or a folder was named. */
  readonly several: boolean;
}

/**
 * The books of arguments that name books and folders of them. Of a folder they are its files `*.json`, but for those that say
 * that they are something else, in the order of their names.
 * @throws UnreadableError, MissingFieldError for a folder without a book, UsageError for a book that is named twice
 */
export async function namedBooks(io: Io, named: readonly string[]): Promise<NamedBooks> {
  const paths: string[] = [];
  let several = named.length > 1;
  for (const path of named) {
    const isFolder = path !== STDIN && (await stat(path).catch(() => undefined))?.isDirectory();
    if (!isFolder) {
      paths.push(path);
      continue;
    }
    several = true;
    const names = await readdir(path).catch((error) => {
      throw new UnreadableError(path, "a readable folder", reason(error, "no such folder"));
    });
    const before = paths.length;
    for (const name of names.filter((one) => /\.json$/i.test(one)).sort())
      if (await mayBeBook(io, join(path, name))) paths.push(join(path, name));
    if (paths.length === before) throw new MissingFieldError(path, "a folder with a book, *.json", "none");
  }
  if (new Set(paths).size < paths.length) throw new UsageError("expected each book once, got one twice");
  return { paths, several };
}

/** Whether a file is a book, or one that is broken or cannot be read, for all that can be told. */
async function mayBeBook(io: Io, path: string): Promise<boolean> {
  if ((await stat(path)).isDirectory()) return false;
  try {
    // Its readers are warned of once it is read as a book.
    const text = await readKept({ ...io, err: () => undefined }, path, "book");
    return text.includes(`"${FILE_KINDS.book.format}@`) || !isJson(text);
  } catch (error) {
    return !(error instanceof FormatError || error instanceof OutOfRangeError);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A book that a command of several did not do its work for. */
export interface RefusedBook {
  readonly file: string;
  readonly error: ZkMarginError;
}

/** The books of several that were worked on, and those that were refused. */
export interface EachBook<T> {
  readonly done: readonly T[];
  readonly refused: readonly RefusedBook[];
}

/**
 * Works on each book, and goes on after one that is refused. Two books of one account and sequence have one salt: the second
 * is refused.
 * @throws what is no fault of a book: a key that is missing, a chain that fails, an error of this package itself
 */
export async function eachBook<T>(
  io: Io,
  paths: readonly string[],
  listing: Listing,
  work: (file: BookFile, path: string) => Promise<T>,
): Promise<EachBook<T>> {
  const done: T[] = [];
  const refused: RefusedBook[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    try {
      const file = await readBookFile(io, path, listing);
      const key = `${file.sequence} ${file.account}`;
      if (seen.has(key))
        throw new FormatError(
          "book.sequence",
          "one book of each account and sequence",
          "that of a book before it; give a changed book the next one",
        );
      seen.add(key);
      done.push(await work(file, path));
    } catch (error) {
      const ofBook =
        error instanceof ZkMarginError && !(error instanceof ArtefactError || error instanceof ChainError);
      if (!ofBook) throw error;
      refused.push({ file: path, error });
    }
  }
  return { done, refused };
}

/** The refused books for people. */
export function refusedText(refused: readonly RefusedBook[]): string {
  return refused.map(({ file, error }) => `  ${file}: ${error.message}\n`).join("");
}

/** The refused books for programs. */
export function refusedJson(refused: readonly RefusedBook[]) {
  return refused.map(({ file, error: { name, message, exitCode } }) => ({
    file,
    error: { name, message, exitCode },
  }));
}

/** @throws BooksRefusedError where one was */
export function endWithWorst({ done, refused }: EachBook<unknown>): void {
  if (refused.length > 0)
    throw new BooksRefusedError(
      refused.map(({ error }) => error.exitCode),
      done.length + refused.length,
    );
}
