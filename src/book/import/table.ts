import { type Exact, hasDecimals, magnitude, minus, negative, times, ZERO } from "../../encoding/exact.js";
import {
  DELIMITERS,
  type Delimiter,
  type NumberStyle,
  numberStyle,
  PLAIN_NUMBERS,
  parseSheet,
  readNumber,
  type SheetRow,
} from "../../encoding/sheet.js";
import {
  FormatError,
  MalformedError,
  MissingFieldError,
  PrecisionError,
  type ZkMarginError,
} from "../../errors.js";
import { USD_DECIMALS } from "../../protocol/bounds.js";
import type { BookDraft } from "./bookDraft.js";
import { isDated, isOption, linearName } from "./symbols.js";

/** What a column of a table may hold. */
export const COLUMNS = ["asset", "spot", "debt", "perp", "side", "entry price", "entry funding"] as const;
/** The name of a column of a table, as `--map` has it. */
export type Column = (typeof COLUMNS)[number];

/** How a table is to be read. */
export interface TableOptions {
  /** Names of columns, or `#3` for the third; `ignore` names those that say nothing about the book. */
  readonly map?: readonly { readonly column: Column | "ignore"; readonly name: string }[];
  /** The language whose notation the numbers have. */
  readonly locale?: string;
}

/** Names that a column may have without being mapped, in the form of {@link bare}. */
const NAMES: Readonly<Record<Column, readonly string[]>> = {
  asset: ["asset", "symbol", "coin", "currency", "ccy", "token", "instrument", "market", "contract"],
  spot: ["spot", "balance", "walletbalance", "holding", "holdings", "spotbalance"],
  debt: ["debt", "borrowed", "owed", "liability", "liabilities", "loan"],
  perp: ["perp", "perpetual", "position", "positionamt", "positionsize"],
  side: ["side", "direction", "positionside"],
  "entry price": ["entryprice", "avgentryprice", "averageentryprice", "avgprice", "averageprice"],
  "entry funding": ["entryfunding"],
};
/** Names that may be the amount of a holding or of a position: they have to be mapped. */
const UNCLEAR: readonly string[] = [
  "amount",
  "quantity",
  "qty",
  "size",
  "total",
  "units",
  "contracts",
  "entry",
  "price",
  "unit",
];
/** Words in the names of columns that change what the others mean, so that none is passed over without being mapped. */
const TELLING =
  /side|direction|debt|borrow|loan|liabilit|owed|owing|payable|overdraft|credit|interest|short|collateral|deposit|supplied|supply|staked|lent|contractsize|contractval|lotsize|multiplier|marginmode|margintype|isolated|entryfunding|entryprice|schuld|verbindlich|kredit|darlehen|leih|dette|emprunt|deuda|pr[eé]stamo|debito|prestito|负债|負債|借/;
/** Cells that say so of their row, whatever their column is called. */
const TELLING_CELL =
  /^(short|sell|sold|borrow(ed|ing)?|loan|debt|liabilit(y|ies)|owed|isolated|closed|lots?|contracts?|thousands?|millions?)$/i;
/** Columns that say in what a price is. */
const QUOTED_IN =
  /^(quote|pricein|settle|margin(coin|asset|currency))|(quote|price|settlement)(currency|asset|coin)$/;
/** Columns that say whose a row is. */
const OWNERS = /^(sub)?(accounts?|portfolio|wallet)(name|id|type)?$/;
/** What may stand in the name of a column beside what it holds, without marks: "Entry Price, $". */
const PRICE_UNITS: readonly string[] = ["", "usd", "usdc", "usdt", "us", "dollars", "usdperunit", "perunit"];
const AMOUNT_UNITS: readonly string[] = ["", "units", "coins", "tokens", "quantity", "qty"];
const TOTALS = /^(grand ?)?(sub ?)?(totals?|sum|summe|gesamt|zwischensumme|total general|totale)\b:?$/i;
/** Lines above the header that a program may have written: a title, a date. */
const MOST_LINES_ABOVE = 20;

interface Header {
  readonly delimiter: Delimiter;
  readonly rows: readonly SheetRow[];
  readonly above: number;
  readonly cells: readonly string[];
  readonly columns: ReadonlyMap<Column, number>;
  /** Columns that are read as no part of the book, though nobody said that they are none. */
  readonly passed: ReadonlySet<number>;
}

