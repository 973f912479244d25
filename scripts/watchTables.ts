/** The tables of docs/WATCHING.md, made from the code: every metric, every alert, every line of the log. */
import { readFileSync } from "node:fs";
import { DEFAULT_THRESHOLDS, RULES } from "../src/serve/alertRules.js";
import { METRICS } from "../src/serve/metrics.js";
import { EVENT_FIELDS } from "../src/serve/serviceLog.js";

const DOCUMENT = "docs/WATCHING.md";
const cell = (text: string) => text.replaceAll("|", "\\|");
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

const TABLES: Readonly<Record<string, () => string>> = {
  metrics: () =>
    table(
      ["metric", "kind", "labels", "what it is"],
      Object.entries(METRICS).map(([name, { kind, labels, help }]) => [
        `\`${name}\``,
        kind,
        labels.map((label) => `\`${label}\``).join(", "),
        help,
      ]),
    ),
  alerts: () =>
    table(
      ["rule", "severity", "it says", "do"],
      Object.entries(RULES).map(([name, { severity, says, todo }]) => [`\`${name}\``, severity, says, todo]),
    ),
  thresholds: () =>
    table(
      ["threshold", "default"],
      Object.entries(DEFAULT_THRESHOLDS).map(([name, value]) => [`\`${name}\``, String(value)]),
    ),
  lines: () =>
    table(
      ["event", "fields"],
      Object.entries(EVENT_FIELDS).map(([name, fields]) => [
        `\`${name}\``,
        fields.map((field) => `\`${field}\``).join(", "),
      ]),
    ),
};

/** The document with each table between its marks, `<!-- name -->` and `<!-- end -->`, as the code has it now. */
export function watchTables(): Readonly<Record<string, string>> {
  let text = readFileSync(new URL(`../${DOCUMENT}`, import.meta.url), "utf8");
  for (const [name, make] of Object.entries(TABLES)) {
    const marked = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`);
    if (!marked.test(text)) throw new Error(`${DOCUMENT}: expected a table marked ${name}, got none`);
    text = text.replace(marked, (_, open: string, close: string) => `${open}${make()}\n${close}`);
  }
  return { [DOCUMENT]: text };
}
