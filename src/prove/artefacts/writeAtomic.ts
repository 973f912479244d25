import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Only the owner may read what this package writes. */
const OWNER_ONLY = 0o600;

/**
 * Writes a file whole or not at all: to a new file beside it, flushed to the disk, then renamed over `path`, and the
 * folder flushed too. A failure or a kill leaves the old file, or none; a failure also removes the new one.
 * @throws the file system's error when the folder cannot be written
 */
export async function writeAtomic(path: string, data: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx", OWNER_ONLY);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
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
