import { open, stat, unlink, utimes } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { JournalError } from "../errors.js";

/** Milliseconds between two looks at a lock that another process has. */
const LOOK = 50;
/** Milliseconds between two signs of life of the holder. */
const BEAT = 1_000;
/** Looks without a sign of life after which its holder is taken for killed. */
const DEAD_AFTER = 200;
/** Looks after which a holder that lives is not waited for any more. */
const PATIENCE = 2_400;

/**
 * Runs `work` while no other process runs any under the lock of this path: a file that is there as long as it is held.
 * One that a killed process left is taken over after ten seconds.
 * @throws JournalError if another process keeps it for two minutes
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await take(path);
  let beats = 0;
  const beat = setInterval(() => {
    // Where it is gone, somebody has taken this process for dead; the next to look sees one that lives.
    beats++;
    utimes(path, beats, beats).catch(() => undefined);
  }, BEAT);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await unlink(path).catch(() => undefined);
  }
}

async function take(path: string): Promise<void> {
  let seen = "";
  let same = 0;
  for (let looks = 0; looks < PATIENCE; looks++) {
    try {
      await (await open(path, "wx")).close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    await checkLock(path);
    const sign = await signOf(path);
    same = sign === seen ? same + 1 : 0;
    seen = sign;
    if (same >= DEAD_AFTER && (await signOf(path)) === sign) await unlink(path).catch(() => undefined);
    else await sleep(LOOK);
  }
  throw new JournalError(
    `${path}: expected to have it within two minutes, got a process that keeps it; end that, or wait`,
  );
}

/** A lock is empty: a file with something in it is somebody's, and is not taken for what a killed process left. */
async function checkLock(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && (!found.isFile() || found.size > 0))
    throw new JournalError(`${path}: expected a lock, got another file; name another journal`);
}

/** What changes while the holder lives. */
async function signOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? "gone" : `${found.ino} ${found.mtimeMs}`;
}
