import type { FindingCode } from "../../../src/audit/findings.js";
import type { RunOptions } from "../../../src/audit/replay/replayLog.js";
import type { BatchVerifier } from "../../../src/groth16/batchVerifier.js";
import type { Recording } from "./recording.js";

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
