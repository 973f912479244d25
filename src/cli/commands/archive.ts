import { Command } from "commander";
import { Archive } from "../../audit/archive/archive.js";
import { newKeyPair, parseAuditorPublicKey, serialiseAuditorKey } from "../../audit/archive/seal.js";
import { checkHeader } from "../../book/bookFile.js";
import { UsageError } from "../../errors.js";
import { wholeNumber } from "../arguments.js";
import { readSecretFile } from "../files.js";
import { json, unixSeconds } from "../format.js";
import { checkNewOutput, type Io, save } from "../io.js";
import { exportCommand, listCommand, verifyCommand } from "./archiveRead.js";

/** `zkmargin archive`: the sealed openings of all commitments. */
export function archiveCommand(io: Io): Command {
  return new Command("archive")
    .description("Keep the openings of all commitments, sealed, and disclose parts of them to auditors.")
    .addCommand(initCommand(io))
    .addCommand(keygenCommand(io))
    .addCommand(grantCommand(io))
    .addCommand(listCommand(io))
    .addCommand(exportCommand(io))
    .addCommand(verifyCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin archive init desk.archive --secret desk.secret
  $ zkmargin book commit desk.json --secret desk.secret --archive desk.archive
  $ zkmargin archive grant desk.archive --secret desk.secret --to 3b6a… --account desk-1/cross --from 1 --through 90

The auditor, with a copy of the archive:
  $ zkmargin archive keygen --out auditor.key
  $ zkmargin archive verify desk.archive --key auditor.key
  $ zkmargin archive export desk.archive --key auditor.key --out desk.disclosure`,
    );
}

/** `zkmargin archive init`: a new archive. */
function initCommand(io: Io): Command {
  return new Command("init")
    .description("Make an empty archive.")
    .argument("<archive>", "folder to make; it must be new or empty")
    .requiredOption("--secret <file>", "the institution's secret (zkmargin book secret)")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Its keys are derived from the secret: anyone with the secret and a copy of the folder can read every book.

Example:
  $ zkmargin archive init desk.archive --secret desk.secret`,
    )
    .action(async (path: string, options) => {
      const secret = await readSecretFile(io, options.secret);
      const { identity } = await Archive.create(path, secret);
      if (options.json) return io.out(json({ archive: path, identity }));
      io.out(
        `Made ${path}. Give it to every command that commits to a book: --archive ${path}\nidentity  ${identity}\n`,
      );
    });
}

/** `zkmargin archive keygen`: an auditor's key pair. */
function keygenCommand(io: Io): Command {
  return new Command("keygen")
    .description("Make an auditor's key pair, and print its public key.")
    .requiredOption("--out <file>", "file to make, readable by you alone; an existing one is never replaced")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ zkmargin archive keygen --out auditor.key")
    .action(async ({ out, json: asJson }) => {
      await checkNewOutput(out);
      const pair = newKeyPair();
      await save(io, out, serialiseAuditorKey(pair), "auditorKey");
      const publicKey = Buffer.from(pair.publicKey).toString("hex");
      if (asJson) return io.out(json({ file: out, publicKey }));
      io.out(
        `Made ${out}, readable by you alone. Give its public key to the institution:\npublic key  ${publicKey}\n`,
      );
    });
}

/** `zkmargin archive grant`: a range of an account's books to an auditor. */
function grantCommand(io: Io): Command {
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
The keys open these books, archived already or later, and no others. You cannot revoke them. The command puts them into
the archive, sealed to the auditor: hand over a copy of the archive.

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
