import { Command } from "commander";
import type { Io } from "../io.js";
import { buildCommand } from "./market/build.js";
import { showCommand } from "./market/show.js";

/** `zkmargin market`: build and show the public market a proof is made against. */
export function marketCommand(io: Io): Command {
  return new Command("market")
    .description("Build and show a market: prices, funding and a risk profile.")
    .addCommand(buildCommand(io))
    .addCommand(showCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin market build --date 2021-05-19 --out market.json
  $ zkmargin market show market.json`,
    );
}
