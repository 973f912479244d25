import { ARCHIVE_FINDINGS, type ArchiveFinding } from "../../../audit/archive/findings.js";
import { FindingsError } from "../../../errors.js";
import type { Io } from "../../io.js";

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
