import type { ArchiveReader, ArchiveStep } from "../../../audit/archive/reader.js";
import type { ArchiveHead } from "../../../audit/archive/walk.js";
import { ARCHIVE_FINDINGS, type ArchiveFinding } from "../../../audit/archive/walk.js";
import { FindingsError } from "../../../errors.js";
import type { Io } from "../../io.js";
import { progressOn } from "../../progress.js";

/** "12 openings", as a line. */
export function countLine(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}\n`;
}

/**
 * Tells people what is wrong with an archive, and ends the command with the exit code of an audit that has found something.
 * @throws FindingsError if there is a finding
 */
export function endWithFindings(path: string, findings: readonly ArchiveFinding[], io?: Io): void {
  if (findings.length === 0) return;
  for (const { code, record } of findings)
    io?.out(`  record ${record}: ${code}: ${ARCHIVE_FINDINGS[code]}\n`);
  throw new FindingsError(
    `${path}: expected a sound archive, got ${countLine(findings.length, "finding").trim()}; ` +
      "every other record is as readable as before: restore the damaged ones from a copy",
  );
}

/** Records between two words of progress. */
const PROGRESS_EVERY = 1_000;

/** All that a reader comes upon, with progress shown: a long archive takes a while. */
export async function* stepsShown(
  io: Io,
  reader: ArchiveReader,
  known?: ArchiveHead,
): AsyncGenerator<ArchiveStep, void> {
  const records = await reader.count();
  const show = progressOn(io);
  let done = 0;
  for await (const step of reader.steps(known)) {
    if (done > 0 && done % PROGRESS_EVERY === 0)
      show({ label: `record ${done} of ${records}`, fraction: done / records });
    done++;
    yield step;
  }
  if (io.interactive && done > PROGRESS_EVERY) io.err("\r\u001b[K");
}
