import { InvalidArgumentError, Option } from "commander";
import { isSymbol } from "../../../protocol/listing.js";
import { DEFAULT_CALIBRATION } from "../../../risk/calibration/options.js";
import type { NamedJump } from "../../../risk/jumps.js";
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

/** The option --accept-jump, the same wherever a price history is read. */
export function acceptJumpOption(): Option {
  return new Option(
    "--accept-jump <asset=time>",
    "a close that looks like a redenomination or a bad print, and is true; once or more",
  ).argParser((text: string, before: readonly NamedJump[] = []): NamedJump[] => [...before, namedJump(text)]);
}

function namedJump(text: string): NamedJump {
  const match = /^([^=]+)=(\d{4}-\d{2}-\d{2}(?:T\d{2}:00Z)?)$/.exec(text);
  const [, asset, time] = match ?? [];
  if (asset === undefined || time === undefined || !isSymbol(asset))
    throw new InvalidArgumentError("Expected an asset and a time of the history such as DOGE=2021-01-28.");
  return { asset, time };
}
