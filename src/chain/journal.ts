import * as z from "zod/mini";
import type { DeepReadonly } from "../encoding/shape.js";
import { fileLines, inTurn, type Lines } from "./lineFile.js";

const FORMAT = "zkmargin/journal@1";

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
export type Journal = Lines<JournalEntry>;

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
  return fileLines(path, {
    header: JSON.stringify({ format: FORMAT, sender: owner.sender, chainId: owner.chainId.toString() }),
    of: `the journal of ${owner.sender} on chain ${owner.chainId}`,
    read: (json) => journalEntry.safeParse(json).data,
    readOnly,
  });
}
