import { MalformedError } from "../errors.js";

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
