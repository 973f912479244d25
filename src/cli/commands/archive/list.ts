import { Command } from "commander";
import { LAST_SEQUENCE } from "../../../audit/archive/keyTree.js";
import type { ArchiveStep, OpenedStep } from "../../../audit/archive/reader.js";
import type { Scope } from "../../../audit/disclosure.js";
import { openReader, withReadingKey } from "../../archives.js";
import { json, table } from "../../format.js";
import type { Io } from "../../io.js";
import { isoMinute } from "../../time.js";
import { countLine, endWithFindings, stepsShown } from "./telling.js";

/** `zkmargin archive list`: what is in an archive, as far as a key opens it. */
export function listCommand(io: Io): Command {
  return withReadingKey(
    new Command("list")
      .description("List the commitments in an archive, and what was granted.")
      .argument("<archive>", "folder of the archive"),
  )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Prints no position. With an auditor's key it lists what was granted to it.

Examples:
  $ zkmargin archive list desk.archive --secret desk.secret
  $ zkmargin archive list desk.archive --key auditor.key`,
    )
    .action(async (path: string, options) => {
      const reader = await openReader(io, path, options);
      const steps: ArchiveStep[] = [];
      for await (const step of stepsShown(io, reader)) steps.push(step);
      const openings = steps.flatMap((step) => ("disclosed" in step ? [opening(step)] : []));
      const grants = steps.flatMap((step) =>
        "grant" in step ? [{ record: step.number, ...step.grant }] : [],
      );
      const findings = steps.flatMap((step) => ("finding" in step ? [step.finding] : []));
      const scopes = reader.scopes;
      if (options.json) {
        const granted = scopes === null ? { grants } : { scopes };
        io.out(json({ archive: path, identity: reader.archive, openings, ...granted, findings }));
        return endWithFindings(path, findings);
      }
      io.out(countLine(openings.length, "opening"));
      if (openings.length > 0)
        io.out(
          table(
            ["record", "archived, UTC", "account", "sequence", "epoch", "commitment"],
            openings.map(({ record, time, account, sequence, epoch, commitment }) =>
              [record, isoMinute(time), account, sequence, epoch ?? "", commitment].map(String),
            ),
            { text: [1, 2] },
          ),
        );
      if (scopes !== null) io.out(`granted to this key: ${scopes.map(scopeText).join("; ")}\n`);
      else if (grants.length > 0) {
        io.out(countLine(grants.length, "grant"));
        io.out(
          table(
            ["record", "granted, UTC", "account", "sequences", "auditor"],
            grants.map((grant) => [
              String(grant.record),
              isoMinute(grant.time),
              grant.account,
              rangeText(grant),
              grant.auditor,
            ]),
            { text: [1, 2, 3, 4] },
          ),
        );
      }
      endWithFindings(path, findings, io);
    });
}

function opening({ number, time, disclosed }: OpenedStep) {
  const { account, sequence, epoch, commitment } = disclosed;
  return { record: number, time, account, sequence, epoch, commitment };
}

function scopeText(scope: Scope): string {
  return `${scope.account}, sequences ${rangeText(scope)}`;
}

function rangeText({ first, last }: Scope): string {
  return last === LAST_SEQUENCE ? `from ${first}` : `${first} to ${last}`;
}
