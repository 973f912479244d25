import { open, readFile, stat, truncate, unlink, utimes } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { JournalError } from "../errors.js";

const OWNER_ONLY = 0o600;

/** What a line says, by the key that it says it of. */
interface Keyed {
  readonly key: string;
}

/** What the lines of a journal are. */
export interface LineKind<Entry extends Keyed> {
  /** The first line: which format it is, and whose. */
  readonly header: string;
  /** What errors call the journal: "the journal of 0x… on chain 1". */
  readonly of: string;
  /** An entry of a line's JSON; undefined for anything else. */
  readonly read: (json: unknown) => Entry | undefined;
  /** What of an entry stands in its line; the entry itself by default. */
  readonly toJson?: (entry: Entry) => unknown;
  /** The file stays as it is, and what is put is forgotten with the process. */
  readonly readOnly?: boolean;
}

/** Entries that outlast a crash, by their keys. */
export interface Lines<Entry extends Keyed> {
  get(key: string): Entry | undefined;
  entries(): readonly Entry[];
  /** Resolves once the entry is on the disk. */
  put(entry: Entry): Promise<void>;
  /** Runs `work` while no other process does so with this file, after loading the entries that others put there. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * A journal in a file: one line an entry, the last of a key counts. A line that a crash cut short is the last of its
 * file and says something that was not yet done, so it is dropped. Several processes may have it open.
 * @throws JournalError for a file that is no journal, or one of another header
 */
export async function fileLines<Entry extends Keyed>(
  path: string,
  kind: LineKind<Entry>,
): Promise<Lines<Entry>> {
  const { header, toJson = (entry: Entry) => entry, readOnly = false } = kind;
  const { whole, text } = await readWhole(path);
  const entries = entriesOf(whole, path, kind);
  // A crash may have cut the header short. Any other text without a line end is no journal, and stays as it is.
  if (whole === "" && !header.startsWith(text))
    throw new JournalError(`${path}: expected a journal, got another file; it was left as it is`);
  if (!readOnly && whole !== text) await truncate(path, Buffer.byteLength(whole));
  if (!readOnly && whole === "") await append(path, header);
  // One after another: who takes back a line must not take another's with it.
  const oneByOne = inTurn();
  const alone = inTurn();
  return {
    get: (key) => entries.get(key),
    entries: () => [...entries.values()],
    put: async (entry) => {
      if (!readOnly) await oneByOne(() => append(path, JSON.stringify(toJson(entry))));
      entries.set(entry.key, entry);
    },
    exclusively: (work) =>
      alone(() =>
        readOnly
          ? work()
          : withFileLock(`${path}.lock`, async () => {
              const now = await readWhole(path);
              for (const [key, entry] of entriesOf(now.whole, path, kind)) entries.set(key, entry);
              return work();
            }),
      ),
  };
}

/** Bytes of a journal at most: hundreds of thousands of transactions. */
const LARGEST = 256 * 2 ** 20;

/** What is in a journal's file, and as much of it as is whole lines. */
async function readWhole(path: string): Promise<{ readonly text: string; readonly whole: string }> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size > LARGEST)
    throw new JournalError(
      `${path}: expected a journal of at most ${LARGEST} bytes, got ${size} bytes; name another journal`,
    );
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw new JournalError(`${path}: expected a journal, got ${error.code ?? "an unreadable file"}`);
  });
  return { text, whole: text.slice(0, text.lastIndexOf("\n") + 1) };
}

function entriesOf<Entry extends Keyed>(
  whole: string,
  path: string,
  { header, of, read }: LineKind<Entry>,
): Map<string, Entry> {
  const [first, ...lines] = whole.split("\n").slice(0, -1);
  if (first !== undefined && first !== header) throw new JournalError(`${path}: expected ${of}, got another`);
  const entries = new Map<string, Entry>();
  lines.forEach((line, i) => {
    const entry = read(jsonOf(line));
    if (entry === undefined) throw new JournalError(`${path}:${i + 2}: expected an entry, got other text`);
    entries.set(entry.key, entry);
  });
  return entries;
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Runs one thing after another, in the order in which they are asked for. */
export function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
}

/**
 * Adds a line, and returns once it is on the disk. Where it cannot, as on a full disk, it takes back the part that it
 * could: the next line would otherwise go on where that one ends.
 */
async function append(path: string, line: string): Promise<void> {
  const file = await open(path, "a", OWNER_ONLY);
  try {
    const { size } = await file.stat();
    try {
      await file.appendFile(`${line}\n`);
      await file.sync();
    } catch (error) {
      await file.truncate(size);
      throw error instanceof Error ? Object.assign(error, { path }) : error;
    }
  } finally {
    await file.close();
  }
}

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
