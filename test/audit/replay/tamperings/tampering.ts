import type { FindingCode } from "../../../../src/audit/findings.js";
import type { RunOptions } from "../../../../src/audit/replay/replayLog.js";
import type { BatchVerifier } from "../../../../src/groth16/batchVerifier.js";
import type { Recording } from "../recording.js";

/** One way to alter a record, and the one kind of finding that it must come to. */
export interface Tampering {
  readonly code: FindingCode;
  readonly what: string;
  /** Lines of the recorded log that are enough. */
  readonly lines: number;
  readonly tamper: (
    log: Recording,
    verifier: BatchVerifier,
  ) => Promise<Partial<RunOptions> | undefined> | Partial<RunOptions> | undefined;
}

/** A tampering of which nothing else is asked than that the log is edited. */
export function edit(
  code: FindingCode,
  what: string,
  lines: number,
  tamper: (log: Recording, verifier: BatchVerifier) => unknown,
): Tampering {
  return {
    code,
    what,
    lines,
    tamper: async (log, verifier) => {
      await tamper(log, verifier);
      return undefined;
    },
  };
}

/** Lines of the recorded log up to a moment of its story; `rounds` is up to the last round before any account. */
export const LINES = {
  deployed: 8,
  rounds: 29,
  books: 42,
  proven: 43,
  secondBook: 46,
  released: 48,
  nextDay: 60,
  week: 61,
  settled: 118,
  sold: 124,
  all: 132,
} as const;

/** The first book of an account. */
export function bookOf(log: Recording, account: string) {
  const books = [0, 1, 2, 3].map((nth) => log.find("BookAttested", nth));
  const book = books.find(({ fields }) => fields.account === account);
  if (book === undefined) throw new RangeError("no book");
  return book;
}

/** Leaves out what the chain counted, of which another kind of finding would come. */
export function uncounted(log: Recording): void {
  for (const block of log.blocks) block.counts = null;
}
