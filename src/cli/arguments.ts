import { InvalidArgumentError, Option } from "commander";
import { DEFAULT_TIER, findTier, TIERS, type Tier } from "../spec/tiers.js";

/** A whole number from 0 written canonically, for commander. */
export function wholeNumber(text: string): number {
  if (!/^(0|[1-9]\d{0,15})$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new InvalidArgumentError("Expected a whole number such as 10000.");
  return Number(text);
}

/** As {@link wholeNumber}, but it may be negative. */
export function signedNumber(text: string): number {
  if (text === "-0")
    throw new InvalidArgumentError("Expected a whole number such as -3, and 0 without a sign.");
  return text.startsWith("-") ? -wholeNumber(text.slice(1)) : wholeNumber(text);
}

/** A tier by its name, for commander. */
export function tierNamed(text: string): Tier {
  const tier = findTier(text);
  if (!tier) throw new InvalidArgumentError(`Expected one of ${TIERS.map(({ name }) => name).join(", ")}.`);
  return tier;
}

/** The tier that commands take where none is named. */
export const defaultTier: Tier = tierNamed(DEFAULT_TIER);

/** The option --tier, the same in every command. */
export function tierOption(): Option {
  return new Option(
    "--tier <name>",
    `circuit size: ${TIERS.map(({ name }) => name).join(" or ")} (assets x scenarios)`,
  )
    .argParser(tierNamed)
    .default(defaultTier, defaultTier.name);
}

/** Where compiled circuits and keys are kept unless told: below the working folder. */
export const DEFAULT_HOME = "build/keys";

/** Maintenance margin: the θ that is claimed unless told. */
export const DEFAULT_THETA = 10_000;
