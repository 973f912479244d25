import { Command } from "commander";
import { parseProposal } from "../../../chain/proposal/parse.js";
import { proposalStanding } from "../../../chain/proposal/standing.js";
import { onChain, withRpc } from "../../chain/session.js";
import { json } from "../../format.js";
import { type Io, readInput } from "../../io.js";
import { reviewJson } from "./review/json.js";
import { reviewText } from "./review/text.js";

/** `zkmargin risk review`: what a proposal does, for those who are to sign it. */
export function reviewCommand(io: Io): Command {
  const command = new Command("review")
    .description(
      "Check that a proposal's transactions do what it says, and show who is to sign what and when.",
    )
    .argument("<proposal>", "proposal file (zkmargin risk propose), or - for standard input")
    .option(
      "--deployment <file>",
      "compare with the chain of this manifest too, and say how far each step is",
    );
  return withRpc(command)
    .option("--json", "print JSON: parameters in the profile's units, times in unix seconds")
    .addHelpText(
      "after",
      `
The call data of every transaction is decoded and compared with the profiles, times and addresses in the file, and the
steps are made again from the live profile and the target. A difference is an error that names the field.
Without --deployment the chain is not asked whether the addresses and the live profile are the right ones.

Examples:
  $ zkmargin risk review proposal.json
  $ zkmargin risk review proposal.json --deployment deployment.json --rpc http://127.0.0.1:8545

Exit codes: 0 it is what it says; 3 and 6 it is not; 8 it is of another deployment, or the node does not answer.`,
    )
    .action(async (path: string, options) => {
      const proposal = parseProposal(await readInput(io, path, "proposal"));
      const { deployment } = options;
      const standing =
        deployment === undefined
          ? null
          : await onChain(io, options, (open) => proposalStanding(open, proposal));
      const review = { proposal, standing };
      io.out(options.json ? json(reviewJson(review)) : reviewText(review));
    });
}
