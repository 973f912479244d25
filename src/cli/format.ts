import { stripVTControlCharacters } from "node:util";
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

/** As {@link dollars}, for programs: −1234.5 and no sign of a currency. */
export function plainDollars(amount: bigint): string {
  return dollars(amount).replaceAll(/[$,]/g, "").replace("−", "-");
}

/** As {@link factor}, for programs: empty where there is none. */
export function plainFactor(bps: bigint | number | null): string | null {
  return bps === null ? null : factor(bps);
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

/** What text is shown on: a terminal of so many columns, with colour or without. Anything else has no limit, and no colour. */
interface View {
  readonly columns: number;
  readonly colour: boolean;
}

const PLAIN: View = { columns: Number.POSITIVE_INFINITY, colour: false };
let view = PLAIN;

/** Sets what is written on from now on; the command line does so once, as it starts. Without a view nothing is fitted or coloured. */
export function setView({ columns, colour }: Partial<View>): void {
  view = { columns: columns ?? PLAIN.columns, colour: colour ?? PLAIN.colour };
}

const COLOURS = { good: "32", caution: "33", bad: "31", strong: "1", faint: "2" } as const;
/** What a word is painted for. Colour repeats what the word says; it says nothing alone. */
export type Paint = keyof typeof COLOURS;

/** A word in colour, where there is one. */
export function paint(how: Paint, text: string, colour = view.colour): string {
  return colour && text !== "" ? `\u001b[${COLOURS[how]}m${text}\u001b[0m` : text;
}

/** How a table is laid out. */
interface Layout {
  readonly indent?: string;
  /** Columns of text, which stand to the left; the first one by default. Numbers stand to the right. */
  readonly text?: readonly number[];
  /**
   * Columns that a narrow terminal can do without, the least important first. By default they are dropped from the right. The first
   * column always stays.
   */
  readonly drop?: readonly number[];
}

/** Between two columns. */
const GAP = 2;
/** Columns of text are wrapped to no less. */
const NARROWEST = 16;

/**
 * Rows as aligned columns below a header and a rule. On a terminal that is too narrow it wraps columns of text. If that is not
 * enough it drops columns by their rank, and says so in a last line.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { indent = "  ", text = [0], drop }: Layout = {},
): string {
  const natural = header.map((title, c) => Math.max(width(title), ...rows.map((row) => width(row[c] ?? ""))));
  // Numbers stay whole, and so do the words of a header; text may be wrapped.
  const least = natural.map((most, c) => {
    const cells = Math.max(0, ...rows.map((row) => width(row[c] ?? "")));
    const words = Math.max(...(header[c] ?? "").split(" ").map(({ length }) => length));
    return Math.min(most, Math.max(words, text.includes(c) ? NARROWEST : cells));
  });
  const rank = drop ?? header.map((_, c) => header.length - 1 - c);
  const { widths, kept, dropped } = fitted(natural, least, rank, view.columns - indent.length);
  const line = (cells: readonly string[]) => {
    const wrapped = cells.map((cell, c) => wrap(cell, widths[c] ?? 0));
    const height = Math.max(1, ...kept.map((c) => wrapped[c]?.length ?? 0));
    return Array.from({ length: height }, (_, at) => {
      const shown = kept.map((c) => {
        const cell = wrapped[c]?.[at] ?? "";
        const space = " ".repeat(Math.max((widths[c] ?? 0) - width(cell), 0));
        return text.includes(c) ? cell + space : space + cell;
      });
      return `${indent}${shown.join(" ".repeat(GAP))}`.trimEnd();
    }).join("\n");
  };
  const rule = paint("faint", kept.map((c) => "─".repeat(widths[c] ?? 0)).join(" ".repeat(GAP)));
  const note =
    dropped.length === 0
      ? []
      : [
          ...folded(
            `not shown at this width: ${dropped.map((c) => header[c]).join(", ")}; --json has it`,
            view.columns - indent.length,
          ).map((words) => indent + paint("faint", words)),
        ];
  return [line(header), indent + rule, ...rows.map(line), ...note].map((part) => `${part}\n`).join("");
}

/**
 * The widths of columns, and which of them are kept, in so many characters.
 * @param natural of each column as it is
 * @param least of each column with its text and its header wrapped
 * @param rank columns in the order in which they are dropped
 */
function fitted(natural: readonly number[], least: readonly number[], rank: readonly number[], room: number) {
  const waiting = rank.filter((c) => c !== 0);
  const dropped: number[] = [];
  for (;;) {
    const kept = natural.map((_, c) => c).filter((c) => !dropped.includes(c));
    const widths = [...natural];
    const excess = () => kept.reduce((sum, c) => sum + (widths[c] ?? 0) + GAP, -GAP) - room;
    // The column with the most to give is wrapped first; only where that is not enough another one goes.
    const spare = (c: number) => (natural[c] ?? 0) - (least[c] ?? 0);
    for (const c of kept.toSorted((a, b) => spare(b) - spare(a)))
      widths[c] = Math.max((natural[c] ?? 0) - Math.max(excess(), 0), least[c] ?? 0);
    const next = excess() > 0 ? waiting.shift() : undefined;
    if (next === undefined) return { widths, kept, dropped: dropped.toSorted((a, b) => a - b) };
    dropped.push(next);
  }
}

/** A cell in lines of at most so many characters; a word that is longer is cut. One in colour stays whole. */
function wrap(cell: string, room: number): string[] {
  if (width(cell) <= room || cell.includes("\u001b")) return [cell];
  return folded(cell, room).flatMap((line) =>
    line.length <= room
      ? [line]
      : Array.from({ length: Math.ceil(line.length / room) }, (_, i) => line.slice(i * room, (i + 1) * room)),
  );
}

/** Words in lines of at most so many characters, but for a word that is longer. */
function folded(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Characters that a text takes, colours left out. */
function width(text: string): number {
  return text.includes("\u001b") ? stripVTControlCharacters(text).length : text.length;
}

/** A sentence in as many lines as the terminal needs. */
export function sentence(text: string, indent = "  "): string {
  return folded(text, view.columns - indent.length)
    .map((line) => `${indent}${line}\n`)
    .join("");
}

/** A value as JSON text for programs: bigints as decimal strings, two spaces of indentation. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, (_, v) => (typeof v === "bigint" ? v.toString() : v), 2)}\n`;
}

/** As {@link json}, on one line: what a service prints of an event. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value, (_, v) => (typeof v === "bigint" ? v.toString() : v))}\n`;
}

/** Two columns of names and values. On a narrow terminal a value is wrapped between its words. */
export function pairs(rows: readonly (readonly [string, string])[], indent = "  "): string {
  const names = Math.max(...rows.map(([name]) => name.length));
  const room = view.columns - indent.length - names - GAP;
  return rows
    .map(([name, value]) => {
      const lines = width(value) <= room || room < NARROWEST ? [value] : folded(value, room);
      const rest = lines.slice(1).map((line) => `${indent}${" ".repeat(names + GAP)}${line}\n`);
      return `${indent}${name.padEnd(names)}  ${lines[0] ?? ""}\n${rest.join("")}`;
    })
    .join("");
}

/** A list of amounts: names to the left, amounts to the right, remarks behind. On a narrow terminal remarks are wrapped. */
export function amounts(rows: readonly (readonly [string, bigint, string?])[], indent = "  "): string {
  const name = Math.max(...rows.map(([text]) => text.length));
  const size = Math.max(...rows.map(([, amount]) => dollars(amount).length));
  const before = indent.length + name + size + 2 * GAP;
  return rows
    .flatMap(([text, amount, remark = ""]) => {
      const room = view.columns - before;
      const [first = "", ...rest] =
        remark.length <= room || room < NARROWEST ? [remark] : folded(remark, room);
      return [
        `${indent}${text.padEnd(name)}  ${dollars(amount).padStart(size)}  ${first}`.trimEnd(),
        ...rest.map((line) => " ".repeat(before) + line),
      ];
    })
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
