import { open, readFile, stat, truncate, unlink, utimes } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import type { DeepReadonly } from "../encoding/shape.js";
import { JournalError } from "../errors.js";

const FORMAT = "zkmargin/journal@1";
const OWNER_ONLY = 0o600;

const attempt = z.object({
  hash: z.string(),
  /** The signed transaction, so that it can be sent again as it is. Public once sent. */
  raw: z.string(),
});
const journalEntry = z.object({
  /** Names what is sent, not how: the same key is never sent twice. */
  key: z.string(),
  nonce: z.int(),
  attempts: z.array(attempt),
  /** Pending until mined and confirmed; refused once it was mined and reverted. */
  state: z.enum(["pending", "done", "refused"]),
  /** The block that it was mined in. It shows whether the transaction is still on the chain. */
  block: z.exactOptional(z.object({ number: z.int(), hash: z.string() })),
});

/** One signing of a transaction; a later one of the same entry pays more. */
export type Attempt = Readonly<z.infer<typeof attempt>>;

/** The state of a transaction that must be sent only once. */
export type JournalEntry = DeepReadonly<z.infer<typeof journalEntry>>;

/** Remembers what was sent, before it is sent. */
export interface Journal {
  get(key: string): JournalEntry | undefined;
  entries(): readonly JournalEntry[];
  /** Resolves once the entry will outlast a crash. */
  put(entry: JournalEntry): Promise<void>;
  /** Runs `work` while no other process does so with this journal, after loading the entries that others put there. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * A journal that lasts as long as the process.
 *
 * @example
 * ```ts
 * import { memoryJournal } from "zkmargin/chain";
 *
 * const journal = memoryJournal(); // or fileJournal, which survives a crash
 * console.log(typeof journal); // object
 * ```
 */
export function memoryJournal(entries = new Map<string, JournalEntry>()): Journal {
  return {
    get: (key) => entries.get(key),
    entries: () => [...entries.values()],
    put: async (entry) => void entries.set(entry.key, entry),
    exclusively: inTurn(),
  };
}

/**
 * A journal in a file: one line an entry, the last of a key counts. A line that a crash cut short is the last of its
 * file and says something that was not yet sent, so it is dropped. Several processes may have it open.
 * @param options readOnly: the file stays as it is, and what is put is forgotten
 * @throws JournalError for a file that is no journal, or one of another sender or chain
 *
 * @example
 * ```ts
 * import { fileJournal } from "zkmargin/chain";
 *
 * const journal = await fileJournal(`${folder}/keeper.journal`, { sender: `0x${"33".repeat(20)}`, chainId: 1n });
 * console.log(typeof journal); // object
 * ```
 */
export async function fileJournal(
  path: string,
  owner: { sender: string; chainId: bigint },
  { readOnly = false } = {},
): Promise<Journal> {
  const header = JSON.stringify({ format: FORMAT, sender: owner.sender, chainId: owner.chainId.toString() });
  const { whole, text } = await readWhole(path);
  const entries = entriesOf(whole, path, header, owner);
  // A crash may have cut the header short. Any other text without a line end is no journal, and stays as it is.
  if (whole === "" && !header.startsWith(text))
    throw new JournalError(`${path}: expected a journal, got another file; it was left as it is`);
  if (readOnly) return memoryJournal(entries);
  if (whole !== text) await truncate(path, Buffer.byteLength(whole));
  if (whole === "") await append(path, header);
  // One after another: who takes back a line must not take another's with it.
  const oneByOne = inTurn();
  const alone = inTurn();
  return {
    get: (key) => entries.get(key),
    entries: () => [...entries.values()],
    put: async (entry) => {
      await oneByOne(() => append(path, JSON.stringify(entry)));
      entries.set(entry.key, entry);
    },
    exclusively: (work) =>
      alone(() =>
        withFileLock(`${path}.lock`, async () => {
          const now = await readWhole(path);
          for (const [key, entry] of entriesOf(now.whole, path, header, owner)) entries.set(key, entry);
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

function entriesOf(
  whole: string,
  path: string,
  header: string,
  owner: { sender: string; chainId: bigint },
): Map<string, JournalEntry> {
  const [first, ...lines] = whole.split("\n").slice(0, -1);
  if (first !== undefined && first !== header)
    throw new JournalError(
      `${path}: expected the journal of ${owner.sender} on chain ${owner.chainId}, got another`,
    );
  const entries = new Map<string, JournalEntry>();
  lines.forEach((line, i) => {
    const entry = readEntry(line);
    if (entry === undefined) throw new JournalError(`${path}:${i + 2}: expected an entry, got other text`);
    entries.set(entry.key, entry);
  });
  return entries;
}

/** Runs one thing after another, in the order in which they are asked for. */
function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
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

function readEntry(line: string): JournalEntry | undefined {
  try {
    return journalEntry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
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
