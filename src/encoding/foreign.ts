/** Reading of price files that others have written: tables whose columns are told by a header, and numbers that may be rounded. */
import { FormatError, MalformedError, OutOfRangeError } from "../errors.js";
import { exact, floorUnits, parseExact, plus } from "./exact.js";
import { DELIMITERS, type Delimiter, parseSheet, type SheetRow } from "./sheet.js";

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
