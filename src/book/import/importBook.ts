import { formatDecimal } from "../../encoding/decimal.js";
import { ceilUnits, type Exact, floorUnits, hasDecimals, over, parseExact } from "../../encoding/exact.js";
import { type JsonValue, parseJsonTexts } from "../../encoding/strictJson.js";
import { FormatError, OutOfRangeError, PrecisionError } from "../../errors.js";
import { USD_DECIMALS } from "../../protocol/bounds.js";
import type { Listing } from "../../protocol/listing.js";
import { type BookFile, type BookHeader, checkHeader } from "../bookFile.js";
import { exactPositions, type Position } from "../position.js";
import { BINANCE } from "./binance.js";
import { BookDraft, type ImportOptions, type Netted, netted, type SetAside } from "./bookDraft.js";
import { BYBIT } from "./bybit.js";
import { DERIBIT } from "./deribit.js";
import { fieldNames } from "./fields.js";
import { OKX } from "./okx.js";
import { AAVE, DYDX, HYPERLIQUID } from "./protocols.js";
import { readTable, type TableOptions } from "./table.js";
import { CCXT } from "./unified.js";
import type { VenueReader } from "./venue.js";
import { type VenueTotal } from "./venueFigures.js";

const READERS: readonly VenueReader[] = [BINANCE, BYBIT, OKX, DERIBIT, DYDX, HYPERLIQUID, CCXT, AAVE];
/** What `--from` may name. */
export const SOURCES: readonly string[] = ["table", ...READERS.map(({ name }) => name)];

/** A file to be imported. */
export interface ImportFile {
  /** What errors call it. */
  readonly path: string;
  readonly text: string;
}

/** A book that was read from files, and what its owner should see of that. */
export interface ImportedBook {
  readonly book: BookFile;
  /** What each file was taken for. */
  readonly sources: readonly { readonly path: string; readonly source: string }[];
  /** What the user said to leave out. */
  readonly setAside: readonly SetAside[];
  /** Figures of the venues beside those that follow from what was read. */
  readonly totals: readonly VenueTotal[];
  /** Conventions that were used. */
  readonly notes: readonly string[];
  /** Assets of which an amount was rounded, against the account. */
  readonly rounded: readonly string[];
}

/** How files are to be read. */
export interface ImportRequest extends ImportOptions, TableOptions {
  readonly files: readonly ImportFile[];
  readonly header: BookHeader;
  readonly listing: Listing;
  /** One of {@link SOURCES}, for all files; each is recognised by its shape where this is not said. */
  readonly from?: string;
}

/**
 * Reads a book from tables and from the answers of venues, several of which may make one book. Every amount is exact: one
 * that is finer than its asset's quantum is refused, or with `round` rounded against the account.
 * @throws InputError with the file and the field. None quotes an amount or an asset.
 *
 * @example
 * ```ts
 * import { importBook } from "zkmargin/prove";
 *
 * const header = { account: "desk-1/cross", sequence: 1, isolated: false };
 * const files = [{ path: "positions.csv", text: "Asset;Spot\nUSDC;1000\n" }];
 * console.log(importBook({ files, header, listing: market.listing }).book.positions.length); // 1
 * ```
 */
export function importBook(request: ImportRequest): ImportedBook {
  const { files, header, listing, from } = request;
  checkHeader(header);
  const draft = new BookDraft(listing, request);
  for (const [instrument, size] of Object.entries(request.contracts ?? {})) {
    const value = parseExact(size);
    if (value === undefined)
      throw new FormatError("--contract", "a number for the size of a contract", "other text");
    draft.setContract("--contract", instrument, value);
  }
  const sources = files.map((file) => ({ path: file.path, source: readFile(file, from, request, draft) }));
  draft.finish();
  const rounded = new Set<string>();
  const assets = netted(draft);
  const positions = assets.map((asset) => positionOf(asset, listing, request.round ?? false, rounded));
  exactPositions(positions, listing, (index) => assets[index]?.path ?? "book");
  const { account, sequence, isolated } = header;
  return {
    book: { account, sequence, isolated, positions },
    sources,
    setAside: draft.aside,
    totals: draft.totals,
    notes: [...draft.notes],
    rounded: [...rounded],
  };
}

