import { Command } from "commander";
import type { Io } from "../io.js";
import { revealCommand } from "./clearingDecrypt.js";
import { liquidatorCommand } from "./clearingLiquidator.js";

/** `zkmargin clearing`: what belongs to a clearing house. */
export function clearingCommand(io: Io): Command {
  return new Command("clearing")
    .description("The clearing house: the key that its books are sealed to, and what it opens.")
    .addCommand(liquidatorCommand(io))
    .addCommand(revealCommand(io))
    .addHelpText("after", "\nExample:\n  $ zkmargin clearing liquidator status --store l1.store");
}
