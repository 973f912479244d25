import { type CsvError, parse } from "csv-parse/sync";
import { FormatError, MalformedError, OutOfRangeError } from "../errors.js";
import { type Exact, exact, floorUnits, parseExact, plus } from "./exact.js";

/** One line of data of a CSV file. */
export interface CsvRow {
  /** Path for errors: the file's, then the line's number from 1, the header being line 1. */
  readonly path: string;
  /** As many as the header has. */
  readonly cells: readonly string[];
}

/**
 * Splits a plain CSV text: commas, no quotation marks, LF or CRLF, a header and any number of rows. One final
 * newline and one leading byte-order mark (spreadsheets write it) are allowed; blank lines are not.
 * @throws MalformedError naming the line.
 */
export function parseCsv(text: string, path: string): { header: readonly string[]; rows: readonly CsvRow[] } {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines.length > 1 && lines[lines.length - 1] === "") lines.pop();
  const table = lines.map((line, index): CsvRow => {
    const at = `${path}.line${index + 1}`;
    if (line === "") throw new MalformedError(at, "a line of cells", "an empty line");
    if (/["\r]/.test(line))
      throw new MalformedError(at, "plain cells", "a quotation mark or a bare carriage return");
    return { path: at, cells: line.split(",") };
  });
  const [first, ...rows] = table;
  if (!first) throw new MalformedError(path, "a header line", "none");
  const delimiter = OTHER_DELIMITERS.find(
    ([character]) => first.cells.length === 1 && first.cells[0]?.includes(character),
  );
  if (delimiter !== undefined)
    throw new MalformedError(first.path, "cells separated by commas", `${delimiter[1]} between them`);
  for (const row of rows) {
    if (row.cells.length !== first.cells.length)
      throw new MalformedError(row.path, `${first.cells.length} cells`, String(row.cells.length));
  }
  return { header: first.cells, rows };
}

/** What spreadsheets put between cells where a comma is the decimal point. */
const OTHER_DELIMITERS = [
  [";", "semicolons"],
  ["\t", "tabs"],
  ["|", "bars"],
] as const;

/** The cell in a column; every row has as many cells as the header. */
export function cell(row: CsvRow, column: number): string {
  const value = row.cells[column];
  if (value === undefined) throw new MalformedError(row.path, `a cell ${column + 1}`, "none");
  return value;
}

/**
 * The text of bytes in UTF-8 or UTF-16, of which a byte-order mark or the zero bytes of plain letters tell. Without the mark.
 * @throws MalformedError for bytes that are neither, and for text with zero characters
 */
export function decodeText(bytes: Uint8Array, path: string): string {
  const encoding = encodingOf(bytes);
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new MalformedError(path, "text in UTF-8 or UTF-16", "other bytes; save it as UTF-8");
  }
  if (text.includes("\0")) throw new MalformedError(path, "text in UTF-8 or UTF-16", "zero bytes");
  return text;
}

function encodingOf(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  const zeros = [0, 0];
  const sample = bytes.subarray(0, 1000);
  sample.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  if (even === 0 && odd > sample.length / 4) return "utf-16le";
  return odd === 0 && even > sample.length / 4 ? "utf-16be" : "utf-8";
}

/** A line of a table with its cells, without white space around them. */
export interface SheetRow {
  /** The file's path, then the number of the line, from 1. */
  readonly path: string;
  readonly cells: readonly string[];
}

/** What stands between cells. */
export const DELIMITERS = [",", ";", "\t", "|"] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** Bytes of a line at most: a quotation mark that is never closed takes no file into memory twice. */
const LONGEST_LINE = 2 ** 17;

/**
 * The lines of a table: quoted cells, any line end, blank lines left out. Lines may differ in their number of cells.
 * @throws MalformedError for quotation marks that do not match, with the line
 */
export function parseSheet(text: string, path: string, delimiter: Delimiter): SheetRow[] {
  try {
    const found = parse(text, {
      bom: true,
      delimiter,
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true,
      trim: true,
      max_record_size: LONGEST_LINE,
      info: true,
    }) as unknown as { info: { lines: number }; record: string[] }[];
    return found
      .map(({ info, record }) => ({
        path: `${path}.line${info.lines}`,
        cells: record.map((cell) => cell.trim()),
      }))
      .filter(({ cells }) => cells.some((cell) => cell !== ""));
  } catch (error) {
    const { code, lines } = error as CsvError & { lines?: number };
    if (code === undefined) throw error;
    const at = lines === undefined ? path : `${path}.line${lines}`;
    if (code === "CSV_MAX_RECORD_SIZE")
      throw new MalformedError(at, `lines of at most ${LONGEST_LINE} bytes`, "a longer one");
    throw new MalformedError(at, "cells whose quotation marks match", "others");
  }
}

