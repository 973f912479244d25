/** Reading of files that others have written: tables in any common dialect, JSON without loss, numbers in their notations. */
import { CsvError, parse } from "csv-parse/sync";
import { FormatError, MalformedError, OutOfRangeError } from "../errors.js";
import type { CsvRow } from "./csv.js";

/** What may stand between cells. */
const DELIMITERS = [",", ";", "\t", "|"] as const;
/** Far above any real table; stops a line without end. */
const CELL_MAX = 4_096;

/**
 * Reads a table that another program wrote: cells between commas, semicolons, tabs or bars, quoted or not, LF or CRLF, with or
 * without a byte-order mark. Blank lines are passed over. The first line tells the delimiter, and every row has as many cells.
 * @param path the file's, for errors: a row's is `path.lineN`
 * @throws MalformedError naming the line
 */
export function parseTable(text: string, path: string): CsvRow[] {
  const delimiter = delimiterOf(text);
  try {
    const records = parse(text, {
      bom: true,
      delimiter,
      info: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
      max_record_size: 1 << 20,
    }) as unknown as { readonly record: readonly string[]; readonly info: { readonly lines: number } }[];
    return records.map(({ record, info }): CsvRow => {
      const row = { path: `${path}.line${info.lines}`, cells: record };
      if (record.some((cell) => cell.length > CELL_MAX))
        throw new MalformedError(row.path, `cells of at most ${CELL_MAX} characters`, "a longer one");
      return row;
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === "number" ? `.line${error.lines}` : "";
    throw new MalformedError(`${path}${line}`, "rows of as many cells, quoted as CSV", csvFault(error.code));
  }
}

/** The delimiter that the first line has most of outside of quotation marks. */
function delimiterOf(text: string): string {
  const line = text.replace(/^\uFEFF/, "").match(/[^\r\n]+/)?.[0] ?? "";
  const bare = line.replace(/"(?:[^"]|"")*"/g, "");
  const count = (delimiter: string) => bare.split(delimiter).length;
  return DELIMITERS.reduce((most, one) => (count(one) > count(most) ? one : most));
}

function csvFault(code: string): string {
  if (code.includes("INCONSISTENT")) return "another number of cells than the first row has";
  if (code.includes("QUOTE")) return "a quotation mark that does not fit";
  if (code.includes("MAX_RECORD_SIZE")) return "a line of a megabyte";
  return "something else";
}

/** More digits than any price or amount has. */
const DIGITS_MAX = 60;
const EXPONENT_MAX = 60;

/**
 * A decimal number as exchanges write it, exactly: plain (`0.00042`), with an exponent (`4.2e-4`), or with thousands
 * separators before a decimal point (`67,837.64`). Digits after `decimals` are rounded to the nearest. `1,234` may be 1.234 or
 * 1234, so it is refused.
 * @returns an integer number of 10^-decimals
 * @throws FormatError, OutOfRangeError (absurdly long). None quotes the text.
 */
export function parseForeignDecimal(text: string, decimals: number, path: string): bigint {
  const grouped = /^-?\d{1,3}(?:,\d{3})+\.\d+$/.test(text) ? text.replaceAll(",", "") : text;
  const match = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(grouped);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match ?? [];
  if (match === null || whole + fraction === "")
    throw new FormatError(path, "a number with a decimal point", fault(text));
  const digits = whole + fraction;
  if (digits.length > DIGITS_MAX || Math.abs(Number(exponent)) > EXPONENT_MAX)
    throw new OutOfRangeError(path, `at most ${DIGITS_MAX} digits`, "a longer number");
  // The value is digits × 10^shift, counted in 10^-decimals.
  const shift = Number(exponent) - fraction.length + decimals;
  const magnitude =
    shift >= 0 ? BigInt(digits) * 10n ** BigInt(shift) : rounded(BigInt(digits), 10n ** BigInt(-shift));
  return sign === "-" ? -magnitude : magnitude;
}

/** A quotient of what is not negative, rounded to the nearest; a half goes up. */
function rounded(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}

function fault(text: string): string {
  if (text === "") return "nothing";
  if (/^-?\d{1,3}(,\d{3})+$/.test(text))
    return "a comma that may be a decimal one or part a thousand from the next";
  if (/^-?[\d.]*,\d+$/.test(text)) return "a decimal comma";
  if (/^-?[\d' _]+(\.\d+)?$/.test(text)) return "spaces or marks between digits";
  return "other text";
}
