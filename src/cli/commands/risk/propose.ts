import { Command } from "commander";
import { proposalToJson, serialiseProposal } from "../../../chain/proposal/file.js";
import { PRESETS } from "../../../risk/presets.js";
import { withRpc } from "../../chain/session.js";
import { json } from "../../format.js";
import { checkOutput, type Io, save } from "../../io.js";
import { chosenProfileOver } from "../../markets.js";
import { makeProposal, withLive } from "./propose/make.js";
import { checkProposalOptions, withProposalOptions } from "./propose/options.js";
import { proposalText } from "./propose/text.js";

/** `zkmargin risk propose`: from the live profile to another, in steps that governance can take. */
export function proposeCommand(io: Io): Command {
  const command = new Command("propose")
    .description(
      "Propose a risk profile: the difference to the live one, in bounded steps, ready to be signed.",
    )
    .option(
      "--live <name|file>",
      `the live profile: ${PRESETS.map(({ name }) => name).join(", ")}, or a profile file`,
    )
    .option(
      "--deployment <file>",
      "instead: read it from the chain of this manifest, and encode the transactions",
    );
  return withProposalOptions(withRpc(command))
    .requiredOption("--to <name|file>", "the profile to go to")
    .requiredOption("--out <file>", "proposal file to write; an existing one is replaced")
    .option("--dry-run", "show the proposal, and write nothing")
    .option("--json", "print JSON: the proposal file itself")
    .addHelpText(
      "after",
      `
What tightens goes at once, by the guardian; what loosens, and every change of a shock, is scheduled by the governor and
executed after its delay. Nothing is sent: the file has the transactions, for the holders of the roles to sign.

Examples:
  $ zkmargin risk propose --live portfolio-margin --to calibrated.json --out proposal.json
  $ zkmargin risk propose --deployment deployment.json --to calibrated.json --expires-in 604800 --out proposal.json`,
    )
    .action(async (options) => {
      checkProposalOptions(options);
      await checkOutput(options.out);
      await withLive(io, options, async (live) => {
        const target = await chosenProfileOver(io, options.to, live.listing);
        const proposal = await makeProposal(io, live, target, options);
        if (!options.dryRun) await save(io, options.out, serialiseProposal(proposal), "proposal");
        const done = options.dryRun ? `Would write ${options.out}` : `Wrote ${options.out}`;
        io.out(options.json ? json(proposalToJson(proposal)) : `${done}\n\n${proposalText(proposal)}`);
      });
    });
}
