import { ODOMETER_UNIT } from "zkmargin/protocol";
import { factorText } from "zkmargin/verify";
import { TOKEN } from "./setting.js";

/** A whole number with its thousands apart. */
export function count(number: bigint | number): string {
  return number.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Attodollars, or units of a dollar token, as dollars and cents, rounded to the nearest cent. */
export function money(amount: bigint): string {
  const cents = (amount + TOKEN / 200n) / (TOKEN / 100n);
  return `$${count(cents / 100n)}.${(cents % 100n).toString().padStart(2, "0")}`;
}

/** Units of a token, to four decimals. */
export function coins(amount: bigint, symbol: string): string {
  const tenThousandths = (amount * 10_000n + TOKEN / 2n) / TOKEN;
  const decimals = (tenThousandths % 10_000n).toString().padStart(4, "0").replace(/0+$/, "");
  return `${count(tenThousandths / 10_000n)}${decimals && `.${decimals}`} ${symbol}`;
}

/** A health factor, 12345 → "1.2345"; null is infinite. */
export function factor(bps: bigint | number | null): string {
  return bps === null ? "∞" : factorText(bps);
}

/** Basis points, zero or more, as a percentage: 150 → "1.50 %". */
export function percent(bps: bigint | number): string {
  return `${BigInt(bps) / 100n}.${(BigInt(bps) % 100n).toString().padStart(2, "0")} %`;
}

/** A move of the odometer as a percentage. */
export function moved(units: bigint): string {
  return percent((units * 10_000n) / ODOMETER_UNIT);
}

/** Milliseconds, with a decimal below 100. */
export function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}

/** Unix seconds to the minute, UTC: 2021-05-19 13:10. */
export function isoMinute(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
}

/** Names as a list: "a, b and c". */
export function names(list: readonly string[]): string {
  return list.length < 2 ? list.join("") : `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
}

/** Two columns of names and values. */
export function pairs(rows: readonly (readonly [string, string])[], indent = "  "): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${indent}${name.padEnd(width)}  ${value}\n`).join("");
}

/** Rows below a header and a rule. Columns of text stand to the left, by default the first; numbers to the right. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { text = [0] }: { readonly text?: readonly number[] } = {},
): string {
  const widths = header.map((title, c) =>
    Math.max(title.length, ...rows.map((row) => (row[c] ?? "").length)),
  );
  const line = (cells: readonly string[]) => {
    const padded = cells.map((cell, c) =>
      text.includes(c) ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0),
    );
    return `  ${padded.join("  ")}`.trimEnd();
  };
  const rule = `  ${widths.map((width) => "─".repeat(width)).join("  ")}`;
  return [line(header), rule, ...rows.map(line)].map((one) => `${one}\n`).join("");
}
