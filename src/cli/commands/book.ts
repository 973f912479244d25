import { Command } from "commander";
import type { Io } from "../io.js";
import { commitCommand } from "./book/commit.js";
import { importCommand } from "./book/import.js";
import { newCommand } from "./book/new.js";
import { secretCommand } from "./book/secret.js";
import { showCommand } from "./book/show.js";

/** `zkmargin book`: make, import, show and commit to a book. */
export function bookCommand(io: Io): Command {
  return new Command("book")
    .description("Make, import, show and commit to a book of positions.")
    .addCommand(secretCommand(io))
    .addCommand(newCommand(io))
    .addCommand(importCommand(io))
    .addCommand(showCommand(io))
    .addCommand(commitCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin book secret --out desk.secret
  $ zkmargin book import positions.csv --account desk-1/cross --sequence 1 --out desk.json
  $ zkmargin book commit desk.json --secret desk.secret`,
    );
}
