import { Command } from "commander";
import { newKeyPair, serialiseAuditorKey } from "../../../audit/archive/seal.js";
import { json } from "../../format.js";
import { checkNewOutput, type Io, save } from "../../io.js";

/** `zkmargin archive keygen`: an auditor's key pair. */
export function keygenCommand(io: Io): Command {
  return new Command("keygen")
    .description("Make an auditor's key pair, and print its public key.")
    .requiredOption("--out <file>", "file to make, readable by you alone; an existing one is never replaced")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ zkmargin archive keygen --out auditor.key")
    .action(async ({ out, json: asJson }) => {
      await checkNewOutput(out);
      const pair = newKeyPair();
      await save(io, out, serialiseAuditorKey(pair), "auditorKey");
      const publicKey = Buffer.from(pair.publicKey).toString("hex");
      if (asJson) return io.out(json({ file: out, publicKey }));
      io.out(
        `Made ${out}, readable by you alone. Give its public key to the institution:\npublic key  ${publicKey}\n`,
      );
    });
}
