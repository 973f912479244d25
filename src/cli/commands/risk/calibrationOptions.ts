import { Option } from "commander";
import { DEFAULT_CALIBRATION } from "../../../risk/calibrate.js";
import { wholeNumber } from "../../arguments.js";

/** The option --confidence, the same wherever a profile is calibrated. */
export function confidenceOption(): Option {
  return new Option("--confidence <bps>", "probability that a loss stays within the margin, basis points")
    .argParser(wholeNumber)
    .default(DEFAULT_CALIBRATION.confidence);
}

/** The option --half-life, likewise. */
export function halfLifeOption(): Option {
  return new Option("--half-life <days>", "days in which the weight of the past halves in the volatility")
    .argParser(wholeNumber)
    .default(DEFAULT_CALIBRATION.halfLife);
}
