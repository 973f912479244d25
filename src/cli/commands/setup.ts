import { Command } from "commander";
import { setup } from "../../prove/setup/setup.js";
import { DEFAULT_HOME, tierOption } from "../arguments.js";
import { json, pairs } from "../format.js";
import type { Io } from "../io.js";
import { keyWords } from "../keyWords.js";
import { progressOn } from "../progress.js";

/** `zkmargin setup`: circuit and keys of a tier. */
export function setupCommand(io: Io): Command {
  return new Command("setup")
    .description("Compile a tier's circuit and make its keys, or reuse what is there and unaltered.")
    .addOption(tierOption())
    .option("--home <folder>", "where circuits and keys are kept", DEFAULT_HOME)
    .option(
      "--ptau <file>",
      "a phase 1 of the Hermez ceremony instead of the development one; its hash is checked",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The keys are development keys: anybody who reads the source can forge proofs with them. --ptau replaces phase 1 only.

Examples:
  $ zkmargin setup
  $ zkmargin setup --tier 32x16 --home keys
  $ zkmargin setup --ptau powersOfTau28_hez_final_13.ptau`,
    )
    .action(async ({ home, tier, ptau, json: asJson }) => {
      const { artefacts, reused } = await setup({
        home,
        tier,
        ...(ptau === undefined ? {} : { ptau }),
        onProgress: progressOn(io),
      });
      const { manifest, directory, worth } = artefacts;
      if (asJson) return io.out(json({ reused, directory, manifest }));
      const { constraints, publicSignals, verificationKeyHash } = manifest;
      io.out(reused ? `Reused ${directory}: all there and unaltered\n` : `Made ${directory}\n`);
      io.out(
        pairs([
          ["circuit", `tier ${tier.name}, ${constraints} constraints, ${publicSignals} public signals`],
          ["key", verificationKeyHash],
          ["", keyWords(worth)],
        ]),
      );
    });
}
