import { Command } from "commander";
import { Archive } from "../../../audit/archive/archive.js";
import { parseAuditorPublicKey } from "../../../audit/archive/auditorKey.js";
import { checkHeader } from "../../../book/bookFile.js";
import { UsageError } from "../../../errors.js";
import { wholeNumber } from "../../arguments.js";
import { readSecretFile } from "../../files.js";
import { json } from "../../format.js";
import type { Io } from "../../io.js";
import { unixSeconds } from "../../time.js";

/** `zkmargin archive grant`: a range of an account's books to an auditor. */
export function grantCommand(io: Io): Command {
  return new Command("grant")
    .description("Give an auditor the keys of a range of an account's books.")
    .argument("<archive>", "folder of the archive")
    .requiredOption("--secret <file>", "the institution's secret")
    .requiredOption("--to <key>", "public key of the auditor (zkmargin archive keygen)")
    .requiredOption("--account <name>", "margin account, as its books name it")
    .requiredOption("--from <n>", "first sequence", wholeNumber)
    .requiredOption("--through <n>", "last sequence", wholeNumber)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The keys open these books, those archived already and those to come, and no other. They cannot be taken back. They are
put into the archive itself, sealed to the auditor: hand over a copy of it.

Example:
  $ zkmargin archive grant desk.archive --secret desk.secret --to 3b6a… --account desk-1/cross --from 1 --through 90`,
    )
    .action(async (path: string, options) => {
      const { account, from, through, to } = options;
      checkHeader({ account, sequence: from }, "--account");
      if (through < from)
        throw new UsageError(`--through: expected ${from} or more, as --from says, got ${through}`);
      const auditor = parseAuditorPublicKey(to, "--to");
      const archive = await Archive.open(path, await readSecretFile(io, options.secret));
      const scope = { account, first: BigInt(from), last: BigInt(through) };
      const record = await archive.grant(auditor, scope, unixSeconds());
      if (options.json) return io.out(json({ archive: path, record, auditor: to, account, from, through }));
      io.out(`Granted ${account}, sequences ${from} to ${through}, to ${to}: record ${record} of ${path}\n`);
    });
}
