import { Command } from "commander";
import { keyWords, keyWorth } from "../../../groth16/artefacts/keyStatement.js";
import { finishCeremony } from "../../../groth16/ceremony/finish.js";
import { withKey } from "../../chain/session.js";
import { json, pairs } from "../../format.js";
import type { Io } from "../../io.js";
import { progressOn } from "../../progress.js";
import { SIGNER_HELP, signerOf } from "./signer.js";

/** `zkmargin ceremony finish`. */
export function finishCommand(io: Io): Command {
  const command = new Command("finish").description("Make the final keys of a ceremony, and sign for them.");
  return withKey(command)
    .argument("<folder>", "folder of the ceremony")
    .option("--json", "print the manifest")
    .addHelpText(
      "after",
      `${SIGNER_HELP}
For the coordinator. Writes <folder>/final: circuit, keys and transcript, each named by its SHA-256, and a signed manifest.
With the whole folder, \`zkmargin setup --ceremony\` replays the ceremony. With final/ alone, name the coordinator whose
word you take with --coordinator.

Example:
  $ zkmargin ceremony finish keys-2026 --keystore coordinator.json`,
    )
    .action(async (folder: string, options) => {
      const signer = await signerOf(io, options);
      const manifest = await finishCeremony({ folder, signer, onProgress: progressOn(io) });
      if (options.json) return io.out(json({ folder, manifest }));
      const worth = keyWorth(manifest.kind, manifest.phase1.source);
      io.out(`Finished ${folder}. Install the key with \`zkmargin setup --ceremony ${folder}\`.\n`);
      io.out(
        pairs([
          ["verification key", manifest.verificationKeyHash],
          ["proving key", manifest.files["proving-key.zkey"].sha256],
          ["transcript", manifest.ceremony?.transcript.sha256 ?? ""],
          ["key", worth === undefined ? "" : keyWords(worth)],
        ]),
      );
    });
}
