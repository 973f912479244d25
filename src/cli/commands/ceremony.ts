import { Command } from "commander";
import type { Io } from "../io.js";
import { beaconCommand } from "./ceremony/beacon.js";
import { contributeCommand } from "./ceremony/contribute.js";
import { finishCommand } from "./ceremony/finish.js";
import { startCommand } from "./ceremony/start.js";
import { verifyCommand } from "./ceremony/verify.js";

/** `zkmargin ceremony`: a key that nobody can forge with, made by many. */
export function ceremonyCommand(io: Io): Command {
  return new Command("ceremony")
    .description(
      "Make a production key with others: phase 2 of the set-up, by many hands and a public beacon.",
    )
    .addCommand(startCommand(io))
    .addCommand(contributeCommand(io))
    .addCommand(verifyCommand(io))
    .addCommand(beaconCommand(io))
    .addCommand(finishCommand(io))
    .addHelpText(
      "after",
      `
A ceremony is a folder of plain files that is handed from one contributor to the next. Proofs can be forged only if all
of them kept their secrets and pooled them: one who forgot is enough.

Examples:
  $ zkmargin ceremony start keys-2026 --ptau powersOfTau28_hez_final_13.ptau \\
      --beacon-source "hash of Ethereum block 23900000" --keystore coordinator.json
  $ zkmargin ceremony contribute keys-2026 --name "Alice of Example Bank" --keystore alice.json
  $ zkmargin ceremony verify keys-2026
  $ zkmargin ceremony beacon keys-2026 --value 5e… --keystore coordinator.json
  $ zkmargin ceremony finish keys-2026 --keystore coordinator.json
  $ zkmargin setup --ceremony keys-2026

Exit codes: 0 done, 2 and 3 wrong options or files, 7 the ceremony does not verify or does not take this step, 8 no
signing key.`,
    );
}
