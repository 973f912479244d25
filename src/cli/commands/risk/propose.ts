import { Command } from "commander";
import { proposalToJson, serialiseProposal } from "../../../chain/proposalFile.js";
import { OutOfRangeError } from "../../../errors.js";
import { PRESETS } from "../../../risk/presets.js";
import { DEFAULT_MAX_STEP } from "../../../risk/propose/steps.js";
import { wholeNumber } from "../../arguments.js";
import { withRpc } from "../../chain/session.js";
import { json } from "../../format.js";
import { checkOutput, type Io, save } from "../../io.js";
import { DAY, DEFAULT_LEAD, makeProposal, withLive } from "./propose/make.js";
import { readProfileOver } from "./propose/profiles.js";
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
  return withStepping(withRpc(command))
    .requiredOption("--to <name|file>", "the profile to go to")
    .option(
      "--expires-in <seconds>",
      "let each of the governor's profiles expire that long after its moment",
      wholeNumber,
    )
    .option(
      "--safe <name|file>",
      "what an expired profile falls back to is nowhere looser; the live one unless told",
    )
    .requiredOption("--out <file>", "proposal file to write; an existing one is replaced")
    .option("--json", "print JSON: the proposal file itself")
    .addHelpText(
      "after",
      `
What tightens goes at once, by the guardian; what loosens, and every change of a shock, is scheduled by the governor and
executed after its delay. Nothing is sent: the file has the transactions, for whoever holds the roles to sign.

Examples:
  $ zkmargin risk propose --live portfolio-margin --to calibrated.json --out proposal.json
  $ zkmargin risk propose --deployment deployment.json --to calibrated.json --expires-in 604800 --out proposal.json`,
    )
    .action(async (options) => {
      checkStepping(options);
      await checkOutput(options.out, [options.live, options.to, options.safe, options.deployment]);
      await withLive(io, options, async (live) => {
        const target = await readProfileOver(io, options.to, live.listing);
        const safe =
          options.safe === undefined ? live.profile : await readProfileOver(io, options.safe, live.listing);
        const proposal = await makeProposal(live, target, safe, options);
        await save(options.out, serialiseProposal(proposal));
        io.out(
          options.json ? json(proposalToJson(proposal)) : `Wrote ${options.out}\n\n${proposalText(proposal)}`,
        );
      });
    });
}

/** Adds the options of how a change is made, which propose and watch share. */
export function withStepping(command: Command): Command {
  return command
    .option("--max-step <bps>", "largest loosening of one step", wholeNumber, DEFAULT_MAX_STEP)
    .option("--bridge", "until wider shocks are in force, have the guardian raise liquidity by as much")
    .option("--interval <seconds>", "between two of the governor's steps", wholeNumber, DAY)
    .option("--lead <seconds>", "left to sign and send what is to be scheduled", wholeNumber, DEFAULT_LEAD);
}

/** @throws OutOfRangeError */
export function checkStepping({
  maxStep,
  interval,
}: {
  readonly maxStep: number;
  readonly interval: number;
}): void {
  if (maxStep < 1 || maxStep > 10_000)
    throw new OutOfRangeError("max-step", "1 to 10000 basis points", String(maxStep));
  if (interval < 1) throw new OutOfRangeError("interval", "1 second or more", String(interval));
}
