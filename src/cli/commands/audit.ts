import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { parseNames } from "../../audit/names.js";
import { auditCsv } from "../../audit/report/csv.js";
import { auditReport } from "../../audit/report/report.js";
import { parseAudit } from "../../audit/result.js";
import { exportLog } from "../../chain/eventLog/export.js";
import { UnwritableError } from "../../errors.js";
import { packageVersion } from "../../groth16/artefacts/layout.js";
import { wholeNumber } from "../arguments.js";
import { json, unixSeconds } from "../format.js";
import { checkOutput, type Io, readInput, save, saveAll, shareOn } from "../io.js";
import { onChain, withMarket } from "../onChain.js";
import { replayCommand } from "./auditReplay.js";

/** `zkmargin audit`: read what a deployment recorded, and show what does not fit. */
export function auditCommand(io: Io): Command {
  return new Command("audit")
    .description("Replay what a deployment recorded, and report findings.")
    .addCommand(exportCommand(io))
    .addCommand(replayCommand(io))
    .addCommand(reportCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin audit export --deployment deployment.json --out event-log.ndjson
  $ zkmargin audit replay --log event-log.ndjson --out audit.json
  $ zkmargin audit report audit.json --out report.html`,
    );
}

/** `zkmargin audit export`: a deployment's whole history as one file. */
function exportCommand(io: Io): Command {
  const command = new Command("export").description(
    "Write a deployment's events to a log, with the calls, feeds and answers that an audit needs.",
  );
  return withMarket(command)
    .requiredOption("--out <file>", "log to write; an existing one is continued")
    .option("--to <block>", "last block; the newest by default", wholeNumber)
    .option("--confirmations <n>", "blocks that must follow the last one", wholeNumber, 0)
    .addOption(
      new Option("--answers <when>", "record the gate's answers at every block, or at the last")
        .choices(["every", "last"])
        .default("last"),
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The command asks for the answers of feeds and gate at past blocks: a node without an archive has only the newest. The log
lacks the answers that the node does not have, and the audit says how many. A log is of one gate: with --derived it is of that
market's. The command checks events against the headers'
filters and the contracts' counters, and refuses a node that omits some. Note the log's digest where nobody can change it.

Examples:
  $ zkmargin audit export --deployment deployment.json --out event-log.ndjson
  $ zkmargin audit export --derived initial --out initial.ndjson
  $ zkmargin audit export --rpc https://… --confirmations 64 --out event-log.ndjson   # again: only what is new

Exit codes: 0 written; 2 and 3 wrong options or files; 6 a log of another deployment. With 8, the chain is not what the
manifest says or was reorganised, or the node omits events or does not answer.`,
    )
    .action(async (options) => {
      await checkOutput(options.out);
      await onChain(io, options, async (open) => {
        const shown = shareOn(io, "reading events");
        const { out, to: toBlock, confirmations, answers, derived } = options;
        const exported = await exportLog(open, out, {
          ...(toBlock === undefined ? {} : { toBlock }),
          confirmations,
          answers,
          ...(derived === undefined ? {} : { derived }),
          onProgress: shown.at,
        });
        shown.end();
        if (options.json) return io.out(json({ file: out, ...exported }));
        const { fromBlock, toBlock: last, blocks, events, digest } = exported;
        io.out(
          `Wrote ${out}: ${events} events in ${blocks} of blocks ${fromBlock} to ${last}\ndigest ${digest}\n`,
        );
      });
    });
}

interface ReportCommandOptions {
  readonly out: string;
  readonly names?: string;
  readonly csv?: string;
  readonly json?: boolean;
}

/** `zkmargin audit report`: an audit, to be read and printed. */
function reportCommand(io: Io): Command {
  return new Command("report")
    .description("Write an audit as one HTML file, for the screen and for paper, and as tables.")
    .argument("<audit>", "audit file that `zkmargin audit replay` wrote, or - for standard input")
    .requiredOption("--out <file>", "the HTML file")
    .option("--names <file>", "your names for accounts and addresses, zkmargin/names@1")
    .option("--csv <folder>", "also write accounts.csv, statuses.csv and findings.csv into this folder")
    .option("--json", "print JSON: the file, its size in bytes, the tables, and the number of findings")
    .addHelpText(
      "after",
      `
The file needs no network and no script. Its size is bounded: of a long history or many accounts it shows the worst
and the newest, and says what it omits. It is as private as the audit: with disclosed books it shows their holdings.

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
