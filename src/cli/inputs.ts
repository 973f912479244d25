import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { UnwritableError } from "../errors.js";

/** The name that means standard input where a file is read. */
export const STDIN = "-";

/** Where a path leads. */
interface Place {
  /** Without symbolic links, also of a file that is not there yet. */
  readonly path: string;
  /** Device and number of the file, which all its names share; undefined where there is none yet. */
  readonly file: string | undefined;
}

/** A path that a command was given, and the option or argument that named it. */
export interface NamedPath {
  readonly path: string;
  readonly name: string;
  /** Whether it is a folder that is the command's as a whole, such as an archive. */
  readonly folder?: boolean;
}

/**
 * The files that one run reads. Nothing is ever written over them, whatever name leads there: another path, a symbolic or
 * hard link, capitals where the file system does not tell them apart.
 */
export class Inputs {
  readonly #read: (NamedPath & { readonly place: Place })[] = [];
  readonly #written: (NamedPath & { readonly place: Place })[] = [];

  /** Notes a file or folder that is read. @throws UnwritableError if it is one that the run is to write as well */
  async reads(input: NamedPath): Promise<void> {
    if (input.path === STDIN) return;
    const read = { ...input, place: await placeOf(input.path) };
    for (const output of this.#written) refuseOverlap(output, read, "which this command reads");
    this.#read.push(read);
  }

  /** Notes a file or folder that will be written. @throws UnwritableError if it is an input or another output */
  async writes(output: NamedPath): Promise<void> {
    const written = { ...output, place: await placeOf(output.path) };
    for (const input of this.#read) refuseOverlap(written, input, "which this command reads");
    for (const other of this.#written) refuseOverlap(written, other, "which this command writes too");
    this.#written.push(written);
  }

  /** That a file about to be written is none that was read, nor in a folder that is written. @throws UnwritableError */
  async check(path: string): Promise<void> {
    const written = { path, name: path, place: await placeOf(path) };
    for (const input of this.#read) refuseOverlap(written, input, "which this command reads");
    for (const folder of this.#written)
      if (folder.folder) refuseOverlap(written, folder, "which this command writes too");
  }
}

type Placed = NamedPath & { readonly place: Place };

function refuseOverlap(output: Placed, other: Placed, why: string): void {
  const [a, b] = [output.place, other.place];
  const same = a.path === b.path || (a.file !== undefined && a.file === b.file);
  const got = same
    ? "the same"
    : other.folder && inside(a.path, b.path)
      ? "a path inside of it"
      : output.folder && inside(b.path, a.path)
        ? "a folder that holds it"
        : undefined;
  if (got !== undefined)
    throw new UnwritableError(output.path, `another file than that of ${other.name}, ${why}`, got);
}

function inside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

async function placeOf(path: string): Promise<Place> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return {
    path: await realPath(resolve(path)),
    file: found && found.ino !== 0n ? `${found.dev}:${found.ino}` : undefined,
  };
}

/** The real path of a file, or of as much of its path as there is. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(await realPath(above), basename(path));
  }
}
