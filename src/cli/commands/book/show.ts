import { Command } from "commander";
import type { BookFile } from "../../../book/bookFile.js";
import { denseBook } from "../../../book/opening.js";
import type { Listing } from "../../../protocol/listing.js";
import type { Book } from "../../../protocol/types.js";
import { readBookFile } from "../../files.js";
import { alignPoints, json, table } from "../../format.js";
import type { Io } from "../../io.js";
import { chosenListing, withListing } from "./listing.js";

/** `zkmargin book show`: what a book holds. */
export function showCommand(io: Io): Command {
  return withListing(
    new Command("show")
      .description("Check a book and show it.")
      .argument("<book>", "book file, or - for standard input"),
  )
    .option("--json", "print JSON: quantities in quanta, the basis in attodollars")
    .addHelpText(
      "after",
      "\nPrints every position: keep the output as private as the book.\n\nExample:\n  $ zkmargin book show desk.json",
    )
    .action(async (path: string, options) => {
      const listing = await chosenListing(io, options.market);
      const file = await readBookFile(io, path, listing);
      const book = denseBook(file, listing, listing.length);
      io.out(options.json ? json(asJson(file, book, listing)) : asText(file));
    });
}

function asJson({ account, sequence, isolated }: BookFile, { spot, perp, basis }: Book, listing: Listing) {
  const positions = listing.flatMap(({ symbol, decimals }, u) =>
    spot[u] === 0n && perp[u] === 0n ? [] : [{ asset: symbol, decimals, spot: spot[u], perp: perp[u] }],
  );
  return { account, sequence, isolated, positions, basis };
}

function asText({ account, sequence, isolated, positions }: BookFile): string {
  const title = `${account}, sequence ${sequence}, ${isolated ? "isolated" : "cross"} margin\n\n`;
  if (positions.length === 0) return `${title}  no positions\n`;
  const columns = [
    positions.map(({ spot }) => spot),
    positions.map(({ perp }) => perp),
    positions.map(({ entryPrice }) => entryPrice ?? ""),
    positions.map(({ entryFunding }) => entryFunding ?? ""),
  ].map(alignPoints);
  return (
    title +
    table(
      ["asset", "spot, units", "perp, units", "entry price, $", "entry funding, $"],
      positions.map(({ asset }, i) => [asset, ...columns.map((column) => column[i] ?? "")]),
    )
  );
}
