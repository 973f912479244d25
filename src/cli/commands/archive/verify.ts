import { Command, InvalidArgumentError } from "commander";
import type { ArchiveHead } from "../../../audit/archive/walk.js";
import { ARCHIVE_FINDINGS, type ArchiveFinding } from "../../../audit/archive/walk.js";
import { openReader, withReadingKey } from "../../archives.js";
import { json, pairs } from "../../format.js";
import type { Io } from "../../io.js";
import { endWithFindings, stepsShown } from "./telling.js";

/** `zkmargin archive verify`: whether an archive is as it was written. */
export function verifyCommand(io: Io): Command {
  return withReadingKey(
    new Command("verify")
      .description("Check an archive: every signature, the chain, and with a key what it opens.")
      .argument("<archive>", "folder of the archive"),
  )
    .option("--head <head>", "a head noted earlier: that record must be there, as it was", headArgument)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Without a key it checks that nothing was changed, moved, repeated or taken out of the middle. What was cut off at the end
can only be noticed by a head that somebody noted: note the one it prints. With a key it also checks that each opening hashes
to its commitment.

Examples:
  $ zkmargin archive verify desk.archive
  $ zkmargin archive verify desk.archive --key auditor.key --head 17:9f86d0…

Exit codes: 0 sound; 9 something is wrong, which is told; 6 the key opens nothing of it.`,
    )
    .action(async (path: string, options) => {
      const reader = await openReader(io, path, options, false);
      const findings: ArchiveFinding[] = [];
      let opened = 0;
      for await (const step of stepsShown(io, reader, options.head)) {
        if ("finding" in step) findings.push(step.finding);
        if ("disclosed" in step) opened++;
      }
      const records = await reader.count();
      const { archive: identity, head } = reader;
      const sound = findings.length === 0;
      if (options.json) {
        const told = findings.map((finding) => ({ ...finding, says: ARCHIVE_FINDINGS[finding.code] }));
        io.out(json({ archive: path, identity, sound, records, opened, head, findings: told }));
        return endWithFindings(path, findings);
      }
      io.out(`${sound ? "SOUND" : "NOT SOUND"}. ${path}\n`);
      io.out(
        pairs([
          ["records", String(records)],
          ["opened", String(opened)],
          ["head", `${head.number}:${head.hash}`],
          ["identity", identity],
        ]),
      );
      endWithFindings(path, findings, io);
    });
}

function headArgument(text: string): ArchiveHead {
  const match = /^(0|[1-9]\d{0,7}):([0-9a-f]{64})$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError(
      "Expected a number, a colon and 64 hex digits, as zkmargin archive verify prints.",
    );
  return { number: Number(match[1]), hash: match[2] as string };
}
