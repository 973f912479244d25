import type { Command } from "commander";
import { OutOfRangeError } from "../../../../errors.js";
import { DAY_SECONDS } from "../../../../market/date.js";
import { BPS } from "../../../../protocol/bounds.js";
import { DEFAULT_MAX_STEP } from "../../../../risk/propose/steps.js";
import { wholeNumber } from "../../../arguments.js";

/** How a change is made; times in seconds, bounds in basis points. */
export interface ProposalOptions {
  readonly maxStep: number;
  readonly bridge?: boolean;
  readonly interval: number;
  readonly lead: number;
  readonly expiresIn?: number;
  /** Name or file of a profile; the live one by default. */
  readonly safe?: string;
}

/** Seconds that are left to sign and send what is to be scheduled. */
const DEFAULT_LEAD = 3_600;

/** Adds the options of how a change is made, which propose and watch share. */
export function withProposalOptions(command: Command): Command {
  return command
    .option("--max-step <bps>", "largest loosening of one step", wholeNumber, DEFAULT_MAX_STEP)
    .option("--bridge", "until wider shocks are in force, have the guardian raise liquidity by as much")
    .option("--interval <seconds>", "between two of the governor's steps", wholeNumber, DAY_SECONDS)
    .option("--lead <seconds>", "left to sign and send what is to be scheduled", wholeNumber, DEFAULT_LEAD)
    .option(
      "--expires-in <seconds>",
      "let each of the governor's profiles expire that long after its moment",
      wholeNumber,
    )
    .option(
      "--safe <name|file>",
      "what an expired profile falls back to is nowhere looser; the live one by default",
    );
}

/** @throws OutOfRangeError */
export function checkProposalOptions({ maxStep, interval }: ProposalOptions): void {
  if (maxStep < 1 || maxStep > BPS)
    throw new OutOfRangeError("max-step", `1 to ${BPS} basis points`, String(maxStep));
  if (interval < 1) throw new OutOfRangeError("interval", "1 second or more", String(interval));
}
