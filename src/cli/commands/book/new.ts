import { Command } from "commander";
import { checkHeader, serialiseBook } from "../../../book/bookFile.js";
import { wholeNumber } from "../../arguments.js";
import { json } from "../../format.js";
import { checkNewOutput, type Io, save } from "../../io.js";

/** `zkmargin book new`: an empty book. */
export function newCommand(io: Io): Command {
  return new Command("new")
    .description("Make an empty book file to fill in.")
    .requiredOption("--account <name>", "margin account, for example desk-1/cross")
    .option("--sequence <n>", "number of this book in the account's history", wholeNumber, 0)
    .option("--isolated", "an isolated sub-account: at most one perpetual and one collateral asset")
    .requiredOption("--out <file>", "file to make; an existing one is never replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ zkmargin book new --account desk-1/cross --sequence 1 --out desk.json",
    )
    .action(async ({ account, sequence, isolated = false, out, json: asJson }) => {
      const header = { account, sequence, isolated };
      checkHeader(header);
      await checkNewOutput(out);
      await save(io, out, serialiseBook({ ...header, positions: [] }), "book");
      if (asJson) return io.out(json({ file: out, ...header }));
      io.out(
        `Made ${out}. Fill in its "positions", such as\n` +
          `  { "asset": "BTC", "spot": "12.5", "perp": "-12.5", "entryPrice": "43000", "entryFunding": "0" }\n`,
      );
    });
}
