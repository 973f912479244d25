import { Command } from "commander";
import type { Io } from "../io.js";
import { exportCommand } from "./audit/export.js";
import { replayCommand } from "./audit/replay.js";
import { reportCommand } from "./audit/report.js";

/** `zkmargin audit`: read what a deployment recorded, and show what does not fit. */
export function auditCommand(io: Io): Command {
  return new Command("audit")
    .description("Replay what a deployment recorded, and report what does not fit.")
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