/**
 * Reads a table of holdings and perpetuals: any order and case of columns, others beside them, quoted cells, commas,
 * semicolons or tabs, blank lines and lines of totals.
 * @throws MalformedError, FormatError, MissingFieldError, and what the draft throws, with paths such as `book.line3.spot`
 */
export function readTable(text: string, path: string, options: TableOptions, draft: BookDraft): void {
  const style = options.locale === undefined ? PLAIN_NUMBERS : numberStyle(options.locale);
  const header = findHeader(text, path, options);
  const { rows, above, cells, delimiter } = header;
  if (above > 0)
    draft.notes.add(
      `${path}: ${above} line${above === 1 ? "" : "s"} above the header ${above === 1 ? "is" : "are"} passed over`,
    );
  const unread = [...header.passed].map((at) => cells[at] ?? "").filter((name) => name !== "");
  if (unread.length > 0)
    draft.notes.add(
      `${path}: not read: ${unread.join(", ")}; if one is a part of the book, say which by --map`,
    );
  refuseRowsAbove(header, draft);
  let totals = 0;
  const read: SheetRow[] = [];
  for (const row of rows.slice(above + 1)) {
    const first = row.cells.find((cell) => cell !== "") ?? "";
    const symbol = row.cells[header.columns.get("asset") ?? 0] ?? "";
    if (TOTALS.test(first) && !draft.lists(symbol)) {
      totals++;
      continue;
    }
    if (row.cells.length !== cells.length)
      throw new MalformedError(row.path, `${cells.length} cells`, String(row.cells.length));
    if (delimiter === ",") refuseSplitThousands(row, header);
    readRow(row, header, style, delimiter, draft);
    read.push(row);
  }
  refuseTellingCells(read, header, draft);
  if (totals > 0)
    draft.notes.add(
      `${path}: ${totals} line${totals === 1 ? "" : "s"} of totals ${totals === 1 ? "is" : "are"} passed over`,
    );
}

/** The header of a table, and what stands between its cells: only one reading may have the columns that are needed. */
function findHeader(text: string, path: string, options: TableOptions): Header {
  const separator = /^"?sep=(.)"?(\r\n|\n|\r)/i.exec(text);
  const body = separator === null ? text : `${separator[2]}${text.slice(separator[0].length)}`;
  const allowed = DELIMITERS.filter((one) => separator === null || one === separator[1]);
  const found: Header[] = [];
  let failure: ZkMarginError | undefined;
  for (const delimiter of allowed) {
    try {
      const rows = parseSheet(body, path, delimiter);
      const above = rows.slice(0, MOST_LINES_ABOVE).findIndex(({ cells }) => isHeader(cells, options));
      const row = rows[above];
      if (row === undefined) continue;
      found.push({ delimiter, rows, above, cells: row.cells, ...columnsOf(row, options) });
    } catch (error) {
      failure ??= error as ZkMarginError;
    }
  }
  const [header, other] = found;
  if (header !== undefined && other === undefined) return header;
  if (failure !== undefined) throw failure;
  throw new FormatError(
    `${path}.line1`,
    `a header with the columns asset and spot or perp, among ${COLUMNS.join(", ")}`,
    "others; say which they are with --map, such as --map asset=Coin --map spot=Total",
  );
}

