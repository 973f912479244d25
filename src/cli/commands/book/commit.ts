import { Command } from "commander";
import { openBook } from "../../../book/opening.js";
import { archiveOpenings, withArchive } from "../../archives.js";
import { tierOption } from "../../arguments.js";
import { readBookFile, readSecretFile } from "../../files.js";
import { json, pairs } from "../../format.js";
import type { Io } from "../../io.js";
import { chosenListing, withListing } from "./listing.js";

/** `zkmargin book commit`: the commitment to a book. */
export function commitCommand(io: Io): Command {
  return withArchive(
    withListing(
      new Command("commit")
        .description("Print the commitment to a book: what attesters sign and proofs speak of.")
        .argument("<book>", "book file, or - for standard input")
        .requiredOption("--secret <file>", "the institution's secret (zkmargin book secret)")
        .addOption(tierOption()),
    ),
  )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The same book, secret, account, sequence, listing and tier give the same commitment every time.
With --archive what opens it is on the disk, sealed, before the commitment is printed; a commitment that is archived already
is not archived twice, and another book under the same account and sequence is refused.

Examples:
  $ zkmargin book commit desk.json --secret desk.secret
  $ zkmargin book commit desk.json --secret desk.secret --archive desk.archive`,
    )
    .action(async (path: string, options) => {
      const listing = await chosenListing(io, options.market);
      const file = await readBookFile(io, path, listing);
      const secret = await readSecretFile(io, options.secret);
      const opening = openBook(file, secret, listing, options.tier);
      await archiveOpenings(options, secret, [opening], listing);
      const { account, sequence, isolated, commitment } = opening;
      const tier = options.tier.name;
      if (options.json) return io.out(json({ account, sequence, isolated, tier, commitment }));
      const rows = { account, sequence, margin: isolated ? "isolated" : "cross", tier, commitment };
      io.out(pairs(Object.entries(rows).map(([name, value]) => [name, String(value)] as const)));
    });
}
