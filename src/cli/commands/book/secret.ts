import { randomBytes } from "node:crypto";
import { Command } from "commander";
import { SECRET_BYTES } from "../../../book/salt.js";
import { json } from "../../format.js";
import { checkNewOutput, type Io, save } from "../../io.js";

/** `zkmargin book secret`: the institution's secret. */
export function secretCommand(io: Io): Command {
  return new Command("secret")
    .description(
      "Make an institution's secret, from which every salt is derived. Keep it: it opens commitments.",
    )
    .requiredOption("--out <file>", "file to make; an existing one is never replaced")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ zkmargin book secret --out desk.secret")
    .action(async ({ out, json: asJson }) => {
      await checkNewOutput(out);
      await save(io, out, `${randomBytes(SECRET_BYTES).toString("hex")}\n`, "secret");
      if (asJson) return io.out(json({ file: out }));
      io.out(
        `Made ${out}, readable by you alone. Back it up: without it no commitment can be opened again.\n`,
      );
    });
}
