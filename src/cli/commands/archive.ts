import { Command } from "commander";
import type { Io } from "../io.js";
import { exportCommand } from "./archive/export.js";
import { grantCommand } from "./archive/grant.js";
import { initCommand } from "./archive/init.js";
import { keygenCommand } from "./archive/keygen.js";
import { listCommand } from "./archive/list.js";
import { verifyCommand } from "./archive/verify.js";

/** `zkmargin archive`: the sealed openings of all commitments. */
export function archiveCommand(io: Io): Command {
  return new Command("archive")
    .description("Keep what opens every commitment, sealed, and disclose parts of it to auditors.")
    .addCommand(initCommand(io))
    .addCommand(keygenCommand(io))
    .addCommand(grantCommand(io))
    .addCommand(listCommand(io))
    .addCommand(exportCommand(io))
    .addCommand(verifyCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin archive init desk.archive --secret desk.secret
  $ zkmargin book commit desk.json --secret desk.secret --archive desk.archive
  $ zkmargin archive grant desk.archive --secret desk.secret --to 3b6a… --account desk-1/cross --from 1 --through 90

The auditor, with a copy of the archive:
  $ zkmargin archive keygen --out auditor.key
  $ zkmargin archive verify desk.archive --key auditor.key
  $ zkmargin archive export desk.archive --key auditor.key --out desk.disclosure`,
    );
}
