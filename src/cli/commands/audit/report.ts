import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { parseNames } from "../../../audit/names.js";
import { auditCsv } from "../../../audit/report/csv.js";
import { auditReport } from "../../../audit/report/report.js";
import { parseAudit } from "../../../audit/result.js";
import { UnwritableError } from "../../../errors.js";
import { packageVersion } from "../../../groth16/artefacts/packageRoot.js";
import { json } from "../../format.js";
import { checkOutput, type Io, readInput, save, saveAll } from "../../io.js";
import { unixSeconds } from "../../time.js";

interface ReportCommandOptions {
  readonly out: string;
  readonly names?: string;
  readonly csv?: string;
  readonly json?: boolean;
}

/** `zkmargin audit report`: an audit, to be read and printed. */
export function reportCommand(io: Io): Command {
  return new Command("report")
    .description("Write an audit as one HTML file, for the screen and for paper, and as tables.")
    .argument("<audit>", "audit file that `zkmargin audit replay` wrote, or - for standard input")
    .requiredOption("--out <file>", "the HTML file")
    .option("--names <file>", "what you call accounts and addresses, zkmargin/names@1")
    .option("--csv <folder>", "write accounts.csv, statuses.csv and findings.csv there as well")
    .option("--json", "print JSON: the file, its size in bytes, the tables, and the number of findings")
    .addHelpText(
      "after",
      `
The file needs no network and no script. Its size is bounded: of a long history and of many accounts it shows the worst
and the newest, and says what it leaves out. It is as private as the audit: with disclosed books it tells what they held.

Examples:
  $ zkmargin audit report audit.json --out report.html
  $ zkmargin audit report audit.json --names names.json --csv tables --out report.html
  $ zkmargin audit replay --log events.jsonl --json | zkmargin audit report - --out report.html`,
    )
    .action(async (path: string, options: ReportCommandOptions) => {
      const { out } = options;
      await checkOutput(out);
      const audit = parseAudit(await readInput(io, path, "audit"));
      const names =
        options.names === undefined
          ? undefined
          : parseNames(await readInput(io, options.names, "names"), options.names);
      const report = auditReport(audit, {
        version: packageVersion(),
        time: unixSeconds(),
        ...(names && { names }),
      });
      const tables = options.csv === undefined ? {} : auditCsv(audit, names);
      const written = Object.keys(tables).map((name) => join(options.csv ?? "", name));
      checkApart(out, written);
      for (const table of written) await io.inputs.check(table);
      if (existsSync(options.csv ?? "")) for (const table of written) await checkOutput(table);
      await save(io, out, report, "report");
      if (options.csv !== undefined) await saveAll(io, options.csv, tables, "report");
      const bytes = Buffer.byteLength(report);
      const { total, bySeverity, listed } = audit.findings;
      if (options.json) return io.out(json({ out, bytes, tables: written, findings: { total, bySeverity } }));
      const found = total === 0 ? "no findings" : total === 1 ? "1 finding" : `${total} findings`;
      io.out(`Wrote ${out}, ${Math.ceil(bytes / 1024)} KB: ${found}\n`);
      if (written.length > 0)
        io.out(`Wrote ${written.join(", ")}, with ${listed.length} findings of ${total}\n`);
    });
}

function checkApart(out: string, written: readonly string[]): void {
  if (written.some((path) => resolve(path) === resolve(out)))
    throw new UnwritableError(out, "another file than the tables of --csv", "one of them");
}
