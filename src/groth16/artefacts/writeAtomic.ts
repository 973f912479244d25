import { randomBytes } from "node:crypto";
import { link, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { kill, pid } from "node:process";

/** By default only the owner may read what this package writes. */
const OWNER_ONLY = 0o600;

/**
 * Writes a file whole or not at all: to a new file beside it, flushed to the disk, then renamed over `path`, and the
 * folder flushed too. A failure or a kill leaves the old file, or none; a failure also removes the new one, and what a
 * kill left of it goes with the next write.
 * @throws the file system's error, with the path, when the folder cannot be written
 */
export function writeAtomic(
  path: string,
  data: Uint8Array | string,
  mode: number = OWNER_ONLY,
): Promise<void> {
  return throughTemporary(path, data, (temporary) => rename(temporary, path), mode);
}

/**
 * As {@link writeAtomic}, but never over a file that is there: of any number of writers at once, one makes the file.
 * @returns whether this one did
 * @throws the file system's error, with the path, when the folder cannot be written, or knows no hard links
 */
export async function writeNew(path: string, data: Uint8Array | string): Promise<boolean> {
  let made = true;
  await throughTemporary(path, data, async (temporary) => {
    // A rename would replace what another writer has just made; a link does not.
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
      made = false;
    });
    await rm(temporary);
  });
  return made;
}

/** Puts the data into a flushed file beside `path`, which `place` then puts in its place. */
async function throughTemporary(
  path: string,
  data: Uint8Array | string,
  place: (temporary: string) => Promise<void>,
  mode: number = OWNER_ONLY,
): Promise<void> {
  const folder = dirname(path);
  await removeLeftovers(folder, basename(path));
  const temporary = join(folder, temporaryName(basename(path)));
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(temporary);
  } catch (error) {
    await rm(temporary, { force: true });
    // A full disk is told of the handle, which has no name.
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  }
  await syncFolder(folder);
}

/** Makes the rename itself last. Some file systems cannot flush a folder; the file is whole all the same. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  if (folder === undefined) return;
  try {
    await folder.sync();
  } catch {
    // nothing is lost but the promise that the name survives a power cut
  } finally {
    await folder.close();
  }
}

/**
 * The name of a new file or folder that is to become `name`, or to be gone when its work is done: hidden, and nobody
 * else's. It says which process it is of, so that what a killed one has left can be told from what is in use.
 */
export function temporaryName(name: string): string {
  return `.${name}.${pid}-${randomBytes(6).toString("hex")}.tmp`;
}

/**
 * Removes the temporary files of `name` that killed processes left in a folder: one may be half a file, or hold what
 * its owner believes to be elsewhere. A file that cannot be removed stays, and does no harm.
 */
export async function removeLeftovers(folder: string, name: string): Promise<void> {
  for (const found of await readdir(folder).catch(() => []))
    if (ownerOf(found, name)?.isRunning === false)
      await rm(join(folder, found), { recursive: true, force: true }).catch(() => undefined);
}

/** The process whose temporary file of `name` this is; undefined if it is none. */
export function ownerOf(found: string, name: string): { readonly isRunning: boolean } | undefined {
  const start = `.${name}.`;
  const owner = found.startsWith(start)
    ? /^(\d+)-[0-9a-f]{12}\.tmp$/.exec(found.slice(start.length))?.[1]
    : undefined;
  return owner === undefined ? undefined : { isRunning: isRunning(Number(owner)) };
}

function isRunning(owner: number): boolean {
  try {
    return kill(owner, 0);
  } catch (error) {
    // A process of another user is one too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
