import { SCALE } from "../protocol/statement.js";
import { factorText } from "../prove/statementWords.js";

const CENTS = SCALE * 10n ** 16n;

/** An amount in attodollars × SCALE as dollars and cents, rounded to the nearest cent, for people. */
export function dollars(amount: bigint): string {
  const size = amount < 0n ? -amount : amount;
  const cents = (size + CENTS / 2n) / CENTS;
  const whole = (cents / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  return `${amount < 0n && cents > 0n ? "−" : ""}$${whole}.${(cents % 100n).toString().padStart(2, "0")}`;
}

/** A health factor, 12345 → "1.2345"; null is infinite. */
export function factor(bps: bigint | number | null): string {
  if (bps === null) return "∞";
  return factorText(bps);
}

/** Basis points as a percentage, 150 → "1.50 %". */
export function percent(bps: bigint | number): string {
  const value = BigInt(bps);
  const size = value < 0n ? -value : value;
  return `${value < 0n ? "−" : ""}${size / 100n}.${(size % 100n).toString().padStart(2, "0")} %`;
}

/** Basis points as a bare percentage without needless zeros, −2050 → "−20.5". */
export function shortPercent(bps: number): string {
  return percent(bps).replace(/\.?0* %$/, "");
}

/** Decimals padded on the right, so that their points stand under each other. */
export function alignPoints(numbers: readonly string[]): string[] {
  const decimals = (text: string) => (text.includes(".") ? text.length - text.indexOf(".") : 0);
  const most = Math.max(0, ...numbers.map(decimals));
  return numbers.map((text) => text + " ".repeat(most - decimals(text)));
}

/** How a table is laid out. */
interface Layout {
  readonly indent?: string;
  /** Columns of text, which stand to the left; the first one by default. Numbers stand to the right. */
  readonly text?: readonly number[];
}

/** Rows as aligned columns below a header and a rule. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { indent = "  ", text = [0] }: Layout = {},
): string {
  const widths = header.map((title, c) =>
    Math.max(title.length, ...rows.map((row) => (row[c] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    `${indent}${cells
      .map((cell, c) => (text.includes(c) ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0)))
      .join("  ")}`.trimEnd();
  const rule = indent + widths.map((width) => "─".repeat(width)).join("  ");
  return [line(header), rule, ...rows.map(line)].map((text) => `${text}\n`).join("");
}

/** A value as JSON text for programs: bigints as decimal strings, two spaces of indentation. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, (_, v) => (typeof v === "bigint" ? v.toString() : v), 2)}\n`;
}

/** Two columns of names and values. */
export function pairs(rows: readonly (readonly [string, string])[], indent = "  "): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${indent}${name.padEnd(width)}  ${value}\n`).join("");
}

/** A list of amounts: names to the left, amounts to the right, remarks behind. */
export function amounts(rows: readonly (readonly [string, bigint, string?])[], indent = "  "): string {
  const name = Math.max(...rows.map(([text]) => text.length));
  const size = Math.max(...rows.map(([, amount]) => dollars(amount).length));
  return rows
    .map(([text, amount, remark = ""]) =>
      `${indent}${text.padEnd(name)}  ${dollars(amount).padStart(size)}  ${remark}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** Unix seconds for people: 2021-05-19T13:10:00Z. */
export function isoTime(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString().replace(".000", "");
}

/** Unix seconds for people, to the minute: 2021-05-19 13:10. */
export function isoMinute(seconds: number): string {
  return isoTime(BigInt(seconds)).slice(0, 16).replace("T", " ");
}

/** Now, unix seconds. */
export function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
