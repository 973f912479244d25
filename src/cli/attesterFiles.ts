import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseBook, serialiseBook } from "../book/bookFile.js";
import { parseBookRequest } from "../book/bookRequest.js";
import type { Asked, Outbox, RecordSource } from "../chain/attester/exchange.js";
import type { Refusal } from "../chain/attester/nextBook.js";
import { type AttesterRecord, parseAttesterRecords } from "../chain/attester/records.js";
import { InputError, UnreadableError } from "../errors.js";
import type { Listing } from "../protocol/listing.js";
import { type SignedBook, serialiseAttestation } from "../prove/attestation.js";
import { parseSleeve } from "../risk/options/sleeve.js";
import { parseSurface } from "../risk/options/surface.js";
import { type Io, readKept, reason, save } from "./io.js";

/** Mode of the folders of answers: an answer may hold a book. */
const OWNER_ONLY = 0o700;

/** The accounts of an attester's records, as their list stands now. @throws InputError for a list that cannot be read */
export async function recordsOf(
  io: Io,
  path: string,
  listing: Listing,
): Promise<ReadonlyMap<string, RecordSource>> {
  const { accounts } = parseAttesterRecords(await readKept(io, path, "attesterRecords"), "records");
  const place = (name: string) => join(dirname(path), name);
  return new Map(
    accounts.map(({ account, readAt, book, sleeve, surface }) => {
      const read = async (): Promise<AttesterRecord> => {
        const linear = parseBook(await readKept(io, place(book), "book"), listing, "records.book");
        const base = { readAt: BigInt(readAt), book: linear };
        if (sleeve === undefined || surface === undefined) return base;
        const options = {
          sleeve: parseSleeve(await readKept(io, place(sleeve), "sleeve"), "records.sleeve"),
          surface: parseSurface(await readKept(io, place(surface), "surface"), "records.surface"),
        };
        return { ...base, options };
      };
      return [account.toLowerCase(), { hasOptions: sleeve !== undefined, read }] as const;
    }),
  );
}

/** The requests in a folder, by their names: its files `*.json`. @throws UnreadableError for a folder that cannot be read */
export async function requestsIn(io: Io, folder: string, listing: Listing): Promise<Asked[]> {
  const names = await readdir(folder).catch((error) => {
    throw new UnreadableError(folder, "a readable folder", reason(error, "no such folder"));
  });
  const asked: Asked[] = [];
  for (const file of names.filter((name) => /^[^.].*\.json$/.test(name)).sort()) {
    // It names the answer, which is a folder.
    const name = file.slice(0, -".json".length).replace(/[^A-Za-z0-9._-]/g, "_");
    try {
      const text = await readKept(io, join(folder, file), "bookRequest");
      asked.push({ name, request: parseBookRequest(text, listing) });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      asked.push({ name, error });
    }
  }
  return asked;
}

/** A folder of answers: one folder each, which appears whole, and one file for a request that is refused. */
export function outboxIn(io: Io, folder: string, listing: Listing): Outbox {
  const kept = (answer: string) => join(folder, `.${answer}.partial`);
  const saved = (answer: string, name: string) => join(kept(answer), name);
  const exists = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  return {
    has: (answer) => exists(join(folder, answer)),
    stage: async (answer, book) => {
      await rm(kept(answer), { recursive: true, force: true });
      await mkdir(kept(answer), { mode: OWNER_ONLY });
      await save(io, saved(answer, "book.json"), serialiseBook(book), "book");
    },
    staged: async (answer) => {
      const path = saved(answer, "book.json");
      return (await exists(path)) ? parseBook(await readKept(io, path, "book"), listing) : undefined;
    },
    give: async (answer, signed: SignedBook) => {
      await mkdir(kept(answer), { recursive: true, mode: OWNER_ONLY });
      await save(io, saved(answer, "attestation.json"), serialiseAttestation(signed), "attestation");
      await rename(kept(answer), join(folder, answer));
    },
    refuse: async (name, refusal: Refusal | null) => {
      const path = join(folder, `${name}.refused.json`);
      if (refusal === null) return rm(path, { force: true });
      const { code, message } = refusal;
      const text = `${JSON.stringify({ format: "zkmargin/refusal@1", code, message }, null, 2)}\n`;
      if (!(await exists(path)) || (await readKept(io, path, "refusal")) !== text)
        await save(io, path, text, "refusal");
    },
  };
}
