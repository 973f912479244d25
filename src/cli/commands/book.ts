import { randomBytes } from "node:crypto";
import { Command, Option } from "commander";
import { type BookFile, checkHeader, serialiseBook } from "../../book/bookFile.js";
import { denseBook, openBook } from "../../book/opening.js";
import { SECRET_BYTES } from "../../book/salt.js";
import type { SleeveArraysFile } from "../../book/sleeveFile.js";
import { formatDecimal } from "../../encoding/decimal.js";
import type { Listing } from "../../protocol/listing.js";
import { committedListing } from "../../protocol/listingFile.js";
import type { Book } from "../../protocol/types.js";
import { archiveOpenings, withArchive } from "../archives.js";
import { tierOption, wholeNumber, withListing } from "../arguments.js";
import { readBookFile, readListingFile, readMarketFile, readSecretFile } from "../files.js";
import { alignPoints, isoTime, json, pairs, percent, table } from "../format.js";
import { checkNewOutput, type Io, save } from "../io.js";
import { importCommand } from "./bookImport.js";

/** `zkmargin book`: make, import, show and commit to a book. */
export function bookCommand(io: Io): Command {
  return new Command("book")
    .description("Make, import, show and commit to a book of positions.")
    .addCommand(secretCommand(io))
    .addCommand(newCommand(io))
    .addCommand(importCommand(io, { add: withAssets, chosen: chosenListing }))
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

/** `zkmargin book secret`: the institution's secret. */
function secretCommand(io: Io): Command {
  return new Command("secret")
    .description(
      "Make an institution's secret, from which every salt is derived. Keep it: it opens commitments.",
    )
    .requiredOption("--out <file>", "file to make; an existing one is never replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
One secret serves all accounts. Anyone who has it can recognise the commitment of a book that they guess.

Example:
  $ zkmargin book secret --out desk.secret`,
    )
    .action(async ({ out, json: asJson }) => {
      await checkNewOutput(out);
      await save(io, out, `${randomBytes(SECRET_BYTES).toString("hex")}\n`, "secret");
      if (asJson) return io.out(json({ file: out }));
      io.out(
        `Made ${out}, readable by you alone. Back it up: without it no commitment can be opened again.\n`,
      );
    });
}

/** `zkmargin book new`: an empty book. */
function newCommand(io: Io): Command {
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

/** `zkmargin book show`: what a book holds. */
function showCommand(io: Io): Command {
  return withAssets(
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
      const listing = await chosenListing(io, options);
      const file = await readBookFile(io, path, listing);
      const book = denseBook(file, listing, listing.length);
      io.out(options.json ? json(asJson(file, book, listing)) : asText(file));
    });
}

function asJson(
  { account, sequence, isolated }: BookFile,
  { spot, perp, basis, sleeve }: Book,
  listing: Listing,
) {
  const positions = listing.flatMap(({ symbol, decimals }, u) =>
    spot[u] === 0n && perp[u] === 0n ? [] : [{ asset: symbol, decimals, spot: spot[u], perp: perp[u] }],
  );
  return { account, sequence, isolated, positions, basis, ...(sleeve === undefined ? {} : { sleeve }) };
}

function asText({ account, sequence, isolated, positions, sleeve }: BookFile): string {
  const title = `${account}, sequence ${sequence}, ${isolated ? "isolated" : "cross"} margin\n\n`;
  const also = sleeve === undefined ? "" : `\n${sleeveText(sleeve)}`;
  if (positions.length === 0) return `${title}  no positions\n${also}`;
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
    ) +
    also
  );
}

/** What a sleeve adds to the positions, in dollars, and until when its arrays hold. */
function sleeveText({ rule, tangents, value, gains, charge, slack, band }: SleeveArraysFile): string {
  const money = (cents: bigint) => formatDecimal(cents, 2);
  const worst = gains.reduce((least, gain) => (gain < least ? gain : least), 0n);
  return `  sleeve by ${rule}\n${pairs([
    ["tangents", tangents.map(({ asset }) => asset).join(", ") || "none"],
    ["least value, $", money(value)],
    ["least gain of a scenario, $", money(worst)],
    ["charge, $", money(charge)],
    ["slack, $", money(slack)],
    ["prices within", percent(band.price)],
    ["holds until", isoTime(BigInt(band.until))],
  ])}`;
}

/** `zkmargin book commit`: the commitment to a book. */
function commitCommand(io: Io): Command {
  return withArchive(
    withAssets(
      new Command("commit")
        .description("Print the commitment to a book, which attesters sign and proofs speak of.")
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
With --archive the command seals the opening on disk before it prints the commitment. It archives a commitment only once,
and refuses another book under the same account and sequence.

Examples:
  $ zkmargin book commit desk.json --secret desk.secret
  $ zkmargin book commit desk.json --secret desk.secret --archive desk.archive`,
    )
    .action(async (path: string, options) => {
      const listing = await chosenListing(io, options);
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

/** Adds the options that say which assets a book may speak of. */
function withAssets(command: Command): Command {
  return withListing(
    command.addOption(
      new Option(
        "--market <file>",
        "take the listed assets from this market instead of the built-in listing",
      ).conflicts("listing"),
    ),
  );
}

/** The listing of the market or the listing file, or the built-in one. */
async function chosenListing(
  io: Io,
  { market, listing }: { readonly market?: string; readonly listing?: string },
): Promise<Listing> {
  return market === undefined
    ? committedListing(await readListingFile(io, listing))
    : (await readMarketFile(io, market)).listing;
}
