import { Command, Option } from "commander";
import { UsageError } from "../../errors.js";
import { keyWords } from "../../groth16/artefacts/keyStatement.js";
import { installCeremony, setup } from "../../prove/artefacts.js";
import { homeOption, tierOption } from "../arguments.js";
import { json, pairs } from "../format.js";
import type { Io } from "../io.js";
import { progressOn } from "../io.js";
import { addressArgument } from "../onChain.js";

/** `zkmargin setup`: circuit and keys of a tier. */
export function setupCommand(io: Io): Command {
  return new Command("setup")
    .description("Compile a tier's circuit and make its keys, or reuse unaltered ones.")
    .addOption(tierOption())
    .addOption(homeOption("where circuits and keys are kept"))
    .option(
      "--ptau <file>",
      "a phase 1 of the Hermez ceremony instead of the development one; its hash is checked",
    )
    .addOption(
      new Option(
        "--ceremony <folder>",
        "install the key of this finished ceremony, after replaying all of it",
      ).conflicts("ptau"),
    )
    .option(
      "--coordinator <address>",
      "with --ceremony: take this coordinator's signature instead of replaying",
      addressArgument,
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Without --ceremony the keys are development keys: anybody who reads the source can forge proofs with them. --ptau replaces
phase 1 only. A development key never replaces a ceremony's key.

Examples:
  $ zkmargin setup
  $ zkmargin setup --tier 32x16 --home keys
  $ zkmargin setup --ptau powersOfTau28_hez_final_13.ptau
  $ zkmargin setup --ceremony keys-2026
  $ zkmargin setup --ceremony keys-2026 --coordinator 0x70997970C51812dc3A010C7d01b50e0d17dc79C8`,
    )
    .action(async ({ home, tier, ptau, ceremony, coordinator, json: asJson }) => {
      if (coordinator !== undefined && ceremony === undefined)
        throw new UsageError("--coordinator: expected --ceremony with it, got none");
      const onProgress = progressOn(io);
      const { artefacts, reused } =
        ceremony === undefined
          ? await setup({ home, tier, ...(ptau === undefined ? {} : { ptau }), onProgress })
          : {
              artefacts: await installCeremony({
                ...{ folder: ceremony, home, tier, onProgress },
                ...(coordinator === undefined ? {} : { coordinator }),
              }),
              reused: false,
            };
      const { manifest, directory, worth } = artefacts;
      if (asJson) return io.out(json({ reused, directory, manifest }));
      const { constraints, publicSignals, verificationKeyHash } = manifest;
      io.out(reused ? `Reused ${directory}: all there and unaltered\n` : `Made ${directory}\n`);
      io.out(
        pairs([
          ["circuit", `tier ${tier.name}, ${constraints} constraints, ${publicSignals} public signals`],
          ["key", verificationKeyHash],
          ["", keyWords(worth)],
          ...(manifest.ceremony === undefined
            ? []
            : [["coordinator", manifest.ceremony.coordinator] as const]),
        ]),
      );
    });
}
