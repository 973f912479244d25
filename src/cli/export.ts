import { type Cell, csvText } from "../audit/report/csv.js";
import { facts, html, Markup, section, table } from "../audit/report/markup.js";
import { page } from "../audit/report/report.js";
import { type DotChart, dotChart } from "../charts/charts.js";
import { checkOutput, type Io, save } from "./io.js";

/** What `--csv` and `--html` name. */
export interface ResultFileOptions {
  readonly csv?: string;
  readonly html?: string;
}

/** Rows below a header, for a page. */
export interface Sheet {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of text besides the first. */
  readonly text?: readonly number[];
}

/** A result as files: one table for a spreadsheet, and a page for people. Both are as private as what they were made of. */
export interface ResultFiles {
  readonly csv: { readonly header: readonly string[]; readonly rows: readonly (readonly Cell[])[] };
  readonly title: string;
  readonly facts: readonly (readonly [string, string])[];
  readonly sheets: readonly Sheet[];
  readonly charts?: readonly DotChart[];
  /** Drawings that are made already. */
  readonly drawings?: readonly string[];
  /** In place of the word on privacy, where nothing private is shown. */
  readonly footer?: string;
}

/** That the files can be written, before any work is done. @throws UnwritableError, UsageError */
export async function checkExport({ csv, html: path }: ResultFileOptions): Promise<void> {
  for (const file of [csv, path]) if (file !== undefined) await checkOutput(file);
}

/** Writes the files that the options name, for their owner alone. @throws UnwritableError */
export async function writeExport(io: Io, options: ResultFileOptions, exported: ResultFiles): Promise<void> {
  const { csv, html: path } = options;
  if (csv !== undefined) await save(io, csv, csvText(exported.csv.header, exported.csv.rows), "report");
  if (path !== undefined) await save(io, path, pageOf(exported), "report");
}

function pageOf({ title, facts: said, sheets, charts = [], drawings = [], footer }: ResultFiles): string {
  const body = html`
<header><p class="brand">zkmargin</p><h1>${title}</h1>${facts(said)}</header>
<main>
${[...charts.map(dotChart), ...drawings].map((drawn) => html`<figure>${new Markup(drawn)}</figure>`)}
${sheets.map(({ title: of, header, rows, text }, i) => section(`sheet-${i}`, of, table(of, header, rows, text)))}
</main>
<footer><p>${footer ?? "As private as the book: it tells what the book holds."}</p></footer>
`;
  return page(title, body);
}