/** The name of a column without case, marks and units: "Entry Price, $" and "entry_price" are one. */
function bare(name: string): string {
  return name
    .replace(/[,([].*$/, "")
    .toLowerCase()
    .replace(/[\s_.\-/]/g, "");
}

/** What the name of a column says in parentheses, brackets or after a comma, without marks. */
function unitIn(name: string): string {
  return (/[,([](.*)$/.exec(name)?.[1] ?? "").toLowerCase().replace(/[\s_.\-/$,()[\]]/g, "");
}

/** Whether a column holds units, or dollars a unit: "Balance (USD)" holds neither. */
function isInUnits(column: Column, name: string): boolean {
  if (column === "asset" || column === "side") return true;
  if (column === "entry price" || column === "entry funding") return PRICE_UNITS.includes(unitIn(name));
  return AMOUNT_UNITS.includes(unitIn(name)) && !/[$€£¥%]/.test(name);
}

function isHeader(cells: readonly string[], options: TableOptions): boolean {
  const mapped = options.map ?? [];
  const has = (column: Column) =>
    mapped.some((one) => one.column === column && cells.some((cell, at) => named(cell, at, one.name))) ||
    cells.some((cell) => NAMES[column].includes(bare(cell)));
  const amounts: readonly Column[] = ["spot", "debt", "perp"];
  return has("asset") && (amounts.some(has) || cells.some((cell) => UNCLEAR.includes(bare(cell))));
}

function named(cell: string, at: number, name: string): boolean {
  return name === `#${at + 1}` || (cell !== "" && cell.toLowerCase() === name.trim().toLowerCase());
}

function columnsOf(row: SheetRow, options: TableOptions): Pick<Header, "columns" | "passed"> {
  const columns = new Map<Column, number>();
  const taken = new Set<number>();
  const passed = new Set<number>();
  for (const { column, name } of options.map ?? []) {
    const places = row.cells.flatMap((cell, at) => (named(cell, at, name) ? [at] : []));
    const [place] = places;
    if (place === undefined || places.length > 1)
      throw new FormatError(
        row.path,
        `one column that --map names for ${column}`,
        places.length === 0 ? "none of that name" : "several of that name; name it by its place, such as #3",
      );
    if (taken.has(place))
      throw new FormatError(row.path, "each column mapped once", "one that is mapped twice");
    taken.add(place);
    if (column === "ignore") continue;
    if (columns.has(column)) throw new FormatError(row.path, `one column for ${column}`, "two by --map");
    columns.set(column, place);
  }
  row.cells.forEach((cell, at) => {
    if (taken.has(at)) return;
    const name = bare(cell);
    const column = COLUMNS.find((one) => NAMES[one].includes(name));
    const path = `${row.path}.column${at + 1}`;
    if (column !== undefined && !isInUnits(column, cell))
      throw new FormatError(
        path,
        column.startsWith("entry") ? "dollars a unit" : "units of the asset",
        "a column in something else; if it is what is expected, say so by --map, else --map ignore=NAME",
      );
    if (column !== undefined && !columns.has(column)) columns.set(column, at);
    else if (column !== undefined)
      throw new FormatError(
        path,
        `one column for ${column}`,
        "another one; say which by --map, and --map ignore=NAME for the rest",
      );
    else if (UNCLEAR.includes(name) || TELLING.test(name))
      throw new FormatError(
        path,
        "a column whose meaning is clear",
        `one that may change the book; say what it is by --map, such as --map perp=NAME, or --map ignore=NAME`,
      );
    else passed.add(at);
  });
  if (!["spot", "debt", "perp"].some((one) => columns.has(one as Column)))
    throw new MissingFieldError(
      row.path,
      "a column spot, debt or perp",
      "none; say which by --map, such as --map spot=NAME",
    );
  return { columns, passed };
}

/** A line above the header with an asset and a number is one of another table, not a title. */
function refuseRowsAbove({ rows, above }: Header, draft: BookDraft): void {
  for (const row of rows.slice(0, above))
    if (
      row.cells.some((cell) => draft.lists(cell)) &&
      row.cells.some((cell) => /^[+-]?[$(]?[0-9]/.test(cell))
    )
      throw new FormatError(
        row.path,
        "titles alone above the header",
        "a row with an asset and a number; give each table as a file of its own",
      );
}

/** Columns that are not read may say that a row is a debt, of another account, or priced in another coin. */
function refuseTellingCells(rows: readonly SheetRow[], { cells, passed }: Header, draft: BookDraft): void {
  for (const at of passed) {
    const name = bare(cells[at] ?? "");
    const advice = `; say what it is by --map, or --map ignore=#${at + 1}`;
    const first = rows.find((row) => row.cells[at] !== "")?.cells[at];
    for (const row of rows) {
      const cell = row.cells[at] ?? "";
      const path = `${row.path}.column${at + 1}`;
      if (TELLING_CELL.test(cell))
        throw new FormatError(
          path,
          "a column that does not change what the others mean",
          `a word that may${advice}`,
        );
      if (QUOTED_IN.test(name) && cell !== "" && !/^(USD|USDC|USDT|\$)$/i.test(cell))
        throw new FormatError(path, "prices in dollars", `another coin${advice}`);
      if (OWNERS.test(name) && cell !== "" && cell !== first && !draft.options.add)
        throw new FormatError(
          path,
          "rows of one account",
          "another account; give each account as a file of its own, or say --add to add them up",
        );
    }
  }
}

/** "USDC,25,000" may be twenty-five thousand, or twenty-five with a remark. */
function refuseSplitThousands(row: SheetRow, { columns, passed }: Header): void {
  for (const column of ["spot", "debt", "perp", "entry price"] as const) {
    const at = columns.get(column);
    if (at === undefined || !passed.has(at + 1)) continue;
    if (
      /^[+-]?[1-9][0-9]{0,2}$/.test(row.cells[at] ?? "") &&
      /^[0-9]{3}(\.[0-9]+)?$/.test(row.cells[at + 1] ?? "")
    )
      throw new FormatError(
        row.path,
        "numbers whose separators of thousands are quoted",
        `cells that may be one number; if they are two, say --map ignore=#${at + 2}`,
      );
  }
}

function readRow(
  row: SheetRow,
  { columns }: Header,
  style: NumberStyle,
  delimiter: Delimiter,
  draft: BookDraft,
): void {
  const cell = (column: Column) => row.cells[columns.get(column) ?? -1] ?? "";
  const at = (column: Column) =>
    `${row.path}.${column.replace(/ (.)/, (_, letter: string) => letter.toUpperCase())}`;
  const number = (column: Column): Exact | undefined =>
    cell(column) === "" ? undefined : readNumber(cell(column), at(column), style, delimiter);
  for (const column of ["spot", "debt", "perp"] as const)
    if (cell(column).includes("$"))
      throw new FormatError(at(column), "units of the asset", "an amount of dollars");

  const [spot, debt, perp] = [number("spot"), number("debt"), number("perp")];
  const [entry, funding] = [number("entry price"), number("entry funding")];
  for (const [column, price] of [
    ["entry price", entry],
    ["entry funding", funding],
  ] as const)
    if (price !== undefined && !hasDecimals(price, USD_DECIMALS))
      throw new PrecisionError(at(column), `at most ${USD_DECIMALS} decimals`, "more");
  const symbol = cell("asset");
  if (symbol === "") throw new MissingFieldError(at("asset"), "an asset", "an empty cell");
  if (spot === undefined && debt === undefined && perp === undefined)
    throw new MissingFieldError(row.path, "a holding, a debt or a perpetual; 0 for none", "empty cells");
  if (isOption(symbol)) return draft.option(row.path);
  if (isDated(symbol)) return draft.option(row.path, "a dated future");

  if (debt !== undefined && debt.n !== 0n && spot !== undefined && spot.n < 0n)
    throw new FormatError(at("debt"), "a debt as a negative holding or in a column of its own", "both");
  const owed = debt === undefined ? ZERO : magnitude(debt);
  draft.spot(row.path, "table", symbol, minus(spot ?? ZERO, owed), at("asset"));

  if (perp === undefined && !/^(long|buy|both|net)?$/i.test(cell("side")))
    throw new FormatError(
      at("side"),
      "no side of a holding, or long",
      "another, which its amount does not show",
    );
  const size = perp === undefined ? ZERO : withSide(perp, cell("side"), at("side"));
  if (size.n === 0n) {
    if (funding !== undefined && funding.n !== 0n)
      throw new FormatError(at("entry funding"), "none or 0 without a perpetual", "another value");
    if (entry !== undefined && entry.n !== 0n)
      throw new FormatError(at("entry price"), "none or 0 without a perpetual", "another value");
    return;
  }
  if (entry === undefined)
    throw new MissingFieldError(at("entry price"), "an entry price for the perpetual", "none");
  const names = draft.lists(symbol)
    ? { base: symbol, quote: "USD" }
    : linearName(symbol, (name) => draft.lists(name), at("asset"));
  draft.linear(row.path, "table", {
    instrument: symbol,
    assetPath: at("asset"),
    ...names,
    size,
    entry,
    ...(funding === undefined ? {} : { funding: times(size, funding) }),
  });
}

function withSide(size: Exact, side: string, path: string): Exact {
  if (side === "") return size;
  const word = side.toLowerCase();
  if (["long", "buy", "both", "net"].includes(word)) {
    if (size.n < 0n && word !== "both" && word !== "net")
      throw new FormatError(path, "a side that agrees with the size", "long, of a negative size");
    return size;
  }
  if (["short", "sell"].includes(word)) return negative(magnitude(size));
  throw new FormatError(path, "long, short, buy or sell", "other text");
}