/**
 * Imports a book from a table with the columns asset, spot, perp, entry price and entry funding, in any order, with others
 * beside them.
 * @throws what {@link importBook} throws, with paths such as `book.line3.spot`
 *
 * @example
 * ```ts
 * import { importBookCsv } from "zkmargin/prove";
 *
 * const csv = "asset,spot,perp,entry price,entry funding\nUSDC,1000,,,\n";
 * const imported = importBookCsv(csv, { account: "desk-1/cross", sequence: 1, isolated: false }, market.listing);
 * console.log(imported.positions.length); // 1
 * ```
 */
export function importBookCsv(text: string, header: BookHeader, listing: Listing, path = "book"): BookFile {
  return importBook({ files: [{ path, text }], header, listing, from: "table" }).book;
}

/** Reads one file, and returns what it was taken for. */
function readFile(
  { path, text }: ImportFile,
  from: string | undefined,
  options: TableOptions,
  draft: BookDraft,
): string {
  const isJson = /^[\uFEFF\s]*[[{]/.test(text);
  if (from === "table" || (from === undefined && !isJson)) {
    draft.venue(path, "a table");
    readTable(text.replace(/^\uFEFF/, ""), path, options, draft);
    return "table";
  }
  const json = parseJsonTexts(text, path, fieldNames);
  const reader = from === undefined ? recognised(json, path) : READERS.find(({ name }) => name === from);
  if (reader === undefined) throw new FormatError("--from", SOURCES.join(", "), "another name");
  draft.venue(path, reader.title);
  reader.read(json, path, draft);
  return reader.title;
}

function recognised(json: JsonValue, path: string): VenueReader {
  const fitting = READERS.filter((reader) => reader.recognises(json));
  const [reader, other] = fitting;
  if (reader === undefined)
    throw new FormatError(
      path,
      `an answer of ${READERS.map(({ title }) => title).join(", ")}, or a table`,
      "another document; if it is one of them without a position, name it with --from",
    );
  if (other !== undefined)
    throw new FormatError(
      path,
      "an answer of one venue",
      `one that may be of ${fitting.map(({ title }) => title).join(" or ")}; say which with --from`,
    );
  return reader;
}

/**
 * One asset of the book. A perpetual is worth size·p − cost at every price p: rounding its size down, and its entry price so
 * that the cost is no lower, makes it worth no more at any price.
 */
function positionOf(asset: Netted, listing: Listing, round: boolean, rounded: Set<string>): Position {
  const { slot, spotPath, perpPath, spot, size, cost, funding } = asset;
  const { symbol = "", decimals = 0 } = listing[slot] ?? {};
  const quanta = (amount: Exact, path: string): Exact => {
    if (hasDecimals(amount, decimals)) return amount;
    if (!round)
      throw new PrecisionError(
        path,
        `at most ${decimals} decimals, the asset's quantum`,
        "more; to round it against the account, say --round",
      );
    rounded.add(symbol);
    return { n: floorUnits(amount, decimals), d: 10n ** BigInt(decimals) };
  };
  const [held, perp] = [quanta(spot, spotPath), quanta(size, perpPath)];
  const text = (amount: Exact) => formatDecimal(floorUnits(amount, decimals), decimals);
  if (perp.n === 0n) {
    if (cost.n !== 0n || size.n !== 0n || funding.n !== 0n)
      throw new OutOfRangeError(
        perpPath,
        "a perpetual of at least one quantum",
        "long and short that cancel, or a smaller one, with a profit of their own; close them, or write the profit as a holding",
      );
    return { asset: symbol, spot: text(held), perp: "0" };
  }
  const price = over(cost, perp);
  if (price.n <= 0n)
    throw new OutOfRangeError(
      perpPath,
      "an average entry price above 0",
      "long and short whose profit is larger than what is left of them; close the smaller side",
    );
  const up = perp.n > 0n;
  const entryPrice = (up ? ceilUnits : floorUnits)(price, USD_DECIMALS);
  // What funding was paid at entry is subtracted from what is due, so the other way round.
  const entryFunding = (up ? floorUnits : ceilUnits)(over(funding, perp), USD_DECIMALS);
  return {
    asset: symbol,
    spot: text(held),
    perp: text(perp),
    entryPrice: formatDecimal(entryPrice, USD_DECIMALS),
    entryFunding: formatDecimal(entryFunding, USD_DECIMALS),
  };
}
