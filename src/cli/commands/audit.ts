import { Command } from "commander";
import type { Io } from "../io.js";
import { reportCommand } from "./audit/report.js";

/** `zkmargin audit`: read what a deployment recorded, and show what does not fit. */
export function auditCommand(io: Io): Command {
  return new Command("audit")
    .description("Replay what a deployment recorded, and report what does not fit.")
    .addCommand(reportCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin audit report audit.json --out report.html`,
    );
}
