import { Command } from "commander";
import { PHASE_ONE } from "../../../groth16/artefacts/keyStatement.js";
import { startCeremony } from "../../../groth16/ceremony/start.js";
import { ceremonyId } from "../../../groth16/ceremony/terms.js";
import { tierOption } from "../../arguments.js";
import { withKey } from "../../chain/session.js";
import { json, pairs } from "../../format.js";
import type { Io } from "../../io.js";
import { progressOn } from "../../progress.js";
import { SIGNER_HELP, signerOf } from "./signer.js";

/** `zkmargin ceremony start`. */
export function startCommand(io: Io): Command {
  const command = new Command("start").description("Start a ceremony in a new folder, as its coordinator.");
  return withKey(command)
    .argument("<folder>", "folder of the ceremony")
    .addOption(tierOption())
    .requiredOption(
      "--ptau <file>",
      "phase 1, prepared for phase 2: a Hermez file, known by its hash, or one of your own, whose transcript is verified",
    )
    .requiredOption(
      "--beacon-source <text>",
      "where the public randomness of the end will come from: something that nobody can know yet",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${SIGNER_HELP}
The terms are signed and never change: tier, circuit, phase 1, and the source of the beacon. Takes up to a minute. What was
killed is started again.

Example:
  $ zkmargin ceremony start keys-2026 --ptau powersOfTau28_hez_final_13.ptau \\
      --beacon-source "hash of Ethereum block 23900000" --keystore coordinator.json`,
    )
    .action(async (folder: string, options) => {
      const signer = await signerOf(io, options);
      const { tier, ptau, beaconSource } = options;
      const terms = await startCeremony({
        folder,
        tier,
        ptau,
        beaconSource,
        signer,
        onProgress: progressOn(io),
      });
      if (options.json) return io.out(json({ folder, ceremony: ceremonyId(terms), terms }));
      io.out(`Started ${folder}. Hand the folder to the first contributor.\n`);
      io.out(
        pairs([
          ["ceremony", ceremonyId(terms)],
          ["coordinator", terms.coordinator],
          ["phase 1", PHASE_ONE[terms.phase1.source]],
          ["beacon", terms.beaconSource],
        ]),
      );
    });
}