/** How a table writes numbers. */
export interface NumberStyle {
  /** The mark before decimals. */
  readonly point: string;
  /** What may stand between groups of digits; null where no locale was said. */
  readonly group: string | null;
  /** Digits of the groups, from the right; the last size repeats. */
  readonly sizes: readonly number[];
}

/** Where no locale is said: a decimal point, and separators of thousands only where they can be nothing else. */
export const PLAIN_NUMBERS: NumberStyle = { point: ".", group: null, sizes: [3] };

const SPACES = " \u00a0\u2009\u202f";
const APOSTROPHES = "'\u2019";

/**
 * How numbers are written in a language, such as `de` or `fr-CH`.
 * @throws FormatError for a tag that names no known language
 */
export function numberStyle(locale: string, path = "--locale"): NumberStyle {
  const known = (() => {
    try {
      return Intl.NumberFormat.supportedLocalesOf([locale]).length > 0;
    } catch {
      return false;
    }
  })();
  if (!known) throw new FormatError(path, "a language such as de, fr or en-US", "another text");
  const parts = new Intl.NumberFormat(locale, { numberingSystem: "latn", useGrouping: true }).formatToParts(
    1234567890.5,
  );
  const digits = parts.filter(({ type }) => type === "integer").map(({ value }) => value.length);
  return {
    point: parts.find(({ type }) => type === "decimal")?.value ?? ".",
    group: parts.find(({ type }) => type === "group")?.value ?? "",
    sizes: digits.slice(1).reverse(),
  };
}

/**
 * A number in a cell of a table, exactly. Parentheses around it make it negative. What could be read in two ways is refused.
 * @param delimiter of the table: between semicolons a point may separate thousands, so that "1.234" says nothing
 * @throws FormatError, OutOfRangeError, which do not quote the cell
 */
export function readNumber(cell: string, path: string, style: NumberStyle, delimiter: Delimiter): Exact {
  const inner = /^\(([^()+\-\u2212]*)\)$/.exec(cell)?.[1];
  const signed = (inner === undefined ? cell : `-${inner.trim()}`)
    .replace(/^\u2212/, "-")
    .replace(/^([+-]?)\$/, "$1");
  if (/[0-9]E[+-][0-9]{2}$/.test(signed))
    throw new FormatError(path, "a number with all its digits", "one that a spreadsheet has shortened");
  const plain = style.group === null ? withoutGuess(signed, path, delimiter) : inLocale(signed, style);
  const value = plain === undefined ? undefined : parseExact(plain);
  if (value !== undefined) return value;
  if (plain !== undefined && /^[+-]?[0-9.]{60,}/.test(plain))
    throw new OutOfRangeError(path, "at most 80 digits", "a longer number");
  throw new FormatError(path, "a number, or an empty cell", wordsFor(signed));
}

/** The number as programs write it, where its notation can mean one thing only; otherwise as it is. */
function withoutGuess(text: string, path: string, delimiter: Delimiter): string {
  if (delimiter === ";" && /^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$/.test(text))
    throw new FormatError(path, "a number that can be read in one way", `${AMBIGUOUS} or --locale en`);
  if (/^[+-]?[1-9][0-9]{0,2},[0-9]{3}$/.test(text))
    throw new FormatError(path, "a number that can be read in one way", `${AMBIGUOUS} or --locale en`);
  if (/^[+-]?[0-9]+,[0-9]+$/.test(text))
    throw new FormatError(
      path,
      "a decimal point",
      "a comma; say how numbers are written, such as --locale de",
    );
  if (/^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?$/.test(text)) return text.replaceAll(",", "");
  for (const marks of [SPACES, APOSTROPHES])
    if (new RegExp(`^[+-]?[1-9][0-9]{0,2}([${marks}][0-9]{3})+(\\.[0-9]+)?$`).test(text))
      return text.replace(new RegExp(`[${marks}]`, "g"), "");
  return text;
}

const AMBIGUOUS = "one that may mean thousands or decimals; say how numbers are written, such as --locale de";

/** The number as programs write it, or undefined where it is not written as the locale writes numbers. */
function inLocale(text: string, { point, group, sizes }: NumberStyle): string | undefined {
  const marks =
    group === null || group === ""
      ? ""
      : SPACES.includes(group)
        ? SPACES
        : APOSTROPHES.includes(group)
          ? APOSTROPHES
          : group;
  const match = new RegExp(
    `^([+-]?)([0-9${escaped(marks)}]*?)(?:${escaped(point)}([0-9]+))?([eE][+-]?[0-9]{1,2})?$`,
  ).exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction, exponent = ""] = match;
  const groups = marks === "" ? [whole] : whole.split(new RegExp(`[${escaped(marks)}]`));
  if (groups.length > 1) {
    const fits = groups
      .slice(1)
      .reverse()
      .every((digits, at) => digits.length === (sizes[at] ?? sizes.at(-1)));
    const first = groups[0] ?? "";
    if (!fits || first.length === 0 || first.length > (sizes[groups.length - 1] ?? sizes.at(-1) ?? 3))
      return undefined;
  }
  return `${sign}${groups.join("")}${fraction === undefined ? "" : `.${fraction}`}${exponent}`;
}

