import { Command } from "commander";
import { auditReport } from "../../../audit/report/report.js";
import { parseAudit } from "../../../audit/resultFile.js";
import { json } from "../../format.js";
import { checkOutput, type Io, readInput, save } from "../../io.js";

/** `zkmargin audit report`: an audit, to be read and printed. */
export function reportCommand(io: Io): Command {
  return new Command("report")
    .description("Write an audit as one HTML file, for the screen and for paper.")
    .argument("<audit>", "audit file that `zkmargin audit replay` wrote, or - for standard input")
    .requiredOption("--out <file>", "the HTML file")
    .option("--json", "print JSON: the file, its size in bytes, and the number of findings")
    .addHelpText(
      "after",
      `
The file needs no network and no script. Its size is bounded: of a long history and of many accounts it shows the worst
and the newest, and says what it leaves out. It is as private as the audit: with disclosed books it tells what they held.

Examples:
  $ zkmargin audit report audit.json --out report.html
  $ zkmargin audit replay --log events.jsonl --json | zkmargin audit report - --out report.html`,
    )
    .action(async (path: string, options) => {
      await checkOutput(options.out, [path]);
      const audit = parseAudit(await readInput(io, path));
      const report = auditReport(audit);
      await save(options.out, report);
      const bytes = Buffer.byteLength(report);
      const { total, bySeverity } = audit.findings;
      if (options.json) return io.out(json({ out: options.out, bytes, findings: { total, bySeverity } }));
      const found = total === 0 ? "no findings" : total === 1 ? "1 finding" : `${total} findings`;
      io.out(`Wrote ${options.out}, ${Math.ceil(bytes / 1024)} KB: ${found}\n`);
    });
}
