import { Command } from "commander";
import { applyBeacon } from "../../../groth16/ceremony/beacon.js";
import { withKey } from "../../chain/session.js";
import { json, pairs } from "../../format.js";
import type { Io } from "../../io.js";
import { progressOn } from "../../progress.js";
import { SIGNER_HELP, signerOf } from "./signer.js";

/** `zkmargin ceremony beacon`. */
export function beaconCommand(io: Io): Command {
  const command = new Command("beacon").description("End the contributions with public randomness.");
  return withKey(command)
    .argument("<folder>", "folder of the ceremony")
    .requiredOption(
      "--value <hex>",
      "the value of the source that the terms name: 64 hex digits, 0x or not",
      (text) => text.replace(/^0x/, "").toLowerCase(),
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${SIGNER_HELP}
For the coordinator. The value must have been unknown to everybody when the last contribution was made, or the last
contributor could have chosen the key. Afterwards the ceremony takes no contribution.

Example:
  $ zkmargin ceremony beacon keys-2026 --value 0x5e5e… --keystore coordinator.json`,
    )
    .action(async (folder: string, options) => {
      const signer = await signerOf(io, options);
      const attestation = await applyBeacon({
        folder,
        value: options.value,
        signer,
        onProgress: progressOn(io),
      });
      if (options.json) return io.out(json({ folder, attestation }));
      io.out(`The beacon is contribution ${attestation.index}, the last. Finish the ceremony.\n`);
      io.out(
        pairs([
          ["value", attestation.beacon ?? ""],
          ["hash", attestation.contribution],
        ]),
      );
    });
}
