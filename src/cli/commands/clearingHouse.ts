import { Command } from "commander";
import { clearingAudit } from "../../audit/contracts/clearing.js";
import { deployHouse, parseClearingPlan } from "../../clearing/account/deployHouse.js";
import { parseDisclosedBooks, serialiseDisclosedBooks } from "../../clearing/account/disclosure.js";
import { houseLog } from "../../clearing/account/houseLog.js";
import { serialiseClearing } from "../../clearing/account/manifest.js";
import { parseLiquidatorsKey } from "../../clearing/liquidators/ceremony.js";
import { ArtefactMissingError } from "../../errors.js";
import { loadCircuitKey, pinnedVerificationKey } from "../../groth16/artefacts/load.js";
import { DEFAULT_TIER } from "../../protocol/tiers.js";
import { clearingCircuit } from "../../prove/clearing.js";
import { DEFAULT_HOME } from "../arguments.js";
import { auditContracts, withContractAudit } from "../contractAudits.js";
import { json } from "../format.js";
import { asMember, onHouse, withBooks, withManifest } from "../houses.js";
import { checkOutput, type Io, readInput, save } from "../io.js";
import {
  accountArgument,
  collect,
  KEY_HELP,
  onChain,
  sender,
  withDeployment,
  withSender,
} from "../onChain.js";

/** `zkmargin clearing deploy`: a house on a deployment. */
export function deployHouseCommand(io: Io): Command {
  const command = new Command("deploy").description(
    "Deploy a clearing house on a deployment that has a derived market under the stress profile.",
  );
  return withSender(withDeployment(command))
    .requiredOption("--plan <file>", "terms of house, gate, fund and defaults: zkmargin/clearing-plan@1")
    .requiredOption("--liquidators <file>", "the liquidators' key (zkmargin clearing liquidator)")
    .requiredOption("--out <file>", "manifest to write")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
The house keeps its gates, fund, keys and terms for good, and nobody governs it. The governor of the deployment alone may put members
into groups of the fund, with its delay. The keys of transitions and reveals are those in --home, or else the development keys that
zkmargin ships, with which anybody can forge: for a local chain.

Example:
  $ zkmargin deploy --local --derived stress=stress.json --out deployment.json --keystore deployer.json
  $ zkmargin clearing deploy --plan house.json --liquidators key.json --keystore deployer.json --out clearing.json`,
    )
    .action(async (options) => {
      await checkOutput(options.out);
      const plan = parseClearingPlan(await readInput(io, options.plan, "clearingPlan"), options.plan);
      const { key: liquidators } = parseLiquidatorsKey(
        await readInput(io, options.liquidators, "liquidatorsKey"),
        options.liquidators,
      );
      await onChain(io, options, async (open, margin) => {
        const transactions = await sender(io, open.connection, options, options.deployment);
        const { assets } = open.tier;
        const [transition, reveal] = await Promise.all([
          circuitKey(options.home, clearingCircuit("transition", assets).name),
          circuitKey(options.home, clearingCircuit("reveal", assets).name),
        ]);
        const keys = { margin, transition, reveal, liquidators };
        const manifest = await deployHouse(open, transactions, plan, keys, ({ name, address, gas }) =>
          io.err(`${name} ${address}, ${gas} gas\n`),
        );
        await save(io, options.out, serialiseClearing(manifest), "clearing");
        const { clearingHouse: house } = manifest.contracts;
        if (options.json) io.out(json({ file: options.out, house: house.address }));
        else io.out(`Wrote ${options.out}: the house is ${house.address}\n`);
      });
    });
}

/** The verification key of a circuit: that of the home folder, or the one that ships. */
async function circuitKey(home = DEFAULT_HOME, circuit = "") {
  const kept = await loadCircuitKey(home, circuit).catch((error) => {
    if (error instanceof ArtefactMissingError) return undefined;
    throw error;
  });
  return (kept ?? (await pinnedVerificationKey(circuit))).key;
}

/** `zkmargin clearing disclose`: a member's books, for an auditor. */
export function discloseCommand(io: Io): Command {
  const command = new Command("disclose").description(
    "Write the books of accounts and the notes that they took, for an auditor to hold the chain to.",
  );
  return withBooks(command)
    .argument("<account...>", "accounts", collect(accountArgument))
    .requiredOption("--out <file>", "disclosure to write: it shows every position")
    .addHelpText(
      "after",
      "\nExample:\n  $ zkmargin clearing disclose 0x… --secret desk.secret --out desk.cleared.json",
    )
    .action(async (accounts: readonly string[], options) => {
      await checkOutput(options.out);
      await asMember(io, options, async ({ member, store }) => {
        const books = [];
        for (const account of accounts) {
          await member.recover(account);
          for (const { perp, basis, salt, notes } of store.booksOf(account))
            books.push({
              account,
              opening: { perp, basis, salt },
              notes: notes.map(({ asset, size, quote, blind }) => ({ asset, size, quote, blind })),
            });
        }
        await save(io, options.out, serialiseDisclosedBooks(books), "clearedBooks");
        if (options.json) io.out(json({ file: options.out, books: books.length }));
        else io.out(`Wrote ${options.out}: ${books.length} books of ${accounts.length} accounts\n`);
      });
    });
}

/** `zkmargin clearing audit`: a house's history, replayed. */
export function auditHouseCommand(io: Io): Command {
  const command = new Command("audit").description(
    "Replay everything that a clearing house recorded, verify every transition and claim of health, and report findings.",
  );
  return withContractAudit(withManifest(command), "clearing audit --disclosure desk.cleared.json")
    .option("--disclosure <file>", "books that a member disclosed (zkmargin clearing disclose)")
    .action(async (options) => {
      const disclosed =
        options.disclosure === undefined
          ? []
          : parseDisclosedBooks(await readInput(io, options.disclosure, "clearedBooks"), options.disclosure);
      const key = await circuitKey(options.home, clearingCircuit("transition", 16).name);
      const reveal = await circuitKey(options.home, clearingCircuit("reveal", 16).name);
      const margin = await circuitKey(options.home, DEFAULT_TIER);
      await auditContracts(io, options, clearingAudit({ key, margin, reveal, disclosed }), (work) =>
        onHouse(io, options, (opened) => work(opened.open.connection, houseLog(opened))),
      );
    });
}
