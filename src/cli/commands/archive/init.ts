import { Command } from "commander";
import { Archive } from "../../../audit/archive/archive.js";
import { readSecretFile } from "../../files.js";
import { json } from "../../format.js";
import type { Io } from "../../io.js";

/** `zkmargin archive init`: a new archive. */
export function initCommand(io: Io): Command {
  return new Command("init")
    .description("Make an empty archive.")
    .argument("<archive>", "folder to make; one that has something in it is refused")
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
