import { randomBytes } from "node:crypto";
import { Command } from "commander";
import { importBookCsv } from "../../book/csv.js";
import { denseBook } from "../../book/dense.js";
import { type BookFile, serialiseBook } from "../../book/file.js";
import { openBook } from "../../book/opening.js";
import { SECRET_BYTES } from "../../book/salt.js";
import { DEFAULT_LISTING, type Listing } from "../../spec/listing.js";
import { defaultTier, tierNamed, wholeNumber } from "../arguments.js";
import { readBookFile, readMarketFile, readSecretFile } from "../files.js";
import { json, pairs, table } from "../format.js";
import { type Io, readInput, refuseExisting, save } from "../io.js";

/** `zkmargin book`: make, import, show and commit to a book. */
export function bookCommand(io: Io): Command {
  return new Command("book")
    .description("Make, import, show and commit to a book of positions.")
    .addCommand(secretCommand(io))
    .addCommand(newCommand(io))
    .addCommand(importCommand(io))
    .addCommand(showCommand(io))
    .addCommand(commitCommand(io));
}

function secretCommand(io: Io): Command {
  return new Command("secret")
    .description(
      "Make an institution's secret, from which every salt is derived. Keep it: it opens commitments.",
    )
    .requiredOption("--out <file>", "file to make; an existing one is never replaced")
    .addHelpText("after", "\nExample:\n  $ zkmargin book secret --out desk.secret")
    .action(async ({ out }) => {
      await refuseExisting(out);
      await save(out, `${randomBytes(SECRET_BYTES).toString("hex")}\n`);
      io.out(`Made ${out}, readable by you alone.\n`);
    });
}

function newCommand(io: Io): Command {
  return new Command("new")
    .description("Make an empty book file to fill in.")
    .requiredOption("--account <name>", "margin account, for example desk-1/cross")
    .option("--sequence <n>", "number of this book in the account's history", wholeNumber, 0)
    .option("--isolated", "an isolated sub-account: at most one perpetual and one collateral asset", false)
    .requiredOption("--out <file>", "file to make; an existing one is never replaced")
    .addHelpText(
      "after",
      "\nExample:\n  $ zkmargin book new --account desk-1/cross --sequence 1 --out desk.json",
    )
    .action(async ({ account, sequence, isolated, out }) => {
      await refuseExisting(out);
      await save(out, serialiseBook({ account, sequence, isolated, positions: [] }));
      io.out(
        `Made ${out}. Add positions: {"asset": "BTC", "spot": "12.5", "perp": "-12.5", "entryPrice": "43000"}\n`,
      );
    });
}

function importCommand(io: Io): Command {
  return withListing(
    new Command("import")
      .description("Import a book from CSV: asset,spot,perp,entry price,entry funding.")
      .argument("<csv>", "CSV file, or - for standard input")
      .requiredOption("--account <name>", "margin account")
      .requiredOption("--sequence <n>", "number of this book in the account's history", wholeNumber)
      .option("--isolated", "an isolated sub-account", false)
      .requiredOption("--out <file>", "book file to write"),
  )
    .addHelpText(
      "after",
      `
Quantities are in units ("12.5" BTC) and exact: one with more decimals than the asset's quantum is refused.

Example:
  $ zkmargin book import positions.csv --account desk-1/cross --sequence 1 --out desk.json`,
    )
    .action(async (csv: string, options) => {
      const listing = await chosenListing(io, options.market);
      const { account, sequence, isolated } = options;
      const book = importBookCsv(await readInput(io, csv), { account, sequence, isolated }, listing);
      await save(options.out, serialiseBook(book));
      io.out(`Imported ${book.positions.length} positions into ${options.out}\n`);
    });
}

function showCommand(io: Io): Command {
  return withListing(
    new Command("show")
      .description("Check a book and show it.")
      .argument("<book>", "book file, or - for standard input")
      .option("--json", "print JSON, quantities in quanta"),
  )
    .addHelpText("after", "\nExample:\n  $ zkmargin book show desk.json")
    .action(async (path: string, options) => {
      const listing = await chosenListing(io, options.market);
      const file = await readBookFile(io, path, listing);
      const book = denseBook(
        file,
        listing,
        defaultTier.assets > listing.length ? defaultTier.assets : listing.length,
      );
      if (options.json)
        return io.out(
          json({ account: file.account, sequence: file.sequence, isolated: file.isolated, ...book }),
        );
      io.out(describeBook(file));
    });
}

function commitCommand(io: Io): Command {
  return withListing(
    new Command("commit")
      .description("Print the commitment to a book: what attestors sign and proofs speak of.")
      .argument("<book>", "book file, or - for standard input")
      .requiredOption("--secret <file>", "the institution's secret (zkmargin book secret)")
      .option("--tier <name>", "circuit size", tierNamed, defaultTier)
      .option("--json", "print JSON"),
  )
    .addHelpText("after", "\nExample:\n  $ zkmargin book commit desk.json --secret desk.secret")
    .action(async (path: string, options) => {
      const listing = await chosenListing(io, options.market);
      const file = await readBookFile(io, path, listing);
      const secret = await readSecretFile(io, options.secret);
      const { account, sequence, isolated, commitment } = openBook(file, secret, listing, options.tier);
      if (options.json)
        return io.out(json({ account, sequence, isolated, tier: options.tier.name, commitment }));
      io.out(
        pairs(
          [
            ["account", account],
            ["sequence", String(sequence)],
            ["tier", options.tier.name],
            ["commitment", String(commitment)],
          ],
          "",
        ),
      );
    });
}

function withListing(command: Command): Command {
  return command.option(
    "--market <file>",
    "take the listed assets from this market instead of the built-in listing",
  );
}

async function chosenListing(io: Io, market: string | undefined): Promise<Listing> {
  return market === undefined ? DEFAULT_LISTING : (await readMarketFile(io, market)).listing;
}

function describeBook(file: BookFile): string {
  const margin = file.isolated ? "isolated margin" : "cross margin";
  return [
    `${file.account}, sequence ${file.sequence}, ${margin}\n\n`,
    table(
      ["asset", "spot", "perp", "entry price", "entry funding"],
      file.positions.map(({ asset, spot, perp, entryPrice, entryFunding }) => [
        asset,
        spot ?? "0",
        perp ?? "0",
        entryPrice ?? "",
        entryFunding ?? "",
      ]),
    ),
  ].join("");
}
