import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { kill, pid } from "node:process";

/**
 * The name of a new file or folder that is to become `name`, or to be gone when its work is done: hidden, and nobody
 * else's. It says which process it is of, so that what a killed one has left can be told from what is in use.
 */
export function temporaryName(name: string): string {
  return `.${name}.${pid}-${randomBytes(6).toString("hex")}.tmp`;
}

/**
 * Removes what killed processes have left of `name` in a folder: it may be half a file, or hold what its owner
 * believes to be elsewhere. Whatever cannot be removed stays, for it stops nobody.
 */
export async function removeLeftovers(folder: string, name: string): Promise<void> {
  for (const found of await readdir(folder).catch(() => []))
    if (ownerOf(found, name)?.isRunning === false)
      await rm(join(folder, found), { recursive: true, force: true }).catch(() => undefined);
}

/** Whose temporary file of `name` a file is; undefined if it is none. */
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
