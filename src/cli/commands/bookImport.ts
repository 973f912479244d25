import { Command, InvalidArgumentError, Option } from "commander";
import { serialiseBook } from "../../book/bookFile.js";
import { ASIDE_KINDS, type AsideKind } from "../../book/import/bookDraft.js";
import { type ImportedBook, type ImportFile, importBook, SOURCES } from "../../book/import/importBook.js";
import { COLUMNS, type Column } from "../../book/import/table.js";
import type { VenueTotal } from "../../book/import/venueFigures.js";
import { denseBook } from "../../book/opening.js";
import { formatDecimal } from "../../encoding/decimal.js";
import { type Exact, exact, floorUnits } from "../../encoding/exact.js";
import { MissingFieldError, UsageError } from "../../errors.js";
import { parseFunding } from "../../market/assetTables.js";
import { USD_DECIMALS } from "../../protocol/bounds.js";
import { isSymbol, type Listing } from "../../protocol/listing.js";
import { parseSleeve, type Sleeve, serialiseSleeve } from "../../risk/options/sleeve.js";
import { sleeveFromDeribit } from "../../risk/options/sleeveImports.js";
import { wholeNumber } from "../arguments.js";
import { alignPoints, json, table } from "../format.js";
import { STDIN } from "../inputs.js";
import { checkOutput, type Io, readForeign, readInput, save } from "../io.js";

/** Adds the option that says which assets a book may speak of, and finds them. */
export interface ListingOption {
  add(command: Command): Command;
  chosen(io: Io, options: { market?: string; listing?: string }): Promise<Listing>;
}

/** `zkmargin book import`: a book from what people have. */
export function importCommand(io: Io, listings: ListingOption): Command {
  const command = new Command("import")
    .description(
      "Import a book from tables and from the answers of venues: Binance, Bybit, OKX, Deribit, dYdX, Hyperliquid, CCXT, Aave.",
    )
    .argument("<positions...>", "CSV or JSON files, or - for standard input; several make one book")
    .requiredOption("--account <name>", "margin account")
    .requiredOption("--sequence <n>", "number of this book in the account's history", wholeNumber)
    .option("--out <file>", "book file to write; an existing one is replaced")
    .option(
      "--sleeve-out <file>",
      "sleeve file to write: the options and dated futures of Deribit's positions",
    )
    .option("--dry-run", "show what is read, and write nothing")
    .addOption(
      new Option("--from <what>", "what the files are; each is told by its shape by default").choices(
        SOURCES,
      ),
    )
    .option(
      "--map <column=name>",
      `which column of a table is ${COLUMNS.join(", ")}, or ignore; repeat it for several`,
      mapped,
    )
    .option("--locale <what>", "language whose notation a table's numbers have, such as de or en-US")
    .option(
      "--as <symbol=symbol>",
      "count an asset as another, one for one, such as USDT=USDC; repeat it for several",
      alias,
    )
    .option(
      "--contract <contract=size>",
      "size of one contract, such as BTC-USDT-SWAP=0.01; repeat it for several",
      contract,
    )
    .option(
      "--set-aside <what>",
      `leave out, of ${ASIDE_KINDS.join(", ")}; separate several by commas`,
      asideKinds,
    )
    .option("--round", "round amounts finer than an asset's quantum, against the account")
    .option("--add", "add up the accounts of several venues, and what several files say of one asset")
    .addOption(
      new Option(
        "--totals <what>",
        "what the totals of a CCXT balance are, where its info does not tell",
      ).choices(["wallet", "equity"]),
    )
    .option(
      "--funding <csv>",
      "cumulative funding index of every listed asset at the export (asset,index); 0 by default",
    )
    .option("--allow-empty", "take files without a position")
    .option("--isolated", "an isolated sub-account: at most one perpetual and one collateral asset");
  return listings
    .add(command)
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async (paths: readonly string[], options) => {
      const { account, sequence, isolated = false, out, dryRun, sleeveOut } = options;
      if ((out === undefined) === (dryRun === undefined))
        throw new UsageError("expected --out for the book, or --dry-run to write none, got neither or both");
      if (out !== undefined) await checkOutput(out);
      if (sleeveOut !== undefined) {
        if (out === undefined) throw new UsageError("--sleeve-out: expected --out beside it, got --dry-run");
        await checkOutput(sleeveOut);
      }
      const listing = await listings.chosen(io, options);
      const files = [];
      for (const path of paths)
        files.push({
          path: errorName(path, paths),
          text: await readForeign(io, path, "bookCsv", "positions"),
        });
      const funding = await fundingOf(io, options.funding, listing);
      const read = importBook({
        ...options,
        ...(sleeveOut === undefined ? {} : { setAside: ["options", ...(options.setAside ?? [])] }),
        files,
        listing,
        header: { account, sequence, isolated },
        funding,
      });
      const sleeve = sleeveOut === undefined ? undefined : sleeveOf(files, read);
      if (read.book.positions.length === 0 && sleeve === undefined && !options.allowEmpty)
        throw new MissingFieldError(
          paths[0] ?? "book",
          "at least one position, or --allow-empty",
          "a header or an answer alone",
        );
      denseBook(read.book, listing, listing.length);
      if (sleeve !== undefined && sleeveOut !== undefined)
        await save(io, sleeveOut, serialiseSleeve(sleeve), "sleeve");
      if (options.json) {
        if (out !== undefined) await save(io, out, serialiseBook(read.book), "book");
        return io.out(json(asJson(read, out)));
      }
      io.out(shown(read));
      if (out === undefined) return io.out("\nNothing was written.\n");
      await save(io, out, serialiseBook(read.book), "book");
      const count = read.book.positions.length;
      io.out(`\nImported ${count} position${count === 1 ? "" : "s"} into ${out}, readable by you alone.\n`);
      if (sleeve !== undefined)
        io.out(
          `Options and dated futures, ${sleeve.positions.length} in all, went into ${sleeveOut}, likewise.\n`,
        );
    });
}

