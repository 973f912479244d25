import { Command } from "commander";
import { setup } from "../../prove/setup/setup.js";
import { DEFAULT_HOME, defaultTier, tierNamed } from "../arguments.js";
import { json, pairs } from "../format.js";
import type { Io } from "../io.js";
import { progressOn } from "../progress.js";

/** `zkmargin setup`: circuit and keys of a tier. */
export function setupCommand(io: Io): Command {
  return new Command("setup")
    .description("Compile a tier's circuit and make its keys, or reuse what is there and unaltered.")
    .option("--tier <name>", "circuit size", tierNamed, defaultTier)
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
    .action(async (options) => {
      const { artefacts, reused } = await setup({
        home: options.home,
        tier: options.tier,
        ...(options.ptau === undefined ? {} : { ptau: options.ptau }),
        onProgress: progressOn(io),
      });
      const { manifest, directory } = artefacts;
      if (options.json) return io.out(json({ reused, directory, manifest }));
      io.out(`${reused ? "Reused" : "Made"} ${directory}\n`);
      io.out(
        pairs([
          ["circuit", `${manifest.constraints} constraints, ${manifest.publicSignals} public signals`],
          ["phase 1", manifest.phase1.source],
          ["key", `${manifest.kind}: ${manifest.keyStatement}`],
          ["verification key", manifest.verificationKeyHash],
        ]),
      );
    });
}
