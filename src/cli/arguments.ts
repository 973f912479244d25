import { InvalidArgumentError } from "commander";
import { DEFAULT_TIER, findTier, TIERS, type Tier } from "../spec/tiers.js";

/** A whole number written canonically, for commander. */
export function wholeNumber(text: string): number {
  if (!/^(0|[1-9]\d{0,15})$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new InvalidArgumentError("expected a whole number such as 10000.");
  return Number(text);
}

/** A tier by its name, for commander. */
export function tierNamed(text: string): Tier {
  const tier = findTier(text);
  if (!tier) throw new InvalidArgumentError(`expected one of ${TIERS.map(({ name }) => name).join(", ")}.`);
  return tier;
}

/** The tier that commands take where none is named. */
export const defaultTier: Tier = tierNamed(DEFAULT_TIER);

/** Where compiled circuits and keys are kept unless told: below the working folder. */
export const DEFAULT_HOME = "build/keys";

/** Maintenance margin: the θ that is claimed unless told. */
export const DEFAULT_THETA = 10_000;