const HELP = `
The command shows what it read, beside the venue's own totals where a file states them. Keep its output as private as the book.
Quantities are in units ("12.5" BTC) and prices in dollars per unit. Without --round nothing is rounded: a quantity with more
decimals than the asset's quantum is refused. A number that may be read in two ways is refused too. A sequence serves one
book: give a changed book the next one. docs/IMPORT.md says how to export from each venue, and what is converted how.

Examples:
  $ zkmargin book import positions.csv --account desk-1/cross --sequence 1 --out desk.json
  $ zkmargin book import risk.json balance.json --account desk-1/um --sequence 1 --as USDT=USDC --round --dry-run
  $ zkmargin book import bestand.csv --account desk-1/cross --sequence 1 --locale de --map asset=Coin --map spot=Bestand --out desk.json
  $ zkmargin book import deribit-positions.json deribit-account.json --account desk-1/options --sequence 1 --out desk.json --sleeve-out sleeve.json
  $ zkmargin book import okx.json instruments.json --account desk-1/okx --sequence 1 --set-aside options --round --out okx.json`;

/**
 * The options and dated futures of the files that are answers of Deribit's get_positions.
 * @throws MissingFieldError if there is none, or another venue's beside them
 */
function sleeveOf(files: readonly ImportFile[], { setAside }: ImportedBook): Sleeve {
  const positions = files.flatMap(({ path, text }) =>
    isDeribitPositions(text) ? sleeveFromDeribit(text, path).sleeve.positions : [],
  );
  const options = setAside.filter(({ kind }) => kind === "options").length;
  if (positions.length === 0 || positions.length < options)
    throw new MissingFieldError(
      "--sleeve-out",
      "options and dated futures of Deribit's get_positions",
      positions.length === 0 ? "none" : "some of another venue; import those files apart",
    );
  return parseSleeve(serialiseSleeve({ positions, payoffs: [] }), "positions");
}

/** Whether a text is an answer of get_positions, judged by its first row alone. */
function isDeribitPositions(text: string): boolean {
  try {
    const json = JSON.parse(text) as { result?: unknown } | unknown[] | null;
    const rows = Array.isArray(json) ? json : json?.result;
    const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
    return typeof row === "object" && row !== null && "instrument_name" in row && "direction" in row;
  } catch {
    return false;
  }
}

/** What errors call a file: its path; "book" for the only one, as its fields are then told apart enough. */
function errorName(path: string, paths: readonly string[]): string {
  return paths.length === 1 ? "book" : path === STDIN ? "standard input" : path;
}

