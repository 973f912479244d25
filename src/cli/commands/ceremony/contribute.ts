import { Command } from "commander";
import { formatAttestation } from "../../../groth16/ceremony/attestation.js";
import { contribute } from "../../../groth16/ceremony/contribute.js";
import { withKey } from "../../chain/session.js";
import { json, pairs } from "../../format.js";
import { checkOutput, type Io, readInput, save } from "../../io.js";
import { progressOn } from "../../progress.js";
import { SIGNER_HELP, signerOf } from "./signer.js";

/** `zkmargin ceremony contribute`. */
export function contributeCommand(io: Io): Command {
  const command = new Command("contribute").description(
    "Add your randomness to a ceremony, forget it, and sign that you did.",
  );
  return withKey(command)
    .argument("<folder>", "folder of the ceremony")
    .requiredOption("--name <text>", "who you are, for the public record: at most 64 bytes")
    .option(
      "--entropy-file <file>",
      "randomness of your own beside the system's, or - for standard input; any text, such as dice",
    )
    .option("--attestation <file>", "also keep a copy of the attestation that you sign")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${SIGNER_HELP}
The whole ceremony is verified first, and nothing is added to one that does not verify. The secret is drawn from the
system's randomness, never written, and gone when the command ends: use a machine that you trust, and switch it off.
If the command is killed, run it again; it uses another secret. Hand the folder on, and keep your attestation:
\`zkmargin ceremony verify --includes\` shows later that your contribution is in the key.

Examples:
  $ zkmargin ceremony contribute keys-2026 --name "Alice of Example Bank" --keystore alice.json
  $ cat dice.txt | zkmargin ceremony contribute keys-2026 --name Bob --entropy-file - --key-env BOB_KEY --attestation bob.json`,
    )
    .action(async (folder: string, options) => {
      const signer = await signerOf(io, options);
      if (options.attestation !== undefined) await checkOutput(options.attestation);
      const entropy = options.entropyFile && (await readInput(io, options.entropyFile, "entropy"));
      const attestation = await contribute({
        folder,
        name: options.name,
        signer,
        ...(entropy === undefined ? {} : { entropy }),
        onProgress: progressOn(io),
      });
      if (options.attestation !== undefined)
        await save(io, options.attestation, formatAttestation(attestation), "contribution");
      if (options.json) return io.out(json({ folder, attestation }));
      io.out(`Contribution ${attestation.index} is made and signed. Hand the folder on.\n`);
      io.out(
        pairs([
          ["name", attestation.name],
          ["contributor", attestation.contributor],
          ["hash", attestation.contribution],
          ...(options.attestation === undefined ? [] : [["attestation", options.attestation] as const]),
        ]),
      );
    });
}