function escaped(marks: string): string {
  return marks.replace(/[.\\\]^-]/g, "\\$&");
}

/** What a cell that is no number is, in words that do not give it away. */
function wordsFor(text: string): string {
  if (/^#/.test(text)) return "an error of a spreadsheet";
  if (/%$/.test(text)) return "a percentage";
  if (/^[+-]?0[xX]/.test(text)) return "hexadecimal";
  if (/^[+-]?0[0-9]/.test(text)) return "leading zeros";
  if (/^[+-]?[0-9]/.test(text))
    return "a number in another notation; say how numbers are written with --locale";
  return "other text";
}

/** Reading of price files that others have written: tables whose columns are told by a header, and numbers that may be rounded. */

/** Far above any real table; stops a line without end. */
const CELL_MAX = 4_096;

/**
 * Reads a table that another program wrote: cells between commas, semicolons, tabs or bars, quoted or not. The first line tells
 * the delimiter, and every row has as many cells.
 * @param path the file's, for errors: a row's is `path.lineN`
 * @throws MalformedError naming the line
 */
export function parseTable(text: string, path: string): SheetRow[] {
  const delimiter = delimiterOf(text);
  const rows = parseSheet(text, path, delimiter);
  if (delimiter === ";") refuseUnclearPoints(rows);
  const width = rows[0]?.cells.length ?? 0;
  for (const row of rows) {
    if (row.cells.length !== width)
      throw new MalformedError(row.path, `${width} cells, as the first row has`, String(row.cells.length));
    if (row.cells.some((cell) => cell.length > CELL_MAX))
      throw new MalformedError(row.path, `cells of at most ${CELL_MAX} characters`, "a longer one");
  }
  return rows;
}

/** Between semicolons 40.000 may be forty thousand: another number has to show that the point is a decimal one. */
function refuseUnclearPoints(rows: readonly SheetRow[]): void {
  const numbers = rows.flatMap(({ path, cells }) =>
    cells.filter((cell) => /^\d+\.\d+$/.test(cell)).map((cell) => ({ path, cell })),
  );
  const [first] = numbers;
  if (first !== undefined && numbers.every(({ cell }) => /^[1-9]\d{0,2}\.\d{3}$/.test(cell)))
    throw new FormatError(
      first.path,
      "numbers that can be read in one way",
      "points that may part thousands; save the table with commas between cells, or with more decimals",
    );
}

/** The delimiter that the first line has most of outside of quotation marks. */
function delimiterOf(text: string): Delimiter {
  const line = text.replace(/^\uFEFF/, "").match(/[^\r\n]+/)?.[0] ?? "";
  const bare = line.replace(/"(?:[^"]|"")*"/g, "");
  const count = (delimiter: Delimiter) => bare.split(delimiter).length;
  return DELIMITERS.reduce((most, one) => (count(one) > count(most) ? one : most));
}

/** More characters than any price or amount has. */
const TEXT_MAX = 84;

/**
 * A decimal number as exchanges write it, exactly: plain (`0.00042`), with an exponent (`4.2e-4`), or with thousands
 * separators before a decimal point (`67,837.64`). Digits after `decimals` are rounded to the nearest. `1,234` may be 1.234 or
 * 1234, so it is refused.
 * @returns an integer number of 10^-decimals
 * @throws FormatError, OutOfRangeError (absurdly long). None quotes the text.
 */
export function parseForeignDecimal(text: string, decimals: number, path: string): bigint {
  const grouped = /^-?\d{1,3}(?:,\d{3})+\.\d+$/.test(text) ? text.replaceAll(",", "") : text;
  if (grouped.length > TEXT_MAX) throw new OutOfRangeError(path, "at most 80 digits", "a longer number");
  // A signed price is a change, not a price.
  const value = grouped.startsWith("+") ? undefined : parseExact(grouped);
  if (value === undefined) throw new FormatError(path, "a number with a decimal point", fault(text));
  return floorUnits(plus(value, exact(1n, 2n * 10n ** BigInt(decimals))), decimals);
}

function fault(text: string): string {
  if (text === "") return "nothing";
  if (/^-?\d{1,3}(,\d{3})+$/.test(text))
    return "a comma that may be a decimal one or part a thousand from the next";
  if (/^-?[\d.]*,\d+$/.test(text)) return "a decimal comma";
  if (/^-?[\d' _]+(\.\d+)?$/.test(text)) return "spaces or marks between digits";
  return "other text";
}