async function fundingOf(io: Io, path: string | undefined, listing: Listing): Promise<Record<string, Exact>> {
  if (path === undefined) return {};
  // An index in attodollars a quantum is one in dollars a unit by the quantum's decimals.
  const index = parseFunding(await readInput(io, path, "funding"), listing);
  return Object.fromEntries(
    listing.map(({ symbol, decimals }, u) => [
      symbol,
      exact((index[u] ?? 0n) * 10n ** BigInt(decimals), 10n ** BigInt(USD_DECIMALS)),
    ]),
  );
}

function shown({ book, sources, setAside, totals, notes, rounded }: ImportedBook): string {
  const { positions } = book;
  const columns = [
    positions.map(({ spot }) => spot),
    positions.map(({ perp }) => perp),
    positions.map(({ entryPrice }) => cut(entryPrice ?? "")),
    positions.map(({ entryFunding }) => (entryFunding === "0" ? "" : cut(entryFunding ?? ""))),
  ].map(alignPoints);
  const parts = [
    ...(sources.length === 1 && sources[0]?.source === "table"
      ? []
      : [sources.map(({ path, source }) => `${path}: ${source}\n`).join("")]),
    positions.length === 0
      ? "  no positions\n"
      : table(
          ["asset", "spot, units", "perp, units", "entry price, $", "entry funding, $"],
          positions.map(({ asset }, i) => [asset, ...columns.map((column) => column[i] ?? "")]),
        ),
  ];
  if (totals.length > 0)
    parts.push(
      table(
        ["to compare", "read", "stated by the venue"],
        totals.map(({ name, unit, read, stated }) => [`${name}, ${unit}`, figure(read), figure(stated)]),
      ),
    );
  if (setAside.length > 0)
    parts.push(
      table(
        ["left out", "what"],
        setAside.map(({ path, words }) => [path, words]),
        { text: [0, 1] },
      ),
    );
  const told =
    rounded.length === 0 ? notes : [...notes, `rounded against the account: ${rounded.join(", ")}`];
  if (told.length > 0) parts.push(told.map((note) => `  ${note}\n`).join(""));
  return parts.join("\n");
}

/** A price of 18 decimals for people: eight of them, and a mark that there are more. */
function cut(price: string): string {
  const match = /^(-?[0-9]+\.[0-9]{8})[0-9]+$/.exec(price);
  return match === null ? price : `${match[1]}…`;
}

const FIGURE_DECIMALS = 8;

function figure(value: Exact): string {
  return formatDecimal(floorUnits(value, FIGURE_DECIMALS), FIGURE_DECIMALS);
}

function asJson({ book, totals, ...rest }: ImportedBook, out: string | undefined) {
  const compared = totals.map((total: VenueTotal) => ({
    ...total,
    read: figure(total.read),
    stated: figure(total.stated),
  }));
  return { ...(out === undefined ? { dryRun: true } : { file: out }), ...book, ...rest, totals: compared };
}

type Mapped = { readonly column: Column | "ignore"; readonly name: string };

function mapped(text: string, before: readonly Mapped[] = []): Mapped[] {
  const [, field = "", name = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  const column = [...COLUMNS, "ignore" as const].find(
    (one) => one.replace(" ", "") === field.toLowerCase().replace(/[ _-]/g, ""),
  );
  if (column === undefined)
    throw new InvalidArgumentError(
      `Expected one of ${COLUMNS.join(", ")}, ignore, and a column, such as spot=Total.`,
    );
  return [...before, { column, name }];
}

function alias(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, from = "", to = ""] = /^([^=]+)=([^=]+)$/.exec(text.toUpperCase()) ?? [];
  if (!/^[A-Z0-9._-]{1,32}$/.test(from) || !isSymbol(to) || Object.hasOwn(before, from))
    throw new InvalidArgumentError("Expected two symbols, each first one once, such as USDT=USDC.");
  return { ...before, [from]: to };
}

function contract(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name = "", size = ""] = /^([^=]+)=([0-9.]+)$/.exec(text) ?? [];
  if (name === "" || Object.hasOwn(before, name))
    throw new InvalidArgumentError(
      "Expected an instrument and a size, each once, such as BTC-USDT-SWAP=0.01.",
    );
  return { ...before, [name]: size };
}

function asideKinds(text: string, before: readonly AsideKind[] = []): AsideKind[] {
  const kinds = text.split(",").map((one) => ASIDE_KINDS.find((kind) => kind === one.trim()));
  if (kinds.includes(undefined)) throw new InvalidArgumentError(`Expected of ${ASIDE_KINDS.join(", ")}.`);
  return [...before, ...kinds.filter((kind) => kind !== undefined)];
}
