import { Command } from "commander";
import type { Io } from "../io.js";
import { backtestCommand } from "./riskBacktest.js";
import { calibrateCommand } from "./riskCalibrate.js";
import { proposeCommand } from "./riskPropose.js";
import { reviewCommand } from "./riskReview.js";
import { simulateCommand } from "./riskSimulate.js";
import { stressCommand } from "./riskStress.js";
import { watchCommand } from "./riskWatch.js";

/** `zkmargin risk`: derive risk profiles from price history, test them, and propose them. */
export function riskCommand(io: Io): Command {
  return new Command("risk")
    .description("Derive risk profiles from price history, test them, and propose them.")
    .addCommand(calibrateCommand(io))
    .addCommand(backtestCommand(io))
    .addCommand(stressCommand(io))
    .addCommand(simulateCommand(io))
    .addCommand(proposeCommand(io))
    .addCommand(reviewCommand(io))
    .addCommand(watchCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin risk calibrate --date 2021-05-17 --out calibrated.json
  $ zkmargin market build --date 2021-05-17 --profile calibrated.json --out market.json`,
    );
}
