import { Command } from "commander";
import { importBookCsv, serialiseBook } from "../../../book/bookFile.js";
import { denseBook } from "../../../book/opening.js";
import { MissingFieldError } from "../../../errors.js";
import { wholeNumber } from "../../arguments.js";
import { json } from "../../format.js";
import { checkOutput, type Io, readInput, save } from "../../io.js";
import { chosenListing, withListing } from "./listing.js";

/** `zkmargin book import`: a book from CSV. */
export function importCommand(io: Io): Command {
  return withListing(
    new Command("import")
      .description("Import a book from CSV: asset,spot,perp,entry price,entry funding.")
      .argument("<csv>", "CSV file, or - for standard input")
      .requiredOption("--account <name>", "margin account")
      .requiredOption("--sequence <n>", "number of this book in the account's history", wholeNumber)
      .option("--allow-empty", "take a file with a header and no positions")
      .option("--isolated", "an isolated sub-account: at most one perpetual and one collateral asset")
      .requiredOption("--out <file>", "book file to write; an existing one is replaced"),
  )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Quantities are in units ("12.5" BTC), prices in dollars per unit, all exact: a quantity with more decimals than the
asset's quantum has is refused. A sequence serves one book: give a changed book the next one.

Example:
  $ zkmargin book import positions.csv --account desk-1/cross --sequence 1 --out desk.json`,
    )
    .action(async (csv: string, options) => {
      const { account, sequence, isolated = false, out, market } = options;
      await checkOutput(out);
      const listing = await chosenListing(io, market);
      const book = importBookCsv(
        await readInput(io, csv, "bookCsv"),
        { account, sequence, isolated },
        listing,
      );
      if (book.positions.length === 0 && !options.allowEmpty)
        throw new MissingFieldError(csv, "at least one position, or --allow-empty", "a header alone");
      denseBook(book, listing, listing.length);
      await save(io, out, serialiseBook(book), "book");
      const positions = book.positions.length;
      if (options.json) return io.out(json({ file: out, account, sequence, isolated, positions }));
      io.out(
        `Imported ${positions} position${positions === 1 ? "" : "s"} into ${out}, readable by you alone.\n`,
      );
    });
}
